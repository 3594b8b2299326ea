/** Was there a reason for it? Judges every move of a client by what happened to the origins. Pure. */
import type { Ejection, Outages } from './outages.ts';

/** How a client's affinity answers a failure: `moves` with its pin (`repin`), or `returns` home (`return`, and keys). */
export type Manner = 'moves' | 'returns';

/** One reply of an origin, as its client saw it. */
export interface Visit {
  readonly origin: string;
  readonly epoch: number;
  readonly sentAt: number;
  readonly receivedAt: number;
  /** Replies to this client that broke off since the visit before. Each may have moved its pin. */
  readonly brokenBefore: number;
}

export interface Move {
  readonly client: string;
  readonly manner: Manner;
  /** The client's origins while all are well, best first. */
  readonly ranking: readonly string[];
  readonly from: Visit;
  readonly to: Visit;
}

/** `killed`: found away. `ejected`: not asked, after it was found away. `home`: back where it belongs. `null`: for no reason. */
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
  // Whoever returns goes to the best of its origins that is well; only that all better ones were away excuses another.
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
 * The epoch counts the moves of a pin: one for this visit's, and at most one for each reply that broke off before it. A
 * request that failed moves none.
 */
export function isEpochPlausible(from: Visit, to: Visit): boolean {
  const rise = to.epoch - from.epoch;
  const moved = from.origin !== to.origin;
  const most = to.brokenBefore + (moved || to.brokenBefore > 0 ? 1 : 0);
  return rise >= (moved ? 1 : 0) && rise <= most;
}

/** A gateway may be so long in noticing, on a machine that is busy with something else. */
const maxDetectionMs = 1_000;

/** An ejection has a reason when its origin was away just before. */
export const isJustified = ({ origin, at }: Ejection, outages: Outages): boolean =>
  outages.wasAway(origin, at - maxDetectionMs, at);
