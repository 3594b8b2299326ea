/** Who competes for the clients of one place: `candidatesIn` without a key, its first candidates with the weights they have. */
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
  /** `reserve`: nobody is willing, and clients are served by those who shed them. `none`: by nobody. */
  readonly kind: 'willing' | 'reserve' | 'none';
  /** Pools by their share. One without anybody in it does not compete: its clients go to the next. */
  readonly branches: Weights;
  /** By pool: its origins by their weight. */
  readonly origins: ReadonlyMap<string, Weights>;
}

/** Stands for the error reply where nobody serves. No id is empty. */
export const nowhere = '';

const nobody: Field = {
  kind: 'none',
  branches: new Map([[nowhere, 1]]),
  origins: new Map([[nowhere, new Map([[nowhere, 1]])]]),
};

export function fieldOf(side: Side, place: GeoPoint | null, statusOf: OriginStatusOf): Field {
  for (const kind of ['willing', 'reserve'] as const) {
    const branches = new Map<string, number>();
    const origins = new Map<string, Weights>();
    for (const { pool, share } of side.branches) {
      if (!(share > 0)) continue;
      const weights = contestants(preparePool(pool), side, place, statusOf, kind);
      if (weights.size === 0) continue;
      branches.set(pool.id, share);
      origins.set(pool.id, weights);
    }
    if (branches.size > 0) return { kind, branches, origins };
  }
  return nobody;
}

/** A status says of every client what it says of one, so any will do. */
const anybody = hash('');

function contestants(
  prepared: PreparedPool,
  { allowed }: Side,
  place: GeoPoint | null,
  statusOf: OriginStatusOf,
  kind: 'willing' | 'reserve',
): Weights {
  const competes = (entry: PreparedOrigin): boolean => {
    const refusal = ineligibleBecause(entry, anybody, allowed, statusOf(prepared.pool, entry.origin));
    return kind === 'willing' ? refusal === null : refusal === 'shed';
  };
  for (const { origins } of tiersOf(prepared, place)) {
    const willing = origins.filter(competes);
    if (willing.length > 0) return new Map(willing.map(({ origin }) => [origin.id, origin.weight]));
  }
  return new Map();
}
