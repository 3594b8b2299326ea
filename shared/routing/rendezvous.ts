/**
 * Weighted rendezvous hashing: every isolate ranks the origins for a client by itself, and all come to the same list.
 * An origin that leaves takes only its own clients along, one that joins takes only what it is due, and no table is kept.
 *
 * Score = weight / -ln(u), u in (0, 1) from the client's key and the origin's id (Schindelhauer and Schomaker,
 * "Weighted Distributed Hash Tables", SPAA 2005: the logarithmic method).
 */
import { fraction, type Hash } from './mix.ts';

export interface Contender {
  readonly hash: Hash;
  readonly origin: { readonly id: string };
}
export interface Ranked<T> {
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
): Ranked<T>[] {
  const best: Ranked<T>[] = [];
  for (const entry of contenders) {
    const weight = weightOf(entry);
    if (!(weight > 0)) continue;
    const score = scoreOf(client, entry.hash, weight);
    let i = best.length;
    while (i > 0 && beats(score, entry, best[i - 1] as Ranked<T>)) i--;
    if (i >= most) continue;
    best.splice(i, 0, { entry, score });
    if (best.length > most) best.pop();
  }
  return best;
}

const beats = (score: number, contender: Contender, other: Ranked<Contender>): boolean =>
  score > other.score || (score === other.score && contender.origin.id < other.entry.origin.id);
