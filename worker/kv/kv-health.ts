/**
 * How the last writes and listings went. KV counts both, and on some plans allows few a day, so a check makes none of its
 * own. One failure may be a blip; two in a row speak for the next one, for a minute.
 */
import { StoreUnfit } from '../../shared/session/store/unavailable.ts';

type Counted = 'write' | 'listing';

export interface KvHealth {
  succeeded(what: Counted): void;
  failed(what: Counted, reason: string): void;
  /** Throws if a sign-in would fail; answers single failures. */
  check(now: number): readonly string[];
}

const countsForMs = 60_000;

export function createKvHealth(): KvHealth {
  const failures = new Map<Counted, { readonly inARow: number; readonly at: number; readonly reason: string }>();
  return {
    succeeded: (what) => void failures.delete(what),

    failed(what, reason) {
      const inARow = (failures.get(what)?.inARow ?? 0) + 1;
      failures.set(what, { inARow, at: Date.now(), reason });
    },

    check(now) {
      const recent = [...failures].filter(([, { at }]) => Math.abs(now - at) < countsForMs);
      for (const [what, { inARow, reason }] of recent) {
        if (inARow > 1) throw new StoreUnfit(`the last ${inARow} ${what}s failed: ${reason}`);
      }
      return recent.map(([what, { reason }]) => `the last ${what} failed: ${reason}`);
    },
  };
}
