/** The same result by asking `choose` for many keys, for when too many origins shed to go through all combinations. */
import type { Origin, Pool } from '../../shared/config/settings.ts';
import type { GeoPoint } from '../../shared/platform.ts';
import type { PinReading } from '../../shared/routing/pins/pin.ts';
import { pinFor } from '../../shared/routing/pins/renewal.ts';
import { choose } from '../../shared/routing/placement/choose.ts';
import { isShed } from '../../shared/routing/placement/eligibility.ts';
import { type Hash, hash } from '../../shared/routing/placement/hash.ts';
import { preparePool } from '../../shared/routing/placement/prepared-pool.ts';
import type { Candidate, OriginStatusOf, Placement } from '../../shared/routing/placement/types.ts';
import type { PlaceShare } from './places.ts';
import type { Side } from './side.ts';
import { type At, atOf, type Tally } from './tally.ts';

const keys = 50_000;
const sampleKeys = (): string[] => Array.from({ length: keys }, (_, i) => `sample ${i}`);
/** The probability that a share is off by more than `within`. */
const doubt = 0.001;
/** Hoeffding's inequality: keys are independent, and each adds between 0 and 1. */
export const sample = { keys, within: Math.sqrt(Math.log(2 / doubt) / (2 * keys)) };

export function addSampled(
  keyed: Tally,
  pinned: Tally,
  before: Side,
  after: Side,
  places: readonly PlaceShare[],
  now: number,
): void {
  for (const { place, share } of places) {
    for (const clientKey of sampleKeys()) {
      const first = ask(before, clientKey, place, { kind: 'none' }, now);
      const second = ask(after, clientKey, place, { kind: 'none' }, now);
      keyed.add(at(first), at(second), share / keys, null);
      const pin: PinReading = first.kind === 'placed' ? pinTo(first.candidates[0], now) : { kind: 'none' };
      const back = ask(after, clientKey, place, pin, now);
      pinned.add(at(first), at(back), share / keys, pin.kind === 'none' ? null : back.because);
    }
  }
}

/** Clients that may still be pinned to an origin which gets no new ones. */
export function addSampledLeftovers(
  tally: Tally,
  pool: Pool,
  origin: Origin,
  before: Side,
  after: Side,
  places: readonly PlaceShare[],
  now: number,
): void {
  const pin = pinTo({ pool, origin, branch: before.branches.length > 1 ? pool.id : null }, now);
  const shedHash = preparePool(pool).byId.get(origin.id)?.shedHash as Hash;
  const shed = { ejected: false, shed: before.shedOf(pool, origin) };
  const left = sampleKeys().filter((clientKey) => !isShed(shedHash, hash(clientKey), shed));
  for (const { place, share } of places) {
    for (const clientKey of left) {
      const back = ask(after, clientKey, place, pin, now);
      tally.add(atOf(pool.id, origin.id), at(back), share / left.length, back.because);
    }
  }
}

const at = (placement: Placement): At =>
  placement.kind === 'none' ? null : atOf(placement.candidates[0].pool.id, placement.candidates[0].origin.id);

function ask(side: Side, clientKey: string, place: GeoPoint | null, pin: PinReading, now: number): Placement {
  const originStatus: OriginStatusOf = (pool, origin) => ({ ejected: false, shed: side.shedOf(pool, origin) });
  return choose({ branches: side.branches, allowed: side.allowed, clientKey, place, pin, originStatus, now });
}

const pinTo = (served: Candidate, now: number): PinReading => ({
  kind: 'valid',
  stale: false,
  pin: pinFor(null, served, { affinity: served.pool.affinity, revision: 'plan', controlRevision: 0, now }),
});
