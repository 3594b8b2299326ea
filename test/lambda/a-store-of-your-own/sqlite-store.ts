/** A store that exists for this test alone: the four ports on one SQLite file, written as `docs/adding-a-store.md` says. */
import { DatabaseSync } from 'node:sqlite';
import { sha256Base64url } from '../../../shared/crypto/digest.ts';
import type { Loaded, Locator } from '../../../shared/session/store/records.ts';
import {
  carryOver,
  isLive,
  laterFact,
  readEarlierEnd,
  readEndingFact,
  readRecord,
  readRevokedAt,
  readSessionIndex,
  rowOf,
} from '../../../shared/session/store/rows.ts';
import type { Store } from '../../../shared/session/store/store.ts';

type Kind = 'record' | 'marker' | 'not-before' | 'index' | 'once-key';
const everyone = 'everyone';
const notBeforeOf = (subjectKey: string): string => `u|${subjectKey}`;

export function createSqliteStore(file: string): Store & { close(): void } {
  const db = new DatabaseSync(file);
  db.exec(`PRAGMA busy_timeout = 1000;
    CREATE TABLE IF NOT EXISTS rows (kind TEXT, name TEXT, value TEXT, PRIMARY KEY (kind, name))`);
  const select = db.prepare('SELECT value FROM rows WHERE kind = ? AND name = ?');
  const replace = db.prepare('INSERT OR REPLACE INTO rows VALUES (?, ?, ?)');

  const get = (kind: Kind, name: string): unknown => {
    const row = select.get(kind, name);
    return row ? JSON.parse(String(row.value)) : null;
  };
  const put = (kind: Kind, name: string, value: unknown): void => void replace.run(kind, name, JSON.stringify(value));

  /** Reads, decides and writes as one step: what was read cannot change before the write. */
  const transaction = async <T>(work: () => T): Promise<T> => {
    db.exec('BEGIN IMMEDIATE');
    try {
      const result = work();
      db.exec('COMMIT');
      return result;
    } catch (error) {
      db.exec('ROLLBACK');
      throw error;
    }
  };

  const read = ({ sessionId, subjectKey, version = 0 }: Locator): Loaded => {
    const found = readRecord(get('record', sessionId), sessionId);
    const record = found && found.version >= version ? found : null;
    const subject = record ? record.subjectKey : subjectKey;
    return {
      record,
      revokedAt: readRevokedAt(get('marker', sessionId)),
      subjectNotBefore: subject ? (readEndingFact(get('not-before', notBeforeOf(subject)))?.notBefore ?? null) : null,
      everyoneNotBefore: readEndingFact(get('not-before', everyone))?.notBefore ?? null,
    };
  };

  const advanceNotBefore = (name: string, notBefore: number, keepUntil: number): Promise<void> =>
    transaction(() =>
      put('not-before', name, laterFact(readEndingFact(get('not-before', name)), { notBefore, keepUntil })),
    );

  const readOnceKey = (name: string, now: number): string | null => {
    const row = get('once-key', name) as { readonly value: string; readonly keepUntil: number } | null;
    return row && row.keepUntil >= now ? row.value : null;
  };

  return {
    create: (record) =>
      transaction(() => {
        if (get('record', record.sessionId) !== null) return false;
        put('record', record.sessionId, rowOf(record));
        return true;
      }),

    load: (locator) => transaction(() => read(locator)),

    loadAll: (subjectKey, sessionIds) =>
      transaction(() => sessionIds.map((sessionId) => read({ sessionId, subjectKey }))),

    touch: (locator, lastSeenAt) =>
      transaction(() => {
        const loaded = read(locator);
        if (!isLive(loaded)) return 'ended';
        const { record } = loaded;
        if (lastSeenAt > record.lastSeenAt) put('record', record.sessionId, rowOf({ ...record, lastSeenAt }));
        return 'touched';
      }),

    save: (record) =>
      transaction(() => {
        const loaded = read({ sessionId: record.sessionId });
        if (!isLive(loaded)) return 'ended';
        if (loaded.record.version !== record.version - 1) return 'conflict';
        put('record', record.sessionId, rowOf(carryOver(loaded.record, record)));
        return 'saved';
      }),

    revoke: (sessionId, revocation) =>
      transaction(() => {
        const earlier = readEarlierEnd(get('marker', sessionId));
        if (!earlier) put('marker', sessionId, revocation);
        return earlier;
      }),

    revokeSubject: (subjectKey, notBefore, keepUntil) =>
      advanceNotBefore(notBeforeOf(subjectKey), notBefore, keepUntil),
    revokeEveryone: (notBefore, keepUntil) => advanceNotBefore(everyone, notBefore, keepUntil),

    loadSessionIndex: async (subjectKey) => readSessionIndex(get('index', subjectKey)),

    saveSessionIndex: (subjectKey, sealed, onRevision) =>
      transaction(() => {
        if (readSessionIndex(get('index', subjectKey)).revision !== onRevision) return false;
        put('index', subjectKey, { revision: onRevision + 1, sealed });
        return true;
      }),

    readOnce: async (key, now) => readOnceKey(await sha256Base64url(key), now),

    async claimOnce(key, value, keepUntil, now) {
      const name = await sha256Base64url(key);
      return transaction(() => {
        const taken = readOnceKey(name, now);
        if (taken === null) put('once-key', name, { value, keepUntil });
        return taken;
      });
    },

    async check() {
      get('record', 'check');
      return [];
    },

    sweep: async () => {},

    close: () => db.close(),
  };
}
