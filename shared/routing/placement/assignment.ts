/** What one served request means for the affinity of its client. The metrics count these. Pure. */
import type { AffinityBy, Pool } from '../../config/settings.ts';
import type { Pin, PinReading } from '../pins/pin.ts';
import { holdsPin } from '../pins/transports/kinds.ts';
import type { Because, Candidate } from './types.ts';

/** `pool`, `origin`: where the client's next request belongs; without a pin, the origin that served this one. */
export type Assignment = { readonly pool: string; readonly origin: string } & (
  | {
      readonly kind:
        | 'new' // it had no pin, or none that could be read
        | 'kept'
        | 'away' // another origin served it, and its pin stays
        | 'unpinned'; // the pool writes no pins, or the browser withheld the one that the client has
    }
  /** Its pin names another origin from now on. */
  | { readonly kind: 'moved'; readonly from: OriginRef; readonly because: Because; readonly isInvoluntary: boolean }
);

type OriginRef = Pick<Pin, 'pool' | 'origin'>;

/** What the placement was based on. */
export interface PlacementBasis {
  readonly because: Because;
  /** As they are used now. */
  readonly pools: ReadonlyMap<string, Pool>;
  /** The regions that may serve this session; `null`: any. */
  readonly residency: readonly string[] | null;
}

/** `replacement`: the pin that the client holds from now on; `null`: its own stays. */
export function assignmentOf(
  by: AffinityBy,
  reading: PinReading,
  replacement: Pin | null,
  served: Candidate,
  basis: PlacementBasis,
): Assignment {
  const pool = served.pool.id;
  const origin = served.origin.id;
  if (!holdsPin(by)) return { kind: 'unpinned', pool, origin };
  if (reading.kind !== 'valid' && reading.kind !== 'expired') return { kind: 'new', pool, origin };
  const from = { pool: reading.pin.pool, origin: reading.pin.origin };
  if (from.pool === pool && from.origin === origin) return { kind: 'kept', pool, origin };
  if (replacement === null || (replacement.pool === from.pool && replacement.origin === from.origin)) {
    return { kind: 'away', pool, origin };
  }
  const because = reading.kind === 'expired' ? 'expired' : movedBecause(basis.because);
  return { kind: 'moved', pool, origin, from, because, isInvoluntary: isInvoluntary(reading.pin, because, basis) };
}

/** A client that was sent to its own origin and moved all the same: that origin failed. */
const movedBecause = (because: Because): Because =>
  because === 'pinned' || because === 'returned' ? 'redispatched' : because;

const forcedMoves: ReadonlySet<Because> = new Set(['redispatched', 'drained', 'shed', 'unknown']);

/**
 * The pin was good and its origin was not. A move does not count where the client itself caused it: it asked for a route
 * of another pool that has the same transport, or its session now belongs to other regions.
 */
function isInvoluntary({ pool, branch, origin }: Pin, because: Because, { pools, residency }: PlacementBasis): boolean {
  if (!forcedMoves.has(because)) return false;
  const previous = pools.get(pool)?.origins.find(({ id }) => id === origin);
  if (previous === undefined) return true;
  switch (because) {
    case 'unknown':
      return false;
    case 'drained':
      // In a split, the client's own branch was closed.
      return previous.state !== 'active' || branch === pool;
    case 'redispatched':
      return residency === null || residency.includes(previous.region);
    default:
      return true;
  }
}
