/** Which origins compete for the clients of one place, with their weights: the first candidates of `candidatesIn`, for all keys. */
import type { GeoPoint } from '../../shared/platform.ts';
import { ineligibleBecause } from '../../shared/routing/placement/eligibility.ts';
import { hash } from '../../shared/routing/placement/hash.ts';
import {
  type PreparedOrigin,
  type PreparedPool,
  preparePool,
  tiersOf,
} from '../../shared/routing/placement/prepared-pool.ts';
import type { OriginStatusOf } from '../../shared/routing/placement/types.ts';
import type { Weights } from './race.ts';
import type { Side } from './side.ts';

export interface Field {
  /** `reserve`: no origin is eligible, and those that shed the clients serve them. `none`: no origin serves them. */
  readonly kind: 'eligible' | 'reserve' | 'none';
  /** Pools by their share. A pool without an origin that competes is left out: its clients go to the next one. */
  readonly branches: Weights;
  /** By pool: its competing origins by their weight. */
  readonly origins: ReadonlyMap<string, Weights>;
}

/** The id of no pool and no origin: the client gets an error. */
export const nowhere = '';

const empty: Field = {
  kind: 'none',
  branches: new Map([[nowhere, 1]]),
  origins: new Map([[nowhere, new Map([[nowhere, 1]])]]),
};

export function fieldOf(side: Side, place: GeoPoint | null, statusOf: OriginStatusOf): Field {
  for (const kind of ['eligible', 'reserve'] as const) {
    const branches = new Map<string, number>();
    const origins = new Map<string, Weights>();
    for (const { pool, share } of side.branches) {
      if (!(share > 0)) continue;
      const weights = competingOrigins(preparePool(pool), side, place, statusOf, kind);
      if (weights.size === 0) continue;
      branches.set(pool.id, share);
      origins.set(pool.id, weights);
    }
    if (branches.size > 0) return { kind, branches, origins };
  }
  return empty;
}

/** In one slice (`slices.ts`) a status holds for all clients alike, so any key will do. */
const anyClient = hash('');

function competingOrigins(
  prepared: PreparedPool,
  { allowed }: Side,
  place: GeoPoint | null,
  statusOf: OriginStatusOf,
  kind: 'eligible' | 'reserve',
): Weights {
  const competes = (entry: PreparedOrigin): boolean => {
    const why = ineligibleBecause(entry, anyClient, allowed, statusOf(prepared.pool, entry.origin));
    return kind === 'eligible' ? why === null : why === 'shed';
  };
  for (const { origins } of tiersOf(prepared, place)) {
    const competing = origins.filter(competes);
    if (competing.length > 0) return new Map(competing.map(({ origin }) => [origin.id, origin.weight]));
  }
  return new Map();
}
