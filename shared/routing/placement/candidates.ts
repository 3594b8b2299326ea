/** The origins that a client without a pin may be given, best first. */
import { ineligibleBecause } from './eligibility.ts';
import { fraction, type Hash } from './hash.ts';
import { type PreparedOrigin, type PreparedPool, tiersOf } from './prepared-pool.ts';
import { insertRanked, type Ranked } from './rendezvous.ts';
import type { Candidate, OriginStatusOf, Question } from './types.ts';

export interface Candidates {
  /** In the order to try them: the client's own branch first, in it the nearest region first, in it by score. */
  readonly eligible: readonly Candidate[];
  /** Ejected, or shedding this client. In the same order; tried after all eligible ones. */
  readonly lastResort: readonly Candidate[];
}

/** Together as many as retries can use. `branches`: ranked for this client. */
export function candidatesIn(
  branches: readonly PreparedPool[],
  client: Hash,
  { branches: offered, place, allowed }: Question,
  originStatus: OriginStatusOf,
): Candidates {
  // Never fewer than two, because the origin is sent the name of the next one.
  const max = Math.max(2, 1 + (branches[0]?.pool.retry.attempts ?? 0));
  const eligible: Candidate[] = [];
  const lastResort: Candidate[] = [];

  for (const prepared of branches) {
    const { pool } = prepared;
    const branch = offered.length > 1 ? pool.id : null;
    for (const tier of tiersOf(prepared, place)) {
      const best: Ranked<PreparedOrigin>[] = [];
      const reserves: Ranked<PreparedOrigin>[] = [];
      for (const entry of tier.origins) {
        const status = originStatus(pool, entry.origin);
        const why = ineligibleBecause(entry, client, allowed, status);
        if (why !== null && why !== 'ejected' && why !== 'shed') continue;
        const weight = entry.origin.weight * (status.ramp ?? 1);
        const draw = fraction(client, entry.hash);
        if (why === null) insertRanked(best, entry, weight, draw, max - eligible.length);
        else insertRanked(reserves, entry, weight, draw, max - lastResort.length);
      }
      for (const { entry } of best) eligible.push({ pool, origin: entry.origin, branch });
      if (eligible.length >= max) return { eligible, lastResort: [] };
      for (const { entry } of reserves) lastResort.push({ pool, origin: entry.origin, branch });
    }
  }
  lastResort.length = Math.min(lastResort.length, max - eligible.length);
  return { eligible, lastResort };
}
