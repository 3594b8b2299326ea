/** When a pin is written again, and with which values. Pure. */
import type { Affinity } from '../../config/settings.ts';
import { touchIntervalMs } from '../../session/timing.ts';
import type { Candidate, Placement } from '../placement/types.ts';
import { hasEnded, type Pin, type PinReading } from './pin.ts';

/** RFC 9651, section 3.3.1: the largest integer that `Session-Affinity: epoch=` can carry. */
const maxEpoch = 999_999_999_999_999;

export interface Terms {
  /** That of the transport's pool: the pool of the route's first branch. */
  readonly affinity: Affinity;
  readonly revision: string;
  readonly controlRevision: number;
  readonly now: number;
}

/**
 * The pin to write with a reply, or `null`: the client's own stays as it is. A kept pin survives whichever origin served,
 * with one exception: its origin was tried and failed, another origin served well, and the pool's `onFailure` moves the
 * pin. `servedWell`: the reply is good enough to pin for.
 */
export function pinAfter(
  { because, candidates, pinKept }: Extract<Placement, { kind: 'placed' }>,
  served: Candidate,
  reading: PinReading,
  terms: Terms,
  servedWell = true,
): Pin | null {
  const [first] = candidates;
  const wasSentElsewhere = because === 'redispatched';
  const { onFailure } = first.pool.affinity;
  if (pinKept !== null && (!servedWell || wasSentElsewhere || served === first || onFailure === 'return')) {
    const isStale = reading.kind === 'valid' && reading.stale;
    return isStale || renewalDue(pinKept, terms.affinity, terms.now) ? renewed(pinKept, terms) : null;
  }
  if (!servedWell) return null;
  const previous = reading.kind === 'valid' || reading.kind === 'expired' ? reading.pin : null;
  return pinFor(previous, served, terms);
}

/**
 * The pin for the origin that served a request; `previous` may have expired. With the same origin the absolute end stays;
 * with another one, or after that end, it starts again. A branch that a split once chose is kept on routes without a split.
 */
export function pinFor(previous: Pin | null, served: Candidate, terms: Terms): Pin {
  const { affinity, revision, controlRevision, now } = terms;
  const isSame = previous !== null && previous.pool === served.pool.id && previous.origin === served.origin.id;
  const continues = isSame && !hasEnded(previous, now);
  const absoluteEndsAt = continues ? previous.absoluteEndsAt : now + affinity.absoluteMs;
  return {
    pool: served.pool.id,
    branch: served.branch ?? previous?.branch ?? null,
    origin: served.origin.id,
    epoch: previous === null ? 1 : isSame ? previous.epoch : Math.min(maxEpoch, previous.epoch + 1),
    issuedAt: continues ? previous.issuedAt : now,
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

/** Whether activity moves the pin's idle end now. A pin without an idle end is never written for activity alone. */
export function renewalDue(pin: Pin, { idleMs }: Affinity, now: number): boolean {
  if (idleMs === null) return pin.idleEndsAt !== null;
  if (pin.idleEndsAt === null) return true;
  if (pin.idleEndsAt >= pin.absoluteEndsAt) return false;
  return now >= pin.idleEndsAt - idleMs + touchIntervalMs(idleMs);
}
