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
import { StoreUnfit } from '../../shared/session/store/unavailable.ts';
import { createRedisConnection, type RedisOptions } from './connection.ts';
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
/** Facts without a lifetime, by the time at which they may be deleted. */
const sweptKey = `${prefix}facts`;
const checkKey = `${prefix}check`;
const onceKey = async (key: string): Promise<string> => `${prefix}o:${await sha256Base64url(key)}`;

const factKeys = (sessionId: string): readonly string[] => [recordKey(sessionId), markerKey(sessionId), everyoneKey];

const empty: Loaded = { record: null, revokedAt: null, subjectNotBefore: null, everyoneNotBefore: null };

/** Relative, because Redis counts it on its own clock, which may differ from the caller's. */
const lifetime = (untilMs: number, fromMs: number): string =>
  String(Math.ceil(Math.max(0, untilMs - fromMs) + expiryMarginMs));

export function createRedisStore(options: RedisOptions): Store {
  const redis = createRedisConnection(options);

  const advanceNotBefore = async (key: string, notBefore: number, keepUntil: number): Promise<void> => {
    const values = [String(notBefore), String(keepUntil), String(keepUntil + expiryMarginMs)];
    await redis.run(scripts.advanceNotBefore, [key, sweptKey], values);
  };

  return {
    async create({ sessionId, ...record }, now) {
      const fields = Object.entries(record).flatMap(([name, value]) => (value === null ? [] : [name, String(value)]));
      const values = [lifetime(record.endsAt, now), newWriteId(), ...fields];
      return (await redis.run(scripts.create, [recordKey(sessionId)], values)) === 1;
    },

    async load({ sessionId, subjectKey, version = 0 }, _now, activity) {
      if (!isName(sessionId)) return empty;
      const noted = activity ? [String(activity.at), String(activity.ifSeenAfter)] : ['', ''];
      const values = [notBeforePrefix, isName(subjectKey) ? subjectKey : '', ...noted];
      const answer = await redis.run(scripts.load, factKeys(sessionId), values);
      const [fields, marker, ofSubject, ofEveryone, isNoted] = answer as [...Answered, NotBefore, 0 | 1];
      const loaded = loadedFrom(sessionId, version, [fields, marker, ofSubject], ofEveryone);
      return isNoted === 1 ? { ...loaded, isNoted: true } : loaded;
    },

    async loadAll(subjectKey, sessionIds) {
      const ids = sessionIds.filter(isName);
      if (ids.length === 0) return sessionIds.map(() => empty);
      const keys = [everyoneKey, ...ids.flatMap((id) => [recordKey(id), markerKey(id)])];
      const answer = await redis.run(scripts.loadAll, keys, [notBeforePrefix, isName(subjectKey) ? subjectKey : '']);
      const [ofEveryone, ...sessions] = answer as [NotBefore, ...Answered[]];
      const found = new Map(ids.map((id, i) => [id, loadedFrom(id, 0, sessions[i] as Answered, ofEveryone)]));
      return sessionIds.map((id) => found.get(id) ?? empty);
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
      const value = JSON.stringify({ at, why, successor, writeId: newWriteId() });
      const keys = [recordKey(sessionId), markerKey(sessionId), sweptKey];
      const values = [lifetime(keepUntil, at), String(keepUntil + expiryMarginMs), successor === undefined ? '0' : '1'];
      const earlier = (await redis.run(scripts.revoke, keys, [value, ...values])) as string | null;
      // An attempt whose answer was lost finds its own end.
      return earlier === value ? null : readEarlierEnd(parse(earlier));
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

    async check(now) {
      const memory = await redis.run(scripts.check, [checkKey], [String(now), String(checkedForMs)]);
      return warningsAbout(memory as string | null);
    },

    async sweep(now) {
      await redis.run(scripts.sweep, [sweptKey], [String(now), String(maxSwept)]);
    },
  };
}

const checkedForMs = 60_000;
/** In one run: Redis does nothing else meanwhile. */
const maxSwept = 1_000;

/** From INFO: what the server does when it is full. Throws where it would drop facts that end sessions. */
function warningsAbout(memory: string | null): readonly string[] {
  const policy = /^maxmemory_policy:(\S+)/m.exec(memory ?? '')?.[1] ?? null;
  const isBounded = !/^maxmemory:0\s*$/m.test(memory ?? '');
  if (policy === null) return ['Redis does not say what it does when it is full: set maxmemory-policy noeviction'];
  if (policy === 'noeviction' || !isBounded) return [];
  if (policy.startsWith('allkeys-')) {
    throw new StoreUnfit(`Redis drops any key when it is full, ends of sessions too: maxmemory-policy is ${policy}`);
  }
  return [`Redis drops sessions when it is full: maxmemory-policy is ${policy}, set noeviction`];
}

type NotBefore = readonly (string | null)[];
/** Of one session. */
type Answered = [fields: readonly string[], marker: string | null, ofSubject: NotBefore];

function loadedFrom(
  sessionId: string,
  version: number,
  [fields, marker, ofSubject]: Answered,
  ofEveryone: NotBefore,
): Loaded {
  const row = rowFrom(fields);
  const found = readRecord({ ...row, family: sessionId }, sessionId);
  return {
    record: found && found.version >= version ? found : null,
    revokedAt: readRevokedAt(parse(marker ?? (typeof row.ended === 'string' ? row.ended : null))),
    subjectNotBefore: notBeforeFrom(ofSubject),
    everyoneNotBefore: notBeforeFrom(ofEveryone),
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
