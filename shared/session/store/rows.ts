/**
 * The rows that stores keep, and how they are read back. Every field is checked: a table can contain foreign rows, rows of
 * earlier versions and damaged rows. This is the pure half of every `*-store.ts`.
 */
import { isCount } from '../../http/json.ts';
import type { EarlierEnd } from './endings.ts';
import type { Loaded, StoreRecord } from './records.ts';
import type { SessionIndex } from './session-indexes.ts';

/** Sessions (of one subject or of everyone) created at or before `notBefore` are ended. The fact is needed until `keepUntil`. */
export interface EndingFact {
  readonly notBefore: number;
  readonly keepUntil: number;
}

/** The storage deletes a row this long after its last use, so that no difference between clocks makes it early. */
export const expiryMarginMs = 3_600_000;

/** A DynamoDB item has at most 400 KB, so nothing longer is ever written. */
const maxSealedLength = 390_000;

/** Ids and hashes become parts of row keys. With these characters they cannot form another row's key. */
export const isName = (value: unknown): value is string =>
  typeof value === 'string' && /^[A-Za-z0-9_-]{1,64}$/.test(value);

export const isVersion = (value: unknown): value is number => isCount(value) && value >= 1;

/** A record as JSON. The session id is called `family` there, as in rows of earlier versions. */
export const rowOf = ({ sessionId, ...record }: StoreRecord): Readonly<Record<string, unknown>> => ({
  family: sessionId,
  ...record,
});

/** `null` for anything that is not a complete record of this session. */
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

/** The presence of a marker is the fact: an unreadable one still ends its session. Then the time is 0. */
export function readRevokedAt(value: unknown): number | null {
  if (value === null || value === undefined) return null;
  const at = typeof value === 'object' ? (value as Record<string, unknown>).at : undefined;
  return isCount(at) ? at : 0;
}

/** The marker as `revoke` answers it to a second call. */
export function readEarlierEnd(value: unknown): EarlierEnd | null {
  const at = readRevokedAt(value);
  if (at === null) return null;
  const successor = typeof value === 'object' && value !== null && 'successor' in value ? value.successor : null;
  return { at, successor: isName(successor) ? successor : null };
}

/** Anything else counts as no index yet. One with an unreadable text keeps its revision, so that it can be replaced. */
export function readSessionIndex(value: unknown): SessionIndex {
  if (typeof value !== 'object' || value === null) return { revision: 0, sealed: null };
  const { revision, sealed } = value as Record<string, unknown>;
  if (!isVersion(revision)) return { revision: 0, sealed: null };
  return { revision, sealed: typeof sealed === 'string' && sealed.length <= maxSealedLength ? sealed : null };
}

/** The later of both times. An earlier call's `keepUntil` may be later than that of a later call. */
export const laterFact = (known: EndingFact | null, said: EndingFact): EndingFact => ({
  notBefore: Math.max(known?.notBefore ?? 0, said.notBefore),
  keepUntil: Math.max(known?.keepUntil ?? 0, said.keepUntil),
});

/** When a session that was created at `createdAt` was ended by a fact, or `null`. */
export function endedAtOf(
  { revokedAt, subjectNotBefore, everyoneNotBefore }: Loaded,
  createdAt: number,
): number | null {
  if (revokedAt !== null) return revokedAt;
  if (subjectNotBefore !== null && createdAt <= subjectNotBefore) return subjectNotBefore;
  return everyoneNotBefore !== null && createdAt <= everyoneNotBefore ? everyoneNotBefore : null;
}

export const isEndedByFact = (loaded: Loaded, createdAt: number): boolean => endedAtOf(loaded, createdAt) !== null;

/** Whether a write may still be accepted. Expiry is not checked here: the caller decides about it. */
export const isLive = (loaded: Loaded): loaded is Loaded & { readonly record: StoreRecord } =>
  loaded.record !== null && !isEndedByFact(loaded, loaded.record.createdAt);

/** The record after a save: the new content, with the fields of the old record that a save must not change. */
export const carryOver = (previous: StoreRecord, record: StoreRecord): StoreRecord => ({
  ...record,
  subjectKey: previous.subjectKey,
  createdAt: previous.createdAt,
  endsAt: previous.endsAt,
  lastSeenAt: Math.max(previous.lastSeenAt, record.lastSeenAt),
});
