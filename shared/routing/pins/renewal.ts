import type { Affinity } from '../../config/settings.ts';
import type { Candidate, Placement } from '../placement/choose.ts';
import { hasEnded, type Pin, type PinReading } from './pin.ts';

/** RFC 9651, section 3.3.1: the largest integer that `Session-Affinity: epoch=` can carry. */
const lastEpoch = 999_999_999_999_999;

export interface Terms {
  /** That of the carrier: of the route's first branch. */
  readonly affinity: Affinity;
  readonly revision: string;
  readonly controlRevision: number;
  readonly now: number;
}

/**
 * The pin to write with a reply, or `null`: the client's own, if it has one, is good as it is. A kept pin survives whatever
 * served the request, but for one case: its origin was tried, failed, another one did better, and the pool's `onFailure`
 * moves the pin. `servedWell`: the reply is one to be pinned for.
 */
export function pinAfter(
  { because, candidates, pinKept }: Extract<Placement, { kind: 'placed' }>,
  served: Candidate,
  reading: PinReading,
  terms: Terms,
  servedWell = true,
): Pin | null {
  const [first] = candidates;
  const wasSentAway = because === 'redispatched';
  const { onFailure } = first.pool.affinity;
  if (pinKept !== null && (!servedWell || wasSentAway || served === first || onFailure === 'return')) {
    const isStale = reading.kind === 'valid' && reading.stale;
    return isStale || renewalDue(pinKept, terms.affinity, terms.now) ? renewed(pinKept, terms) : null;
  }
  if (!servedWell) return null;
  const previous = reading.kind === 'valid' || reading.kind === 'expired' ? reading.pin : null;
  return pinFor(previous, served, terms);
}

/**
 * The pin for the origin that served a request; `previous` may have expired. The same origin goes on with the same
 * absolute end; another one, or one after the end, begins anew. A side that a split once chose is remembered on routes
 * without one.
 */
export function pinFor(previous: Pin | null, served: Candidate, terms: Terms): Pin {
  const { affinity, revision, controlRevision, now } = terms;
  const same = previous !== null && previous.pool === served.pool.id && previous.origin === served.origin.id;
  const goesOn = same && !hasEnded(previous, now);
  const absoluteEndsAt = goesOn ? previous.absoluteEndsAt : now + affinity.absoluteMs;
  return {
    pool: served.pool.id,
    branch: served.branch ?? previous?.branch ?? null,
    origin: served.origin.id,
    epoch: previous === null ? 1 : same ? previous.epoch : Math.min(lastEpoch, previous.epoch + 1),
    issuedAt: goesOn ? previous.issuedAt : now,
    idleEndsAt: idleEnd(absoluteEndsAt, affinity, now),
    absoluteEndsAt,
    revision,
    controlRevision,
  };
}

const renewed = (pin: Pin, { affinity, controlRevision, now }: Terms): Pin => ({
  ...pin,
  controlRevision,
  idleEndsAt: idleEnd(pin.absoluteEndsAt, affinity, now),
});

const idleEnd = (absoluteEndsAt: number, { idleMs }: Affinity, now: number): number | null =>
  idleMs === null ? null : Math.min(absoluteEndsAt, now + idleMs);

/** A pin with an idle end is written anew at most this often, and often enough that it never ends much too early: as for sessions. */
const longestIntervalMs = 60_000;
const shortestIntervalMs = 10_000;

/** Whether activity should move the pin's idle end now. A pin without one is never written for activity alone. */
export function renewalDue(pin: Pin, { idleMs }: Affinity, now: number): boolean {
  if (idleMs === null) return pin.idleEndsAt !== null;
  if (pin.idleEndsAt === null) return true;
  if (pin.idleEndsAt >= pin.absoluteEndsAt) return false;
  const intervalMs = Math.min(longestIntervalMs, Math.max(shortestIntervalMs, idleMs / 10), idleMs / 4);
  return now >= pin.idleEndsAt - idleMs + intervalMs;
}
