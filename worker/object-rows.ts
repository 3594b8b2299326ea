/**
 * What one Durable Object keeps: rows of JSON in its own SQLite, each with the moment when it may be collected.
 *
 * Everything here is synchronous, and an object runs one event at a time: a method that reads, decides and writes without
 * an `await` in between is a transaction. An object that was never written to leaves nothing behind, so that asking for a
 * name nobody knows costs no storage.
 */
import type { DurableObjectStorage } from '@cloudflare/workers-types';
import type { DocumentName } from '../shared/document/document.ts';
import { expiryMarginMs } from '../shared/session/store/rows.ts';

/** `home` is where a family's record is, when it is not in this object. */
export type RowKind = 'record' | 'marker' | 'home' | 'not-before' | 'roster' | 'place' | DocumentName;

export interface Rows {
  /** `null` where there is none. */
  read(kind: RowKind, name: string): unknown;
  /** Adds the row or replaces it. */
  put(kind: RowKind, name: string, value: unknown, collectAt: number): void;
  /** A new value for a row that is there; it is kept as long as before. */
  change(kind: RowKind, name: string, value: unknown): void;
  /** Removes what nobody needs any more. For the alarm, which is set whenever a row is put. */
  collect(): Promise<void>;
}

/** The caller's clock may be moved by hand, the alarm's cannot: so lifetimes are counted from the object's own now. */
export const collectAt = (untilMs: number, fromMs: number): number =>
  Date.now() + Math.max(0, untilMs - fromMs) + expiryMarginMs;

export function createRows(storage: DurableObjectStorage): Rows {
  const { sql } = storage;
  let hasTable = sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'rows'").toArray().length > 0;
  /** `null`: not known since the object woke up. */
  let alarmAt: number | null = null;

  const wakeAt = (moment: number): void => {
    if (alarmAt !== null && alarmAt <= moment) return;
    const earliest = Math.min(moment, earliestCollection() ?? moment);
    alarmAt = earliest;
    // Not awaited: no reply leaves the object before the write is on the disk.
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
      // An empty object costs nothing only when its tables are gone too.
      hasTable = false;
      await storage.deleteAll();
    },
  };
}
