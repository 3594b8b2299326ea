/** A log that this isolate alone knows: for tests. */
import type { LogEntry, SharedLog } from '../../shared/document/log.ts';

export function createMemoryLog(): SharedLog & { readonly size: () => number } {
  const periods = new Map<number, Map<string, LogEntry>>();
  const of = (period: number): Map<string, LogEntry> => {
    const known = periods.get(period) ?? new Map();
    periods.set(period, known);
    return known;
  };
  return {
    async append(period, id, text) {
      if (!of(period).has(id)) of(period).set(id, { id, text });
    },
    has: async (period, id) => of(period).has(id),
    read: async (period) => [...of(period).values()],
    size: () => [...periods.values()].reduce((sum, { size }) => sum + size, 0),
  };
}
