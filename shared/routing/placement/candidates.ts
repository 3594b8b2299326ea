import type { Candidate, Question } from './choose.ts';
import { type OriginStatusOf, refusalOf } from './eligibility.ts';
import { fraction, type Hash } from './hash.ts';
import { type PreparedOrigin, type PreparedPool, turnsOf } from './prepared-pool.ts';
import { enter, type Lot } from './rendezvous.ts';

export interface Candidates {
  /** In the order to try them: the client's own arm first, in it the nearest region first, in it by score. */
  readonly willing: readonly Candidate[];
  /** Ejected or shedding this client: for when the willing ones have been tried. In the same order. */
  readonly lastResort: readonly Candidate[];
}

/** The best of each kind for a client without a pin, together as many as retries can use. */
export function candidatesIn(
  arms: readonly PreparedPool[],
  client: Hash,
  { arms: offered, place, allowed }: Question,
  originStatus: OriginStatusOf,
): Candidates {
  // Never fewer than two, so that there is a next one to tell the origin of.
  const most = Math.max(2, 1 + (arms[0]?.pool.retry.attempts ?? 0));
  const willing: Candidate[] = [];
  const lastResort: Candidate[] = [];

  for (const prepared of arms) {
    const { pool } = prepared;
    const arm = offered.length > 1 ? pool.id : null;
    for (const turn of turnsOf(prepared, place)) {
      const best: Lot<PreparedOrigin>[] = [];
      const reserves: Lot<PreparedOrigin>[] = [];
      for (const entry of turn.origins) {
        const status = originStatus(pool, entry.origin);
        const refusal = refusalOf(entry, client, allowed, status);
        if (refusal !== null && refusal !== 'ejected' && refusal !== 'shed') continue;
        const weight = entry.origin.weight * (status.ramp ?? 1);
        const drawn = fraction(client, entry.hash);
        if (refusal === null) enter(best, entry, weight, drawn, most - willing.length);
        else enter(reserves, entry, weight, drawn, most - lastResort.length);
      }
      for (const { entry } of best) willing.push({ pool, origin: entry.origin, arm });
      if (willing.length >= most) return { willing, lastResort: [] };
      for (const { entry } of reserves) lastResort.push({ pool, origin: entry.origin, arm });
    }
  }
  lastResort.length = Math.min(lastResort.length, most - willing.length);
  return { willing, lastResort };
}
