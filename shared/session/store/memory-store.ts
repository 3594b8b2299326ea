/**
 * The Store port in the memory of one process, for development and tests, and the simplest example of a store. Its content ends
 * with the process, and no other isolate sees it.
 */
import type { Revocation } from './endings.ts';
import type { Loaded, Locator, StoreRecord } from './records.ts';
import { carryOver, type EndingFact, expiryMarginMs, isLive, laterFact } from './rows.ts';
import type { SessionIndex } from './session-indexes.ts';
import type { Store } from './store.ts';

/**
 * Rows of each kind: about 200 MB of small sessions. At the limit, expired rows are deleted. If there are none, the call fails
 * as in an outage: a live session or a revocation is never dropped to make room.
 */
const maxRows = 100_000;

export function createMemoryStore(): Store {
  const records = new Map<string, StoreRecord>();
  const markers = new Map<string, Revocation>();
  const subjects = new Map<string, EndingFact>();
  let everyone: EndingFact | null = null;
  const indexes = new Map<string, SessionIndex & { readonly keepUntil: number }>();
  const onceKeys = new Map<string, { readonly value: string; readonly keepUntil: number }>();

  function read({ sessionId, subjectKey, version = 0 }: Locator): Loaded {
    const newest = records.get(sessionId);
    const record = newest && newest.version >= version ? newest : null;
    const subject = record ? record.subjectKey : subjectKey;
    return {
      record,
      revokedAt: markers.get(sessionId)?.at ?? null,
      subjectNotBefore: (typeof subject === 'string' ? subjects.get(subject)?.notBefore : null) ?? null,
      everyoneNotBefore: everyone?.notBefore ?? null,
    };
  }

  return {
    async create(record, now) {
      if (records.has(record.sessionId)) return false;
      makeRoom(records, ({ endsAt }) => endsAt, now);
      records.set(record.sessionId, { ...record });
      return true;
    },

    async load(locator, _now, activity) {
      const loaded = read(locator);
      if (!activity || !isLive(loaded) || loaded.record.lastSeenAt <= activity.ifSeenAfter) return loaded;
      const { record } = loaded;
      records.set(record.sessionId, { ...record, lastSeenAt: Math.max(record.lastSeenAt, activity.at) });
      return { ...loaded, isNoted: true };
    },

    loadAll: async (subjectKey, sessionIds) => sessionIds.map((sessionId) => read({ sessionId, subjectKey })),

    async touch(locator, lastSeenAt) {
      const loaded = read(locator);
      if (!isLive(loaded)) return 'ended';
      const { record } = loaded;
      records.set(record.sessionId, { ...record, lastSeenAt: Math.max(record.lastSeenAt, lastSeenAt) });
      return 'touched';
    },

    async save(record) {
      const loaded = read({ sessionId: record.sessionId });
      if (!isLive(loaded)) return 'ended';
      if (loaded.record.version !== record.version - 1) return 'conflict';
      records.set(record.sessionId, carryOver(loaded.record, record));
      return 'saved';
    },

    async revoke(sessionId, revocation) {
      const earlier = markers.get(sessionId);
      if (earlier) return { at: earlier.at, successor: earlier.successor ?? null };
      makeRoom(markers, ({ keepUntil }) => keepUntil, revocation.at);
      markers.set(sessionId, { ...revocation });
      return null;
    },

    async revokeSubject(subjectKey, notBefore, keepUntil) {
      const known = subjects.get(subjectKey) ?? null;
      if (!known) makeRoom(subjects, (fact) => fact.keepUntil, notBefore);
      subjects.set(subjectKey, laterFact(known, { notBefore, keepUntil }));
    },

    async revokeEveryone(notBefore, keepUntil) {
      everyone = laterFact(everyone, { notBefore, keepUntil });
    },

    async loadSessionIndex(subjectKey) {
      const { revision, sealed } = indexes.get(subjectKey) ?? { revision: 0, sealed: null };
      return { revision, sealed };
    },

    async saveSessionIndex(subjectKey, sealed, onRevision, keepUntil, now) {
      const known = indexes.get(subjectKey);
      if ((known?.revision ?? 0) !== onRevision) return false;
      if (!known) makeRoom(indexes, (index) => index.keepUntil, now);
      indexes.set(subjectKey, { revision: onRevision + 1, sealed, keepUntil });
      return true;
    },

    async readOnce(key, now) {
      const row = onceKeys.get(key);
      return row && row.keepUntil >= now ? row.value : null;
    },

    async claimOnce(key, value, keepUntil, now) {
      const row = onceKeys.get(key);
      if (row && row.keepUntil >= now) return row.value;
      if (!row) makeRoom(onceKeys, (each) => each.keepUntil, now);
      onceKeys.set(key, { value, keepUntil });
      return null;
    },

    check: async () => [],

    sweep: async () => {},
  };
}

function makeRoom<Row>(rows: Map<string, Row>, neededUntil: (row: Row) => number, now: number): void {
  if (rows.size < maxRows) return;
  for (const [key, row] of rows) if (neededUntil(row) + expiryMarginMs < now) rows.delete(key);
  if (rows.size >= maxRows) throw new Error('the memory store is full');
}
