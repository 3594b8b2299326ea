import type { Origin, Pool } from '../../config/settings.ts';
import type { GeoPoint } from '../../platform.ts';
import { type Hash, hash } from './hash.ts';
import { nearestFirst, type OnSphere, onSphere, type Tier } from './nearest.ts';

/** What can be known of a pool before any request: so that a request only has to mix and compare. */
export interface PreparedPool {
  readonly pool: Pool;
  /** For choosing between pools (a split), which must be independent of choosing inside them. */
  readonly hash: Hash;
  readonly origins: readonly PreparedOrigin[];
  readonly byId: ReadonlyMap<string, PreparedOrigin>;
  readonly regions: readonly PreparedRegion[];
}

export interface PreparedOrigin {
  readonly origin: Origin;
  /** H(origin id). */
  readonly hash: Hash;
  /** For shedding: the slice that is moved must be a slice of the very clients that `hash` brought here. */
  readonly shedHash: Hash;
}

/** How a client of a pool tries its origins: turn after turn, in each by rendezvous. `place: null`: nobody knows where it is. */
export const tiersOf = (prepared: PreparedPool, place: GeoPoint | null): readonly Tier<PreparedOrigin>[] =>
  prepared.pool.steer === 'nearest' && place !== null ? nearestFirst(prepared.regions, place) : [prepared];

/** Origins that share a region's name share its place: the first that is known. */
export interface PreparedRegion {
  readonly at: OnSphere | null;
  readonly origins: readonly PreparedOrigin[];
}

// Pools are replaced as a whole, never changed, so the object itself is the key and a forgotten pool takes this along.
const prepared = new WeakMap<Pool, PreparedPool>();

/** The same answer for the same pool object, made once. */
export function preparePool(pool: Pool): PreparedPool {
  const known = prepared.get(pool);
  if (known) return known;
  const origins = pool.origins.map((origin) => ({
    origin,
    hash: hash(origin.id),
    shedHash: hash(`shed|${origin.id}`),
  }));
  const fresh: PreparedPool = {
    pool,
    hash: hash(`pool|${pool.id}`),
    origins,
    byId: new Map(origins.map((entry) => [entry.origin.id, entry])),
    regions: byRegion(origins),
  };
  prepared.set(pool, fresh);
  return fresh;
}

function byRegion(origins: readonly PreparedOrigin[]): PreparedRegion[] {
  const members = new Map<string, PreparedOrigin[]>();
  for (const entry of origins) {
    const { region } = entry.origin;
    const soFar = members.get(region);
    if (soFar) soFar.push(entry);
    else members.set(region, [entry]);
  }
  return [...members.values()].map((together) => {
    const place = together.find((entry) => entry.origin.place !== null)?.origin.place ?? null;
    return { at: place && onSphere(place), origins: together };
  });
}
