/** What one served request meant for its client's berth: the distribution monitor counts these. Pure. */
import type { AffinityBy } from '../config/settings.ts';
import type { Because, Candidate } from './choose.ts';
import type { Pin, PinReading } from './pin.ts';

export type Assignment =
  /** It had none, or none that could be read. */
  | { readonly kind: 'new' }
  | { readonly kind: 'kept' }
  /** Its pin goes elsewhere from now on. */
  | { readonly kind: 'moved'; readonly from: string; readonly because: Because }
  /** Served elsewhere, and its pin stays. */
  | { readonly kind: 'away' }
  /** The pool pins nobody: the client's key leads it there, or nothing does. */
  | { readonly kind: 'unpinned' };

const kept: Assignment = { kind: 'kept' };
const fresh: Assignment = { kind: 'new' };
const away: Assignment = { kind: 'away' };
const unpinned: Assignment = { kind: 'unpinned' };

/** `due`: the pin that the client is to hold from now on, `null`: its own stays. `because`: of its placement. */
export function assignmentOf(
  by: AffinityBy,
  reading: PinReading,
  due: Pin | null,
  served: Candidate,
  because: Because,
): Assignment {
  const isByKey = by.kind === 'ip' || by.kind === 'session' || (by.kind === 'header' && by.value === 'hash');
  if (isByKey || by.kind === 'off') return unpinned;
  if (reading.kind !== 'valid' && reading.kind !== 'expired') return fresh;
  const { pool, origin } = reading.pin;
  if (pool === served.pool.id && origin === served.origin.id) return kept;
  if (due === null || (due.pool === pool && due.origin === origin)) return away;
  if (reading.kind === 'expired') return { kind: 'moved', from: origin, because: 'expired' };
  // Sent to its home, which failed.
  return {
    kind: 'moved',
    from: origin,
    because: because === 'pinned' || because === 'returned' ? 'redispatched' : because,
  };
}
