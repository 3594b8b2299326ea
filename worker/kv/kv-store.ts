/**
 * The Store port on Workers KV: cheap and available everywhere, but eventually consistent and without compare-and-set.
 *
 * Records are immutable. Each version has a key of its own, and the locator names the version that the client holds, so that no
 * replica and no cache can answer with an older one. `load` asks only for versions that are known to exist, because KV caches
 * misses too. It asks for markers, not-before times and heads every time, and their copies may be old: that age is part of
 * the freshness that this store promises (`shared/config/stores.ts`).
 *
 * Decisions between simultaneous writers are best effort, as noted where they are made. `docs/storage.md` has the rows and
 * the limits. A KV call has no time limit: the caller bounds it (`shared/session/store/bounded-store.ts`).
 */
import type { KVNamespace } from '@cloudflare/workers-types';
import type { Loaded, Locator, StoreRecord } from '../../shared/session/store/records.ts';
import {
  carryOver,
  type EndingFact,
  isLive,
  isName,
  isVersion,
  laterFact,
  readEarlierEnd,
  readEndingFact,
  readRecord,
  readRevokedAt,
  readSessionIndex,
  rowOf,
} from '../../shared/session/store/rows.ts';
import type { Store } from '../../shared/session/store/store.ts';
import { createKvRows, maxVersion, versionKey } from './kv-rows.ts';
import { createOnceKeys } from './once-keys.ts';

const recordPrefix = (sessionId: string): string => `s:${sessionId}:`;
const recordKey = (sessionId: string, version: number): string => versionKey(recordPrefix(sessionId), version);
/** The head holds the number of the newest version. */
const headKey = (sessionId: string): string => `h:${sessionId}`;
const markerKey = (sessionId: string): string => `r:${sessionId}`;
const notBeforeKey = (subjectKey: string): string => `n:${subjectKey}`;
const everyoneKey = 'g:everyone';
const indexPrefix = (subjectKey: string): string => `l:${subjectKey}:`;

const empty: Loaded = { record: null, revokedAt: null, subjectNotBefore: null, everyoneNotBefore: null };

export function createKvStore(namespace: KVNamespace): Store {
  const rows = createKvRows(namespace);
  const { get, put, find, newestVersion } = rows;

  async function read({ sessionId, subjectKey, version }: Locator): Promise<Loaded> {
    if (!isName(sessionId)) return empty;
    const asked = version ?? (await newestVersion(recordPrefix(sessionId)));
    const exact = isVersion(asked) && asked <= maxVersion ? recordKey(sessionId, asked) : undefined;
    const marker = markerKey(sessionId);
    const head = headKey(sessionId);
    const subject = isName(subjectKey) ? notBeforeKey(subjectKey) : undefined;
    const at = await get([exact, head, marker, everyoneKey, subject].filter((key) => key !== undefined));
    const revokedAt = readRevokedAt(at(marker));

    let record = recordAt(asked, at(exact), sessionId);
    const newest = at(head);
    // A replaced secret must not stay valid in its old version. This read happens once per save and location.
    if (isVersion(newest) && newest > asked && newest <= maxVersion) {
      const newer = recordKey(sessionId, newest);
      record = recordAt(newest, (await get([newer]))(newer), sessionId) ?? record;
    }

    // The record decides which subject it belongs to, and not the caller.
    const owner = record ? (record.subjectKey === null ? undefined : notBeforeKey(record.subjectKey)) : subject;
    const fact = owner === undefined || owner === subject ? at(owner) : (await get([owner]))(owner);
    return {
      record,
      revokedAt,
      subjectNotBefore: readEndingFact(fact)?.notBefore ?? null,
      everyoneNotBefore: readEndingFact(at(everyoneKey))?.notBefore ?? null,
    };
  }

  async function advanceNotBefore(key: string, fact: EndingFact): Promise<void> {
    const known = readEndingFact((await find(key))?.metadata);
    const next = laterFact(known, fact);
    if (known && next.notBefore === known.notBefore && next.keepUntil === known.keepUntil) return;
    await put(key, next, next, fact.notBefore, next.keepUntil);
  }

  return {
    ...createOnceKeys(rows),

    async create(record, now) {
      if ((await newestVersion(recordPrefix(record.sessionId))) > 0) return false;
      await put(recordKey(record.sessionId, record.version), rowOf(record), null, now, record.endsAt);
      return true;
    },

    load: (locator) => read(locator),

    loadAll: (subjectKey, sessionIds) => Promise.all(sessionIds.map((sessionId) => read({ sessionId, subjectKey }))),

    // KV allows one write per second and key, and a read would cost as much as it saves. The cookie carries the activity, and
    // the next load sees a revocation.
    touch: async () => 'unwritten',

    async save(record, now) {
      const { sessionId, version } = record;
      const [loaded, newest] = await Promise.all([
        read({ sessionId, subjectKey: record.subjectKey, version: version - 1 }),
        newestVersion(recordPrefix(sessionId)),
      ]);
      if (loaded.revokedAt !== null || (loaded.record && !isLive(loaded))) return 'ended';
      if (!loaded.record) return newest === 0 ? 'ended' : 'conflict';
      const { endsAt } = loaded.record;
      if (newest >= version || loaded.record.version >= version) {
        // The caller reads again, and must find the newest version even if its writer failed before it wrote the head.
        await put(headKey(sessionId), Math.max(newest, loaded.record.version), null, now, endsAt);
        return 'conflict';
      }
      // Two simultaneous saves from different locations can both get here. The last write wins.
      await put(recordKey(sessionId, version), rowOf(carryOver(loaded.record, record)), null, now, endsAt);
      await put(headKey(sessionId), version, null, now, endsAt);
      return 'saved';
    },

    async revoke(sessionId, revocation) {
      const key = markerKey(sessionId);
      if (await find(key)) return readEarlierEnd((await get([key]))(key)) ?? { at: revocation.at, successor: null };
      await put(key, revocation, null, revocation.at, revocation.keepUntil);
      return null;
    },

    revokeSubject: (subjectKey, notBefore, keepUntil) =>
      advanceNotBefore(notBeforeKey(subjectKey), { notBefore, keepUntil }),

    revokeEveryone: (notBefore, keepUntil) => advanceNotBefore(everyoneKey, { notBefore, keepUntil }),

    async loadSessionIndex(subjectKey) {
      const revision = await newestVersion(indexPrefix(subjectKey));
      if (revision === 0) return { revision, sealed: null };
      const key = versionKey(indexPrefix(subjectKey), revision);
      return { revision, sealed: readSessionIndex((await get([key]))(key)).sealed };
    },

    async saveSessionIndex(subjectKey, sealed, onRevision, keepUntil, now) {
      if ((await newestVersion(indexPrefix(subjectKey))) !== onRevision) return false;
      const revision = onRevision + 1;
      // Two simultaneous saves from different locations can both get here. One of the two entries is lost.
      await put(versionKey(indexPrefix(subjectKey), revision), { revision, sealed }, null, now, keepUntil);
      return true;
    },

    check: async () => {
      await get(['check']);
      return [];
    },

    sweep: async () => {},
  };
}

/** A record under another version's key is ignored: it could be older than what the caller has seen. */
function recordAt(version: number, value: unknown, sessionId: string): StoreRecord | null {
  const record = readRecord(value, sessionId);
  return record?.version === version ? record : null;
}
