/**
 * Weighted rendezvous hashing: every isolate ranks the origins for a client by itself, and all get the same list. An
 * origin that is removed moves only its own clients, one that is added takes only its share, and there is no table to keep.
 *
 * Score = weight / -ln(u), with u in (0, 1) from the client's key and the origin's id (Schindelhauer and Schomaker,
 * "Weighted Distributed Hash Tables", SPAA 2005: the logarithmic method).
 */
import { fraction, type Hash } from './hash.ts';

export interface Contender {
  readonly hash: Hash;
  readonly origin: { readonly id: string };
}
export interface Scored<T> {
  readonly entry: T;
  readonly score: number;
}

/** `weight`: above 0. */
export const scoreOf = (client: Hash, contender: Hash, weight: number): number =>
  weight / -Math.log(fraction(client, contender));

/**
 * The best `max` of the contenders, best first. `weightOf`: 0 leaves a contender out. The order of the list does not
 * matter; if two scores are equal, the smaller id wins.
 */
export function rank<T extends Contender>(
  client: Hash,
  contenders: readonly T[],
  weightOf: (contender: T) => number,
  max = Number.POSITIVE_INFINITY,
): Scored<T>[] {
  const best: Ranked<T>[] = [];
  for (const entry of contenders) {
    const weight = weightOf(entry);
    if (weight > 0) insertRanked(best, entry, weight, fraction(client, entry.hash), max);
  }
  return best.map(({ entry, weight, draw }) => ({ entry, score: weight / -Math.log(draw) }));
}

/** A contender as one client ranks it. */
export interface Ranked<T extends Contender> {
  readonly entry: T;
  /** Above 0. */
  readonly weight: number;
  /** u, from which the score follows. */
  readonly draw: number;
}

/** Inserts a contender into the list of the best `max`. An insertion by hand: `splice` costs more than the ranking. */
export function insertRanked<T extends Contender>(
  best: Ranked<T>[],
  entry: T,
  weight: number,
  draw: number,
  max: number,
): void {
  let at = best.length;
  if (at >= max) {
    if (!(max > 0) || !ranksAbove(entry, weight, draw, best[at - 1] as Ranked<T>)) return;
    at--;
  }
  for (; at > 0; at--) {
    const better = best[at - 1] as Ranked<T>;
    if (!ranksAbove(entry, weight, draw, better)) break;
    best[at] = better;
  }
  best[at] = { entry, weight, draw };
}

/** With equal weights the higher draw has the higher score, and no logarithm is needed. */
function ranksAbove(entry: Contender, weight: number, draw: number, other: Ranked<Contender>): boolean {
  const isEqual = weight === other.weight;
  const mine = isEqual ? draw : weight / -Math.log(draw);
  const theirs = isEqual ? other.draw : other.weight / -Math.log(other.draw);
  return mine > theirs || (mine === theirs && entry.origin.id < other.entry.origin.id);
}
