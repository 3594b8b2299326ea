/** Finds the reason for each move of a client in what happened to the origins. Pure. */
import type { Ejection, Outages } from './outages.ts';

/** What a client does when its origin fails: `moves` with its pin (`repin`), or `returns` home (`return`, and keys). */
export type Manner = 'moves' | 'returns';

/** One response of an origin, as the client saw it. */
export interface Visit {
  readonly origin: string;
  readonly epoch: number;
  readonly sentAt: number;
  readonly receivedAt: number;
  /** Responses to this client that were cut off since the previous visit. Each may have moved its pin. */
  readonly brokenBefore: number;
}

export interface Move {
  readonly client: string;
  readonly manner: Manner;
  /** The client's origins while all are available, best first. */
  readonly ranking: readonly string[];
  readonly from: Visit;
  readonly to: Visit;
}

/** `killed`: the origin was down. `ejected`: it was ejected. `home`: the client returned home. `null`: no reason. */
export type Reason = 'killed' | 'ejected' | 'home' | null;

export function explainMove(
  { manner, ranking, from, to }: Move,
  outages: Outages,
  ejections: readonly Ejection[],
): Reason {
  const isOut = (origin: string): boolean =>
    ejections.some(
      (ejection) => ejection.origin === origin && ejection.at <= to.receivedAt && to.sentAt < ejection.until,
    );
  if (manner === 'moves') {
    if (!isEpochPlausible(from, to)) return null;
    if (outages.wasAway(from.origin, from.sentAt, to.receivedAt)) return 'killed';
    return isOut(from.origin) ? 'ejected' : null;
  }
  // A returning client goes to the best available origin. Another one is justified only if all better ones were out.
  const better = ranking.slice(0, ranking.indexOf(to.origin));
  if (better.length === 0) return 'home';
  const reasons = better.map((origin): Reason => {
    if (outages.wasAway(origin, to.sentAt, to.receivedAt)) return 'killed';
    return isOut(origin) ? 'ejected' : null;
  });
  return reasons.find((reason) => reason !== 'killed') === undefined
    ? 'killed'
    : reasons.includes(null)
      ? null
      : 'ejected';
}

/**
 * The epoch counts the moves of a pin: one for this visit, and at most one for each response that was cut off before. A
 * failed request does not move the pin.
 */
export function isEpochPlausible(from: Visit, to: Visit): boolean {
  const rise = to.epoch - from.epoch;
  const moved = from.origin !== to.origin;
  const most = to.brokenBefore + (moved || to.brokenBefore > 0 ? 1 : 0);
  return rise >= (moved ? 1 : 0) && rise <= most;
}

/** The maximum time until a gateway detects a failure, on a busy machine. */
const maxDetectionMs = 1_000;

/** An ejection is justified if its origin was down just before. */
export const isJustified = ({ origin, at }: Ejection, outages: Outages): boolean =>
  outages.wasAway(origin, at - maxDetectionMs, at);
