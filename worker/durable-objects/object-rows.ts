/**
 * The rows of one Durable Object: JSON in its own SQLite database, each row with the time when it may be deleted.
 *
 * Everything here is synchronous, and an object runs one event at a time. A method that reads, decides and writes without an
 * `await` in between is therefore a transaction. The table is created on the first write, so that a call to an unknown name
 * costs no storage.
 */
import type { DurableObjectStorage } from '@cloudflare/workers-types';
import type { DocumentName } from '../../shared/document/document.ts';
import { expiryMarginMs } from '../../shared/session/store/rows.ts';

/** `home` names the object that has the session's record. Stored names stay: `roster` is the session index, `place` a once-key. */
export type RowKind = 'record' | 'marker' | 'home' | 'not-before' | 'roster' | 'place' | 'check' | DocumentName;

export interface Rows {
  /** `null` when there is no such row. */
  read(kind: RowKind, name: string): unknown;
  /** Adds the row or replaces it. */
  put(kind: RowKind, name: string, value: unknown, collectAt: number): void;
  /** Changes the value of an existing row, and not how long it is kept. */
  change(kind: RowKind, name: string, value: unknown): void;
  /** Deletes the rows whose time has come. Called by the alarm, which `put` sets. */
  collect(): Promise<void>;
}

/** Lifetimes are relative and count from the object's own clock: the caller's may be a test's, the alarm's is real. */
export const collectAt = (untilMs: number, fromMs: number): number =>
  Date.now() + Math.max(0, untilMs - fromMs) + expiryMarginMs;

export function createRows(storage: DurableObjectStorage): Rows {
  const { sql } = storage;
  let hasTable = sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'rows'").toArray().length > 0;
  /** `null`: not known, because the object has just been loaded. */
  let alarmAt: number | null = null;

  const wakeAt = (moment: number): void => {
    if (alarmAt !== null && alarmAt <= moment) return;
    const earliest = Math.min(moment, earliestCollection() ?? moment);
    alarmAt = earliest;
    // Not awaited: the runtime holds the object's replies back until its writes are on disk.
    void storage.setAlarm(earliest);
  };

  const earliestCollection = (): number | null =>
    sql.exec<{ at: number | null }>('SELECT MIN(collect_at) AS at FROM rows').one().at;

  return {
    read(kind, name) {
      if (!hasTable) return null;
      const found = sql.exec<{ value: string }>('SELECT value FROM rows WHERE kind = ? AND name = ?', kind, name);
      const row = found.next();
      return row.done ? null : JSON.parse(row.value.value);
    },

    put(kind, name, value, collect) {
      if (!hasTable) {
        sql.exec(`CREATE TABLE rows (
          kind TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, collect_at INTEGER NOT NULL,
          PRIMARY KEY (kind, name)
        ) WITHOUT ROWID`);
        hasTable = true;
      }
      sql.exec('INSERT OR REPLACE INTO rows VALUES (?, ?, ?, ?)', kind, name, JSON.stringify(value), collect);
      wakeAt(collect);
    },

    change(kind, name, value) {
      sql.exec('UPDATE rows SET value = ? WHERE kind = ? AND name = ?', JSON.stringify(value), kind, name);
    },

    async collect() {
      alarmAt = null;
      if (!hasTable) return;
      sql.exec('DELETE FROM rows WHERE collect_at <= ?', Date.now());
      const next = earliestCollection();
      if (next !== null) return wakeAt(next);
      // Storage is free only when the table is deleted too.
      hasTable = false;
      await storage.deleteAll();
    },
  };
}
