/** What a Durable Object's rows need of its storage, on Node's own SQLite: so that its alarm can be looked at, and its time moved. */
import { DatabaseSync } from 'node:sqlite';
import type { DurableObjectStorage } from '@cloudflare/workers-types';

export interface TestStorage {
  readonly storage: DurableObjectStorage;
  /** Milliseconds since the epoch, or `null` when none is set. */
  alarm(): number | null;
  /** How often the alarm was set. */
  alarmsSet(): number;
  /** Names of the tables there are. */
  tables(): string[];
  rows(): number;
}

export function openStorage(): TestStorage {
  const database = new DatabaseSync(':memory:');
  let alarm: number | null = null;
  let alarmsSet = 0;
  const all = (query: string, ...bindings: (string | number)[]) => database.prepare(query).all(...bindings);
  const tables = () => all('SELECT name FROM sqlite_master').map(({ name }) => String(name));

  const storage = {
    sql: {
      exec(query: string, ...bindings: (string | number)[]) {
        const rows = all(query, ...bindings);
        let read = 0;
        return {
          toArray: () => rows,
          one: () => rows[0],
          next: () => (read < rows.length ? { done: false, value: rows[read++] } : { done: true, value: undefined }),
        };
      },
    },
    async setAlarm(at: number) {
      alarm = at;
      alarmsSet++;
    },
    async deleteAll() {
      alarm = null;
      for (const table of tables().filter((name) => !name.startsWith('sqlite_'))) database.exec(`DROP TABLE ${table}`);
    },
  };
  return {
    storage: storage as unknown as DurableObjectStorage,
    alarm: () => alarm,
    alarmsSet: () => alarmsSet,
    tables,
    rows: () => all('SELECT * FROM rows').length,
  };
}
