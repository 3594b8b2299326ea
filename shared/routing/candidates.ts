import type { Place } from '../platform.ts';
import type { Candidate } from './choose.ts';
import type { Hash } from './mix.ts';
import { nearestFirst } from './nearest.ts';
import type { PreparedOrigin, PreparedPool } from './origins.ts';
import { rank } from './rendezvous.ts';
import { type AllowedRegions, type OriginStatusOf, refusalOf } from './willing.ts';

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
  given: {
    readonly isSplit: boolean;
    readonly place: Place | null;
    readonly allowed: AllowedRegions;
    readonly originStatus: OriginStatusOf;
  },
): Candidates {
  const { isSplit, place, allowed, originStatus } = given;
  // Never fewer than two, so that there is a next one to tell the origin of.
  const most = Math.max(2, 1 + (arms[0]?.pool.retry.attempts ?? 0));
  let reserves = false;

  const list = (kind: 'willing' | 'reserve', room: number): Candidate[] => {
    const found: Candidate[] = [];
    for (const { pool, regions, origins } of arms) {
      const weightOf = (entry: PreparedOrigin): number => {
        const status = originStatus(pool, entry.origin);
        const refusal = refusalOf(entry, client, allowed, status);
        const isReserve = refusal === 'ejected' || refusal === 'shed';
        reserves ||= isReserve;
        const counts = kind === 'willing' ? refusal === null : isReserve;
        return counts ? entry.origin.weight * (status.ramp ?? 1) : 0;
      };
      for (const group of pool.steer === 'nearest' ? nearestFirst(regions, place) : [origins]) {
        if (found.length >= room) return found;
        for (const { entry } of rank(client, group, weightOf, room - found.length)) {
          found.push({ pool, origin: entry.origin, arm: isSplit ? pool.id : null });
        }
      }
    }
    return found;
  };

  const willing = list('willing', most);
  return { willing, lastResort: reserves && willing.length < most ? list('reserve', most - willing.length) : [] };
}
