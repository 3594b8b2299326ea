/**
 * Weighted rendezvous hashing: every isolate ranks the origins for a client by itself, and all come to the same list.
 * An origin that leaves takes only its own clients along, one that joins takes only what it is due, and no table is kept.
 *
 * Score = weight / -ln(u), u in (0, 1) from the client's key and the origin's id (Schindelhauer and Schomaker,
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

/** Not defined for a weight of 0, which never competes. */
export const scoreOf = (client: Hash, contender: Hash, weight: number): number =>
  weight / -Math.log(fraction(client, contender));

/**
 * The best `most` of the contenders, best first. `weightOf` says what each may take from this client: 0 and it does not
 * compete. The order in which contenders are given plays no part; should two scores be equal, the smaller id wins.
 */
export function rank<T extends Contender>(
  client: Hash,
  contenders: readonly T[],
  weightOf: (contender: T) => number,
  most = Number.POSITIVE_INFINITY,
): Scored<T>[] {
  const best: Ranked<T>[] = [];
  for (const entry of contenders) {
    const weight = weightOf(entry);
    if (weight > 0) insertRanked(best, entry, weight, fraction(client, entry.hash), most);
  }
  return best.map((lot) => ({ entry: lot.entry, score: lot.weight / -Math.log(lot.draw) }));
}

/** What a contender drew for a client. */
export interface Ranked<T extends Contender> {
  readonly entry: T;
  /** Above 0. */
  readonly weight: number;
  /** u, from which the score comes. */
  readonly draw: number;
}

/**
 * Puts a contender where it belongs among the best `most` so far; `weight` above 0. By hand, because `splice` costs more
 * than the rest of a ranking.
 */
export function insertRanked<T extends Contender>(
  best: Ranked<T>[],
  entry: T,
  weight: number,
  drawn: number,
  most: number,
): void {
  let at = best.length;
  if (at >= most) {
    if (!(most > 0) || !ranksAbove(entry, weight, drawn, best[at - 1] as Ranked<T>)) return;
    at--;
  }
  for (; at > 0; at--) {
    const better = best[at - 1] as Ranked<T>;
    if (!ranksAbove(entry, weight, drawn, better)) break;
    best[at] = better;
  }
  best[at] = { entry, weight, draw: drawn };
}

/** Among equals the higher draw has the higher score, and no logarithm is needed to say so. */
function ranksAbove(entry: Contender, weight: number, drawn: number, other: Ranked<Contender>): boolean {
  const isEqual = weight === other.weight;
  const mine = isEqual ? drawn : weight / -Math.log(drawn);
  const theirs = isEqual ? other.draw : other.weight / -Math.log(other.draw);
  return mine > theirs || (mine === theirs && entry.origin.id < other.entry.origin.id);
}
