/** What can be worked out for a pool before any request, so that a request only has to hash and compare. */
import type { Origin, Pool } from '../../config/settings.ts';
import type { GeoPoint } from '../../platform.ts';
import { type Hash, hash } from './hash.ts';
import { nearestFirst, type OnSphere, onSphere, type Tier } from './nearest.ts';

export interface PreparedPool {
  readonly pool: Pool;
  /** For choosing between the pools of a split, independently of choosing inside them. */
  readonly hash: Hash;
  readonly origins: readonly PreparedOrigin[];
  readonly byId: ReadonlyMap<string, PreparedOrigin>;
  readonly regions: readonly PreparedRegion[];
}

export interface PreparedOrigin {
  readonly origin: Origin;
  readonly hash: Hash;
  /** For shedding: independent of `hash`, so that an evenly spread part of the origin's own clients is moved. */
  readonly shedHash: Hash;
}

/** The origins of a pool as a client tries them: tier after tier, in each by score. `place: null`: all are equally near. */
export const tiersOf = (prepared: PreparedPool, place: GeoPoint | null): readonly Tier<PreparedOrigin>[] =>
  prepared.pool.steer === 'nearest' && place !== null ? nearestFirst(prepared.regions, place) : [prepared];

/** Origins of one region name share the first known place among them. */
export interface PreparedRegion {
  readonly at: OnSphere | null;
  readonly origins: readonly PreparedOrigin[];
}

/** A changed pool is another object, so an entry goes with the pool that it was made for. */
const cache = new WeakMap<Pool, PreparedPool>();

export function preparePool(pool: Pool): PreparedPool {
  const known = cache.get(pool);
  if (known) return known;
  const origins = pool.origins.map((origin) => ({
    origin,
    hash: hash(origin.id),
    shedHash: hash(`shed|${origin.id}`),
  }));
  const prepared: PreparedPool = {
    pool,
    hash: hash(`pool|${pool.id}`),
    origins,
    byId: new Map(origins.map((entry) => [entry.origin.id, entry])),
    regions: regionsOf(origins),
  };
  cache.set(pool, prepared);
  return prepared;
}

function regionsOf(origins: readonly PreparedOrigin[]): PreparedRegion[] {
  const byName = new Map<string, PreparedOrigin[]>();
  for (const entry of origins) {
    const { region } = entry.origin;
    const members = byName.get(region);
    if (members) members.push(entry);
    else byName.set(region, [entry]);
  }
  return [...byName.values()].map((members) => {
    const place = members.find(({ origin }) => origin.place !== null)?.origin.place ?? null;
    return { at: place && onSphere(place), origins: members };
  });
}
