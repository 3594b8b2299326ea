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
  const best: Lot<T>[] = [];
  for (const entry of contenders) {
    const weight = weightOf(entry);
    if (!(weight > 0)) continue;
    const lot = { entry, weight, drawn: fraction(client, entry.hash) };
    let i = best.length;
    while (i > 0 && beats(lot, best[i - 1] as Lot<T>)) i--;
    if (i >= most) continue;
    if (i === best.length) best.push(lot);
    else best.splice(i, 0, lot);
    if (best.length > most) best.pop();
  }
  return best.map((lot) => ({ entry: lot.entry, score: scoreIn(lot) }));
}

interface Lot<T> {
  readonly entry: T;
  readonly weight: number;
  /** u, from which the score comes. */
  readonly drawn: number;
}

const scoreIn = ({ weight, drawn }: Lot<unknown>): number => weight / -Math.log(drawn);

/** Among equals the higher draw has the higher score, and no logarithm is needed to say so. */
function beats(lot: Lot<Contender>, other: Lot<Contender>): boolean {
  const isEqual = lot.weight === other.weight;
  const mine = isEqual ? lot.drawn : scoreIn(lot);
  const theirs = isEqual ? other.drawn : scoreIn(other);
  return mine > theirs || (mine === theirs && lot.entry.origin.id < other.entry.origin.id);
}
