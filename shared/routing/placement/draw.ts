/**
 * The first origin of a client of which nothing is known, drawn by weight (`affinity.first: 'random'`): clients of one
 * network then spread over all origins, where their common key would lead them to one. Pure: the number is passed in.
 */
import type { Candidate, Question } from './choose.ts';
import { ineligibleBecause } from './eligibility.ts';
import type { Hash } from './hash.ts';
import { type PreparedPool, tiersOf } from './prepared-pool.ts';

/** From 0 up to 1 without it, 53 bits of it from the CSPRNG. */
export function randomDraw(): number {
  const [high, low] = crypto.getRandomValues(new Uint32Array(2)) as unknown as [number, number];
  return ((high >>> 5) * 2 ** 26 + (low >>> 6)) / 2 ** 53;
}

export interface DrawnOrder {
  /** The drawn branch first, the others as they were ranked. */
  readonly branches: readonly PreparedPool[];
  /** Of the first branch that has a willing origin one in its nearest region; `null`: nobody is willing. */
  readonly first: Candidate | null;
}

/** One number is enough for both draws: what it says beyond the branch is as even as the number itself. */
export function drawFirst(ranked: readonly PreparedPool[], client: Hash, question: Question, draw: number): DrawnOrder {
  const { branches: offered, place, allowed, originStatus } = question;
  const side = pick(ranked, ({ pool }) => offered.find((branch) => branch.pool === pool)?.share ?? 0, draw);
  const branches = side ? [side.entry, ...ranked.filter((branch) => branch !== side.entry)] : ranked;
  for (const prepared of branches) {
    const { pool } = prepared;
    for (const { origins } of tiersOf(prepared, place)) {
      const lot = pick(
        origins,
        (entry) => {
          const status = originStatus(pool, entry.origin);
          const isWilling = ineligibleBecause(entry, client, allowed, status) === null;
          return isWilling ? entry.origin.weight * (status.ramp ?? 1) : 0;
        },
        side?.rest ?? draw,
      );
      if (lot)
        return {
          branches: branches,
          first: { pool, origin: lot.entry.origin, branch: offered.length > 1 ? pool.id : null },
        };
    }
  }
  return { branches: branches, first: null };
}

/** `rest`: what is left of the draw, from 0 to 1 again. `null`: nothing has a weight. */
function pick<T>(
  entries: readonly T[],
  weightOf: (entry: T) => number,
  draw: number,
): { readonly entry: T; readonly rest: number } | null {
  const lots = entries.map((entry) => ({ entry, weight: weightOf(entry) })).filter(({ weight }) => weight > 0);
  let left = draw * lots.reduce((sum, { weight }) => sum + weight, 0);
  let picked: { readonly entry: T; readonly rest: number } | null = null;
  for (const { entry, weight } of lots) {
    // Sums are rounded: the last one is taken though the number should lie beyond it.
    picked = { entry, rest: Math.min(left / weight, 1) };
    if (left < weight) break;
    left -= weight;
  }
  return picked;
}
