/**
 * The Store port on Workers KV: cheap and available everywhere, but eventually consistent and without compare-and-set.
 *
 * Records are immutable. Each version has a key of its own, and the locator names the version that the client holds, so that no
 * replica and no cache can answer with an older one. `load` asks only for versions that are known to exist, because KV caches
 * misses too. It asks for markers, not-before times and heads every time, and their copies may be old: that age is part of
 * the freshness that this store promises (`shared/config/stores.ts`).
 *
 * Decisions between simultaneous writers are best effort, as noted where they are made. KV refuses a second write of a key
 * within a second: for a version that is a conflict, and for anything else mostly a thing already done (`kv-writes.ts`).
 * `docs/storage.md` has the rows and the limits. A KV call has no time limit: the caller bounds it
 * (`shared/session/store/bounded-store.ts`).
 */
import type { KVNamespace } from '@cloudflare/workers-types';
import {
  carryOver,
  isLive,
  laterFact,
  readEarlierEnd,
  readEndingFact,
  readSessionIndex,
  rowOf,
} from '../../shared/session/store/rows.ts';
import type { Store } from '../../shared/session/store/store.ts';
import { everyoneKey, indexPrefix, markerKey, notBeforeKey, recordKey, recordPrefix } from './keys.ts';
import { createKvHeads } from './kv-heads.ts';
import { createKvHealth } from './kv-health.ts';
import { createKvReads } from './kv-reads.ts';
import { createKvRows, versionKey } from './kv-rows.ts';
import { createKvWrites } from './kv-writes.ts';
import { createOnceKeys } from './once-keys.ts';

export function createKvStore(namespace: KVNamespace): Store {
  const health = createKvHealth();
  const rows = createKvRows(namespace, health);
  const writes = createKvWrites(namespace, health);
  const heads = createKvHeads(rows, writes);
  const { read, readAll } = createKvReads(rows);
  const { get, find, newestVersion } = rows;
  const { putUnless } = writes;

  /** `true` once the newest version under a prefix is that one or a later one. */
  const arrived = async (prefix: string, version: number): Promise<true | null> =>
    (await newestVersion(prefix)) >= version || null;

  async function advanceNotBefore(key: string, notBefore: number, keepUntil: number): Promise<void> {
    let known: ReturnType<typeof readEndingFact> = null;
    const isCovered = async (): Promise<true | null> => {
      known = readEndingFact((await find(key))?.metadata);
      return (known && known.notBefore >= notBefore && known.keepUntil >= keepUntil) || null;
    };
    if (await isCovered()) return;
    await putUnless(() => {
      const fact = laterFact(known, { notBefore, keepUntil });
      return { key, value: fact, metadata: fact, fromMs: notBefore, untilMs: fact.keepUntil };
    }, isCovered);
  }

  return {
    ...createOnceKeys(rows, writes),

    async create(record, now) {
      const { sessionId, version, endsAt } = record;
      const prefix = recordPrefix(sessionId);
      if ((await newestVersion(prefix)) > 0) return false;
      const row = { key: recordKey(sessionId, version), value: rowOf(record), fromMs: now, untilMs: endsAt };
      const taken = await putUnless(
        () => row,
        () => arrived(prefix, 1),
      );
      return taken === null;
    },

    load: (locator) => read(locator),

    loadAll: (subjectKey, sessionIds) => readAll(subjectKey, sessionIds),

    // KV allows one write per second and key, and a read would cost as much as it saves. The cookie carries the activity, and
    // the next load sees a revocation.
    touch: async () => 'unwritten',

    async save(record, now) {
      const { sessionId, version } = record;
      const prefix = recordPrefix(sessionId);
      const [loaded, newest] = await Promise.all([
        read({ sessionId, subjectKey: record.subjectKey, version: version - 1 }),
        newestVersion(prefix),
      ]);
      if (loaded.revokedAt !== null || (loaded.record && !isLive(loaded))) return 'ended';
      if (!loaded.record) return newest === 0 ? 'ended' : 'conflict';
      const { endsAt } = loaded.record;
      if (newest >= version || loaded.record.version >= version) {
        // Its writer may have failed before it wrote the head.
        await heads.repair({
          sessionId,
          version: Math.max(newest, loaded.record.version),
          fromMs: now,
          untilMs: endsAt,
        });
        return 'conflict';
      }
      // Two simultaneous saves from different locations can both get here. The last write wins.
      const value = rowOf(carryOver(loaded.record, record));
      const row = { key: recordKey(sessionId, version), value, fromMs: now, untilMs: endsAt };
      const other = await putUnless(
        () => row,
        () => arrived(prefix, version),
      );
      if (other !== null) return 'conflict';
      await heads.raise({ sessionId, version, fromMs: now, untilMs: endsAt });
      return 'saved';
    },

    async revoke(sessionId, revocation) {
      const key = markerKey(sessionId);
      const { at, keepUntil } = revocation;
      const earlierEnd = async () => {
        const found = await find(key);
        if (!found) return null;
        // The metadata, because this location may have cached that there is no such key.
        const known = readEarlierEnd(found.metadata) ?? readEarlierEnd((await get([key]))(key));
        return known ?? { at, successor: null };
      };
      return (
        (await earlierEnd()) ??
        putUnless(() => ({ key, value: revocation, metadata: revocation, fromMs: at, untilMs: keepUntil }), earlierEnd)
      );
    },

    revokeSubject: (subjectKey, notBefore, keepUntil) =>
      advanceNotBefore(notBeforeKey(subjectKey), notBefore, keepUntil),

    revokeEveryone: (notBefore, keepUntil) => advanceNotBefore(everyoneKey, notBefore, keepUntil),

    async loadSessionIndex(subjectKey) {
      const revision = await newestVersion(indexPrefix(subjectKey));
      if (revision === 0) return { revision, sealed: null };
      const key = versionKey(indexPrefix(subjectKey), revision);
      return { revision, sealed: readSessionIndex((await get([key]))(key)).sealed };
    },

    async saveSessionIndex(subjectKey, sealed, onRevision, keepUntil, now) {
      const prefix = indexPrefix(subjectKey);
      if ((await newestVersion(prefix)) !== onRevision) return false;
      const revision = onRevision + 1;
      const key = versionKey(prefix, revision);
      // Two simultaneous saves from different locations can both get here. One of the two entries is lost.
      const other = await putUnless(
        () => ({ key, value: { revision, sealed }, fromMs: now, untilMs: keepUntil }),
        () => arrived(prefix, revision),
      );
      return other === null;
    },

    async check(now) {
      await get(['check']);
      return health.check(now);
    },

    sweep: async () => {},
  };
}
