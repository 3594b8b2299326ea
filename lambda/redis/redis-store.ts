/**
 * The Store port on Redis 7 or Valkey. Every call is one round trip and every conditional write one script, which Redis
 * runs as a whole: a write that is accepted came before the revocation, and none comes after it. What is expired is
 * decided by the caller; Redis forgets it by itself an hour later. `docs/storage.md` lists the keys.
 *
 * Redis confirms before its replicas know: a failover may lose the last moments, revocations among them. Hence the 1 s
 * of freshness that this store may promise, and nothing across a failover.
 */
import { base64url, randomBytes } from '../../shared/crypto/bytes.ts';
import { sha256Base64url } from '../../shared/crypto/digest.ts';
import type { Loaded } from '../../shared/session/store/records.ts';
import {
  expiryMarginMs,
  isName,
  readEndingFact,
  readRecord,
  readRevokedAt,
  readSessionIndex,
} from '../../shared/session/store/rows.ts';
import type { Store } from '../../shared/session/store/store.ts';
import { createRedisConnection } from './connection.ts';
import * as scripts from './scripts.ts';

/**
 * Begins every key. The braces put all of them into one hash slot (Redis Cluster specification, "Hash tags"), so that a
 * script may use them together also behind a proxy that knows slots.
 */
const prefix = '{berth}:';
const recordKey = (sessionId: string): string => `${prefix}s:${sessionId}`;
const markerKey = (sessionId: string): string => `${prefix}r:${sessionId}`;
const notBeforePrefix = `${prefix}n:`;
const rosterKey = (subjectKey: string): string => `${prefix}l:${subjectKey}`;
const everyoneKey = `${prefix}everyone`;
const onceKey = async (key: string): Promise<string> => `${prefix}o:${await sha256Base64url(key)}`;

const factKeys = (sessionId: string): readonly string[] => [recordKey(sessionId), markerKey(sessionId), everyoneKey];

const nothing: Loaded = { record: null, revokedAt: null, subjectNotBefore: null, everyoneNotBefore: null };

/** Relative, for Redis counts it on its own clock, which need not be the caller's. */
const lifetime = (untilMs: number, fromMs: number): string =>
  String(Math.ceil(Math.max(0, untilMs - fromMs) + expiryMarginMs));

/** Names one write, so that its repetition after a lost reply recognises its own work. */
const newWriteId = (): string => base64url(randomBytes(12));

export function createRedisStore({ url }: { readonly url: string }): Store {
  const redis = createRedisConnection(url);

  const advanceNotBefore = async (key: string, notBefore: number, keepUntil: number): Promise<void> => {
    await redis.run(scripts.raise, [key], [String(notBefore), String(keepUntil), lifetime(keepUntil, notBefore)]);
  };

  return {
    async create({ sessionId, ...record }, now) {
      const fields = Object.entries(record).flatMap(([name, value]) => (value === null ? [] : [name, String(value)]));
      const values = [lifetime(record.endsAt, now), newWriteId(), ...fields];
      return (await redis.run(scripts.create, [recordKey(sessionId)], values)) === 1;
    },

    async load({ sessionId, subjectKey, version = 0 }) {
      if (!isName(sessionId)) return nothing;
      const values = [notBeforePrefix, isName(subjectKey) ? subjectKey : ''];
      const [fields, marker, ofSubject, ofEveryone] = (await redis.run(scripts.load, factKeys(sessionId), values)) as [
        readonly string[],
        string | null,
        readonly (string | null)[],
        readonly (string | null)[],
      ];
      const found = readRecord({ ...rowFrom(fields), family: sessionId }, sessionId);
      return {
        record: found && found.version >= version ? found : null,
        revokedAt: readRevokedAt(parse(marker)),
        subjectNotBefore: notBeforeFrom(ofSubject),
        everyoneNotBefore: notBeforeFrom(ofEveryone),
      };
    },

    async touch({ sessionId }, lastSeenAt) {
      if (!isName(sessionId)) return 'ended';
      const answer = await redis.run(scripts.touch, factKeys(sessionId), [notBeforePrefix, String(lastSeenAt)]);
      return answer as 'touched' | 'ended';
    },

    async save({ sessionId, version, secretHash, sealed, lastSeenAt }) {
      const values = [notBeforePrefix, String(version), secretHash, sealed, String(lastSeenAt), newWriteId()];
      return (await redis.run(scripts.save, factKeys(sessionId), values)) as 'saved' | 'conflict' | 'ended';
    },

    async revoke(sessionId, { at, why, keepUntil }) {
      const value = JSON.stringify({ at, why });
      await redis.command('SET', markerKey(sessionId), value, 'NX', 'PX', lifetime(keepUntil, at));
    },

    revokeSubject: (subjectKey, notBefore, keepUntil) =>
      advanceNotBefore(notBeforePrefix + subjectKey, notBefore, keepUntil),

    revokeEveryone: (notBefore, keepUntil) => advanceNotBefore(everyoneKey, notBefore, keepUntil),

    async loadSessionIndex(subjectKey) {
      const held = await redis.command('HMGET', rosterKey(subjectKey), 'revision', 'sealed');
      const [revision, sealed] = held as readonly (string | null)[];
      return readSessionIndex({ revision: wholeNumber(revision), sealed });
    },

    async saveSessionIndex(subjectKey, sealed, onRevision, keepUntil, now) {
      const revisions = [String(onRevision), String(onRevision + 1)];
      const values = [...revisions, sealed, newWriteId(), lifetime(keepUntil, now)];
      return (await redis.run(scripts.writeRoster, [rosterKey(subjectKey)], values)) === 1;
    },

    readOnce: async (key, now) =>
      (await redis.run(scripts.taken, [await onceKey(key)], [String(now)])) as string | null,

    async claimOnce(key, value, keepUntil, now) {
      const values = [value, String(keepUntil), String(now), newWriteId(), lifetime(keepUntil, now)];
      return (await redis.run(scripts.once, [await onceKey(key)], values)) as string | null;
    },

    check: async () => {
      await redis.command('PING');
    },
  };
}

/** Fields and values by turns, as HGETALL gives them. */
function rowFrom(fields: readonly string[]): Record<string, unknown> {
  const row: Record<string, unknown> = {};
  for (let i = 0; i + 1 < fields.length; i += 2) row[fields[i] as string] = fields[i + 1];
  for (const name of ['version', 'createdAt', 'lastSeenAt', 'endsAt']) row[name] = wholeNumber(row[name]);
  return row;
}

const notBeforeFrom = ([notBefore, keepUntil]: readonly (string | null)[]): number | null =>
  readEndingFact({ notBefore: wholeNumber(notBefore), keepUntil: wholeNumber(keepUntil) })?.notBefore ?? null;

/** Hashes hold text only. What is no number stays as it is, and is refused by whoever expects one. */
const wholeNumber = (text: unknown): unknown =>
  typeof text === 'string' && /^\d{1,16}$/.test(text) ? Number(text) : text;

/** Text that is not JSON is something, and nothing we wrote. */
function parse(text: string | null): unknown {
  if (text === null) return null;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
