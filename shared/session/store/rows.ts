/**
 * What stores keep, and how it is read back: with distrust, since a table can hold foreign rows, older forms and damage.
 * The pure half of every `*-store.ts`; the other half is how one kind of storage reads and writes.
 */
import { isCount } from '../../http/json.ts';
import type { Loaded, StoreRecord } from './records.ts';
import type { SessionIndex } from './session-indexes.ts';

/** Sessions of a subject, or of everybody, created at or before `notBefore` are ended; needed until `keepUntil`. */
export interface EndingFact {
  readonly notBefore: number;
  readonly keepUntil: number;
}

/** The storage's own expiry comes this much later than the last moment of use, so that no clock's skew can bring it early. */
export const expiryMarginMs = 3_600_000;

/** A DynamoDB item ends at 400 KB; what is larger was not written by us. */
const maxSealedLength = 390_000;

/** Family ids, hashes and keys become parts of row names: nothing that could reach into another row's name. */
export const isName = (value: unknown): value is string =>
  typeof value === 'string' && /^[A-Za-z0-9_-]{1,64}$/.test(value);

export const isVersion = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 1;

/** A record as JSON. The id's name there is `family`: rows of earlier versions are read on. */
export const rowOf = ({ sessionId, ...record }: StoreRecord): Readonly<Record<string, unknown>> => ({
  family: sessionId,
  ...record,
});

/** `null` for anything that is not a whole record of this very session. */
export function readRecord(value: unknown, sessionId: string): StoreRecord | null {
  if (typeof value !== 'object' || value === null) return null;
  const row = value as Record<string, unknown>;
  const { subjectKey = null, secretHash, version, createdAt, lastSeenAt, endsAt, sealed } = row;
  if (row.family !== sessionId || !isName(secretHash) || !isVersion(version)) return null;
  if (subjectKey !== null && !isName(subjectKey)) return null;
  if (!isCount(createdAt) || !isCount(lastSeenAt) || !isCount(endsAt)) return null;
  if (typeof sealed !== 'string' || sealed.length > maxSealedLength) return null;
  return { sessionId, subjectKey, secretHash, version, createdAt, lastSeenAt, endsAt, sealed };
}

export function readEndingFact(value: unknown): EndingFact | null {
  if (typeof value !== 'object' || value === null) return null;
  const { notBefore, keepUntil } = value as Record<string, unknown>;
  return isCount(notBefore) && isCount(keepUntil) ? { notBefore, keepUntil } : null;
}

/** A marker's presence is the fact: one that cannot be read any more still ends its family. */
export function readRevokedAt(value: unknown): number | null {
  if (value === null || value === undefined) return null;
  const at = typeof value === 'object' ? (value as Record<string, unknown>).at : undefined;
  return isCount(at) ? at : 0;
}

/** What is no roster is none yet. One whose text is lost still has its revision, so that the next can be put on top. */
export function readSessionIndex(value: unknown): SessionIndex {
  if (typeof value !== 'object' || value === null) return { revision: 0, sealed: null };
  const { revision, sealed } = value as Record<string, unknown>;
  if (!isVersion(revision)) return { revision: 0, sealed: null };
  return { revision, sealed: typeof sealed === 'string' && sealed.length <= maxSealedLength ? sealed : null };
}

/** `keepUntil` is kept at its latest too: the sessions of an earlier call may outlive those of a later one. */
export const laterFact = (known: EndingFact | null, said: EndingFact): EndingFact => ({
  notBefore: Math.max(known?.notBefore ?? 0, said.notBefore),
  keepUntil: Math.max(known?.keepUntil ?? 0, said.keepUntil),
});

/** When a fact ended a session that was created then, or `null`. */
export function endedAtOf(
  { revokedAt, subjectNotBefore, everyoneNotBefore }: Loaded,
  createdAt: number,
): number | null {
  if (revokedAt !== null) return revokedAt;
  if (subjectNotBefore !== null && createdAt <= subjectNotBefore) return subjectNotBefore;
  return everyoneNotBefore !== null && createdAt <= everyoneNotBefore ? everyoneNotBefore : null;
}

export const isEndedByFact = (loaded: Loaded, createdAt: number): boolean => endedAtOf(loaded, createdAt) !== null;

/** Whether a write may still be accepted. Expiry is not asked here: that is the caller's to decide. */
export const isLive = (loaded: Loaded): loaded is Loaded & { readonly record: StoreRecord } =>
  loaded.record !== null && !isEndedByFact(loaded, loaded.record.createdAt);

/** What a save leaves behind: the new content, and from the old record everything that a save may not change. */
export const carryOver = (previous: StoreRecord, record: StoreRecord): StoreRecord => ({
  ...record,
  subjectKey: previous.subjectKey,
  createdAt: previous.createdAt,
  endsAt: previous.endsAt,
  lastSeenAt: Math.max(previous.lastSeenAt, record.lastSeenAt),
});
