/** What one served request meant for its client's berth: the distribution monitor counts these. Pure. */
import type { AffinityBy, Pool } from '../../config/settings.ts';
import type { Pin, PinReading } from '../pins/pin.ts';
import type { Because, Candidate } from './choose.ts';

/** `pool`, `origin`: where the client's next request belongs, or this one was served, where the pin does not say. */
export type Assignment = { readonly pool: string; readonly origin: string } & (
  | {
      readonly kind:
        | 'new' // it had none, or none that could be read
        | 'kept'
        | 'away' // served elsewhere, and its pin stays
        | 'unpinned'; // the pool pins nobody (the client's key leads it there, or nothing does), or its pin was kept in the browser
    }
  /** Its pin goes elsewhere from now on. */
  | { readonly kind: 'moved'; readonly from: OriginRef; readonly because: Because; readonly isInvoluntary: boolean }
);

type OriginRef = Pick<Pin, 'pool' | 'origin'>;

/** What the placement went by. */
export interface PlacementBasis {
  readonly because: Because;
  /** As they are used now. */
  readonly pools: ReadonlyMap<string, Pool>;
  /** The regions that may serve this session; `null`: any. */
  readonly residency: readonly string[] | null;
}

/** `due`: the pin that the client is to hold from now on, `null`: its own stays. */
export function assignmentOf(
  by: AffinityBy,
  reading: PinReading,
  due: Pin | null,
  served: Candidate,
  placedBy: PlacementBasis,
): Assignment {
  const pool = served.pool.id;
  const origin = served.origin.id;
  const isByKey = by.kind === 'ip' || by.kind === 'session' || (by.kind === 'header' && by.value === 'hash');
  if (isByKey || by.kind === 'off') return { kind: 'unpinned', pool, origin };
  if (reading.kind !== 'valid' && reading.kind !== 'expired') return { kind: 'new', pool, origin };
  const from = { pool: reading.pin.pool, origin: reading.pin.origin };
  if (from.pool === pool && from.origin === origin) return { kind: 'kept', pool, origin };
  if (due === null || (due.pool === from.pool && due.origin === from.origin)) return { kind: 'away', pool, origin };
  const because = reading.kind === 'expired' ? 'expired' : whyItLeft(placedBy.because);
  return { kind: 'moved', pool, origin, from, because, isInvoluntary: isInvoluntary(reading.pin, because, placedBy) };
}

/** Sent to its home, which failed. */
const whyItLeft = (because: Because): Because =>
  because === 'pinned' || because === 'returned' ? 'redispatched' : because;

const sentAway: ReadonlySet<Because> = new Set(['redispatched', 'drained', 'shed', 'unknown']);

/**
 * The pin was good, its origin was not. No such thing where the client itself brought it about: it went to a route of
 * another pool that has the same carrier, or its session has come to belong to other regions.
 */
function isInvoluntary({ pool, branch, origin }: Pin, because: Because, { pools, residency }: PlacementBasis): boolean {
  if (!sentAway.has(because)) return false;
  const held = pools.get(pool)?.origins.find(({ id }) => id === origin);
  if (held === undefined) return true;
  switch (because) {
    case 'unknown':
      return false;
    case 'drained':
      // Of a split the side that the client was on has been closed, and not one that it comes from by chance.
      return held.state !== 'active' || branch === pool;
    case 'redispatched':
      return residency === null || residency.includes(held.region);
    default:
      return true;
  }
}
