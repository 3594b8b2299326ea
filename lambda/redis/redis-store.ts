/**
 * The Store port on Redis 7 or Valkey. Every call is one round trip. Every conditional write is a script, which Redis runs
 * atomically: no write is accepted after a revocation. The caller decides about expiry, and Redis deletes rows an hour later.
 * `docs/storage.md` lists the keys.
 *
 * Redis confirms a write before its replicas have it, so a failover may lose the last writes, revocations among them. That is why
 * this store promises 1 s of freshness, and none across a failover.
 */
import { sha256Base64url } from '../../shared/crypto/digest.ts';
import { newWriteId } from '../../shared/crypto/write-id.ts';
import type { Loaded } from '../../shared/session/store/records.ts';
import {
  expiryMarginMs,
  isName,
  readEarlierEnd,
  readEndingFact,
  readRecord,
  readRevokedAt,
  readSessionIndex,
} from '../../shared/session/store/rows.ts';
import type { Store } from '../../shared/session/store/store.ts';
import { createRedisConnection } from './connection.ts';
import * as scripts from './scripts.ts';

/**
 * Prefix of every key. The braces put all keys into one hash slot (Redis Cluster specification, "Hash tags"), so that a script
 * may use them together, even behind a proxy that distributes slots.
 */
const prefix = '{berth}:';
const recordKey = (sessionId: string): string => `${prefix}s:${sessionId}`;
const markerKey = (sessionId: string): string => `${prefix}r:${sessionId}`;
const notBeforePrefix = `${prefix}n:`;
const indexKey = (subjectKey: string): string => `${prefix}l:${subjectKey}`;
const everyoneKey = `${prefix}everyone`;
const onceKey = async (key: string): Promise<string> => `${prefix}o:${await sha256Base64url(key)}`;

const factKeys = (sessionId: string): readonly string[] => [recordKey(sessionId), markerKey(sessionId), everyoneKey];

const empty: Loaded = { record: null, revokedAt: null, subjectNotBefore: null, everyoneNotBefore: null };

/** Relative, because Redis counts it on its own clock, which may differ from the caller's. */
const lifetime = (untilMs: number, fromMs: number): string =>
  String(Math.ceil(Math.max(0, untilMs - fromMs) + expiryMarginMs));

export function createRedisStore({ url }: { readonly url: string }): Store {
  const redis = createRedisConnection(url);

  const advanceNotBefore = async (key: string, notBefore: number, keepUntil: number): Promise<void> => {
    await redis.run(
      scripts.advanceNotBefore,
      [key],
      [String(notBefore), String(keepUntil), lifetime(keepUntil, notBefore)],
    );
  };

  return {
    async create({ sessionId, ...record }, now) {
      const fields = Object.entries(record).flatMap(([name, value]) => (value === null ? [] : [name, String(value)]));
      const values = [lifetime(record.endsAt, now), newWriteId(), ...fields];
      return (await redis.run(scripts.create, [recordKey(sessionId)], values)) === 1;
    },

    async load({ sessionId, subjectKey, version = 0 }) {
      if (!isName(sessionId)) return empty;
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

    loadAll(subjectKey, sessionIds, now) {
      return Promise.all(sessionIds.map((sessionId) => this.load({ sessionId, subjectKey }, now)));
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

    async revoke(sessionId, { at, why, keepUntil, successor }) {
      const value = JSON.stringify({ at, why, successor });
      const options = ['NX', 'GET', 'PX', lifetime(keepUntil, at)];
      const earlier = await redis.command('SET', markerKey(sessionId), value, ...options);
      return readEarlierEnd(parse(earlier as string | null));
    },

    revokeSubject: (subjectKey, notBefore, keepUntil) =>
      advanceNotBefore(notBeforePrefix + subjectKey, notBefore, keepUntil),

    revokeEveryone: (notBefore, keepUntil) => advanceNotBefore(everyoneKey, notBefore, keepUntil),

    async loadSessionIndex(subjectKey) {
      const held = await redis.command('HMGET', indexKey(subjectKey), 'revision', 'sealed');
      const [revision, sealed] = held as readonly (string | null)[];
      return readSessionIndex({ revision: wholeNumber(revision), sealed });
    },

    async saveSessionIndex(subjectKey, sealed, onRevision, keepUntil, now) {
      const revisions = [String(onRevision), String(onRevision + 1)];
      const values = [...revisions, sealed, newWriteId(), lifetime(keepUntil, now)];
      return (await redis.run(scripts.saveSessionIndex, [indexKey(subjectKey)], values)) === 1;
    },

    readOnce: async (key, now) =>
      (await redis.run(scripts.readOnce, [await onceKey(key)], [String(now)])) as string | null,

    async claimOnce(key, value, keepUntil, now) {
      const values = [value, String(keepUntil), String(now), newWriteId(), lifetime(keepUntil, now)];
      return (await redis.run(scripts.claimOnce, [await onceKey(key)], values)) as string | null;
    },

    check: async () => {
      await redis.command('PING');
      return [];
    },

    sweep: async () => {},
  };
}

/** From the answer of HGETALL: field, value, field, value. */
function rowFrom(fields: readonly string[]): Record<string, unknown> {
  const row: Record<string, unknown> = {};
  for (let i = 0; i + 1 < fields.length; i += 2) row[fields[i] as string] = fields[i + 1];
  for (const name of ['version', 'createdAt', 'lastSeenAt', 'endsAt']) row[name] = wholeNumber(row[name]);
  return row;
}

const notBeforeFrom = ([notBefore, keepUntil]: readonly (string | null)[]): number | null =>
  readEndingFact({ notBefore: wholeNumber(notBefore), keepUntil: wholeNumber(keepUntil) })?.notBefore ?? null;

/** Redis stores numbers as text. Anything else stays as it is, and `readRecord` refuses it. */
const wholeNumber = (text: unknown): unknown =>
  typeof text === 'string' && /^\d{1,16}$/.test(text) ? Number(text) : text;

/** Text that is not JSON is answered as it is: the key exists, but no row can be read from it. */
function parse(text: string | null): unknown {
  if (text === null) return null;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
