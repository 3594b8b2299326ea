import type { Candidate, Question } from './choose.ts';
import { ineligibleBecause, type OriginStatusOf } from './eligibility.ts';
import { fraction, type Hash } from './hash.ts';
import { type PreparedOrigin, type PreparedPool, tiersOf } from './prepared-pool.ts';
import { insertRanked, type Ranked } from './rendezvous.ts';

export interface Candidates {
  /** In the order to try them: the client's own branch first, in it the nearest region first, in it by score. */
  readonly eligible: readonly Candidate[];
  /** Ejected or shedding this client: for when the willing ones have been tried. In the same order. */
  readonly lastResort: readonly Candidate[];
}

/** The best of each kind for a client without a pin, together as many as retries can use. */
export function candidatesIn(
  branches: readonly PreparedPool[],
  client: Hash,
  { branches: offered, place, allowed }: Question,
  originStatus: OriginStatusOf,
): Candidates {
  // Never fewer than two, so that there is a next one to tell the origin of.
  const most = Math.max(2, 1 + (branches[0]?.pool.retry.attempts ?? 0));
  const willing: Candidate[] = [];
  const lastResort: Candidate[] = [];

  for (const prepared of branches) {
    const { pool } = prepared;
    const branch = offered.length > 1 ? pool.id : null;
    for (const turn of tiersOf(prepared, place)) {
      const best: Ranked<PreparedOrigin>[] = [];
      const reserves: Ranked<PreparedOrigin>[] = [];
      for (const entry of turn.origins) {
        const status = originStatus(pool, entry.origin);
        const refusal = ineligibleBecause(entry, client, allowed, status);
        if (refusal !== null && refusal !== 'ejected' && refusal !== 'shed') continue;
        const weight = entry.origin.weight * (status.ramp ?? 1);
        const drawn = fraction(client, entry.hash);
        if (refusal === null) insertRanked(best, entry, weight, drawn, most - willing.length);
        else insertRanked(reserves, entry, weight, drawn, most - lastResort.length);
      }
      for (const { entry } of best) willing.push({ pool, origin: entry.origin, branch: branch });
      if (willing.length >= most) return { eligible: willing, lastResort: [] };
      for (const { entry } of reserves) lastResort.push({ pool, origin: entry.origin, branch: branch });
    }
  }
  lastResort.length = Math.min(lastResort.length, most - willing.length);
  return { eligible: willing, lastResort };
}
