/**
 * The first origin of an unknown client, drawn at random by weight (`affinity.first: 'random'`). Clients of one network
 * then spread over all origins, where their common key would send them all to one. Pure: the random number is passed in.
 */
import { ineligibleBecause } from './eligibility.ts';
import type { Hash } from './hash.ts';
import { type PreparedPool, tiersOf } from './prepared-pool.ts';
import type { Candidate, Question } from './types.ts';

/** In [0, 1), 53 bits from the CSPRNG. */
export function randomDraw(): number {
  const [high, low] = crypto.getRandomValues(new Uint32Array(2)) as unknown as [number, number];
  return ((high >>> 5) * 2 ** 26 + (low >>> 6)) / 2 ** 53;
}

export interface DrawnOrder {
  /** The drawn branch first, the others as they were ranked. */
  readonly branches: readonly PreparedPool[];
  /** An origin in the nearest region of the first branch that has an eligible one; `null`: no branch has one. */
  readonly first: Candidate | null;
}

/** One number serves both draws: what is left of it after the branch was drawn is as evenly spread as the number was. */
export function drawFirst(ranked: readonly PreparedPool[], client: Hash, question: Question, draw: number): DrawnOrder {
  const { branches: offered, place, allowed, originStatus } = question;
  const drawn = pick(ranked, ({ pool }) => offered.find((branch) => branch.pool === pool)?.share ?? 0, draw);
  const branches = drawn ? [drawn.entry, ...ranked.filter((branch) => branch !== drawn.entry)] : ranked;
  for (const prepared of branches) {
    const { pool } = prepared;
    for (const { origins } of tiersOf(prepared, place)) {
      const picked = pick(
        origins,
        (entry) => {
          const status = originStatus(pool, entry.origin);
          const isEligible = ineligibleBecause(entry, client, allowed, status) === null;
          return isEligible ? entry.origin.weight * (status.ramp ?? 1) : 0;
        },
        drawn?.rest ?? draw,
      );
      if (picked) {
        const branch = offered.length > 1 ? pool.id : null;
        return { branches, first: { pool, origin: picked.entry.origin, branch } };
      }
    }
  }
  return { branches, first: null };
}

/** `rest`: what is left of the draw, scaled to 0 to 1 again. `null`: no entry has a weight. */
function pick<T>(
  entries: readonly T[],
  weightOf: (entry: T) => number,
  draw: number,
): { readonly entry: T; readonly rest: number } | null {
  const weighted = entries.map((entry) => ({ entry, weight: weightOf(entry) })).filter(({ weight }) => weight > 0);
  let left = draw * weighted.reduce((sum, { weight }) => sum + weight, 0);
  let picked: { readonly entry: T; readonly rest: number } | null = null;
  for (const { entry, weight } of weighted) {
    // Sums are rounded: the last entry is taken even if the number lies beyond it.
    picked = { entry, rest: Math.min(left / weight, 1) };
    if (left < weight) break;
    left -= weight;
  }
  return picked;
}
