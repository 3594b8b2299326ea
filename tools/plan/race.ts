/**
 * Who wins a weighted rendezvous before a change, and who wins it after it: one exact distribution over all keys, without
 * drawing a key.
 *
 * A score is weight / -ln(u), and -ln(u) is exponential: the winner is the contestant with the least E/w, E drawn once per
 * client and contestant (Schindelhauer and Schomaker, "Weighted Distributed Hash Tables", SPAA 2005). A change alters the
 * weights and leaves the draws. So i wins before with E_i/w_i = x and j wins after with E_j/w'_j = y if and only if every E_k is at
 * least max(w_k x, w'_k y), which for i and j themselves means that s = y/x lies between w_j/w'_j and w_i/w'_i. Integrated
 * over x that is
 *
 *   P(i before, j after) = w_i w'_j * integral of 1 / D(s)^2 from w_j/w'_j to w_i/w'_i,   D(s) = sum over k of max(w_k, s w'_k),
 *
 * and as D is a straight line between two neighbouring ratios, each piece is (b - a) / (D(a) D(b)). For one that wins
 * both times s is its own ratio, and P = w_i / D(w_i/w'_i).
 */

/** By the contestant's name, above 0. Never empty. */
export type Weights = ReadonlyMap<string, number>;

export interface Outcome {
  readonly before: string;
  readonly after: string;
  /** Above 0; all of them make 1. */
  readonly share: number;
}

interface Contestant {
  readonly name: string;
  readonly before: number;
  readonly after: number;
  /** before / after: those whose ratio is higher lose clients to those whose ratio is lower. */
  readonly ratio: number;
}

export function raceTwice(before: Weights, after: Weights): Outcome[] {
  const contestants = [...new Set([...before.keys(), ...after.keys()])]
    .map((name) => contestant(name, before.get(name) ?? 0, after.get(name) ?? 0))
    .sort((a, b) => a.ratio - b.ratio);
  const { integralTo, sumAt } = integralOver(contestants);

  const outcomes: Outcome[] = [];
  for (const [i, one] of contestants.entries()) {
    if (one.before === 0) continue;
    if (one.after > 0) outcomes.push(outcome(one, one, one.before / (sumAt[i] as number)));
    for (const [j, other] of contestants.entries()) {
      if (!(other.ratio < one.ratio)) break;
      const between = (integralTo[i] as number) - (integralTo[j] as number);
      if (other.after > 0) outcomes.push(outcome(one, other, one.before * other.after * between));
    }
  }
  return outcomes;
}

const contestant = (name: string, before: number, after: number): Contestant => ({
  name,
  before,
  after,
  ratio: after === 0 ? Number.POSITIVE_INFINITY : before / after,
});

const outcome = (one: Contestant, other: Contestant, share: number): Outcome => ({
  before: one.name,
  after: other.name,
  share,
});

/** For each contestant, sorted by ratio: the integral from 0 to its ratio, and D there. */
function integralOver(contestants: readonly Contestant[]): { integralTo: number[]; sumAt: number[] } {
  // Between two ratios those below count with the weight after, those from there on with the weight before.
  let beforeAbove = contestants.reduce((sum, { before }) => sum + before, 0);
  let afterBelow = 0;
  let from = 0;
  let integral = 0;
  const integralTo: number[] = [];
  const sumAt: number[] = [];
  for (const { before, after, ratio } of contestants) {
    const [low, high] = [beforeAbove + from * afterBelow, beforeAbove + ratio * afterBelow];
    if (ratio === Number.POSITIVE_INFINITY) {
      // All that leave share the last ratio, and the piece up to it.
      integralTo.push(integral + 1 / (afterBelow * low));
      sumAt.push(high);
      continue;
    }
    integral += (ratio - from) / (low * high);
    integralTo.push(integral);
    sumAt.push(high);
    beforeAbove -= before;
    afterBelow += after;
    from = ratio;
  }
  return { integralTo, sumAt };
}
