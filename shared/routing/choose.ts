/**
 * Where a request goes: the one decision of this folder, and the only place where its parts meet. Pure, so the same
 * question has the same answer on every isolate and on both platforms.
 *
 * In words: the pin decides while its origin may serve the client; otherwise the client's arm of the split, in it the
 * nearest region with a willing origin, in that weighted rendezvous. Failover goes down the same list. Other arms come
 * after the client's own, ejected origins after all willing ones, and the limits on regions hold for every candidate.
 */
import type { Origin, Pool } from '../config/settings.ts';
import type { Place } from '../platform.ts';
import { type Arm, armsFor } from './arms.ts';
import { type Hash, hash } from './mix.ts';
import { nearestFirst } from './nearest.ts';
import { type PreparedOrigin, type PreparedPool, preparePool } from './origins.ts';
import type { Pin, PinReading } from './pin.ts';
import { rank } from './rendezvous.ts';
import {
  type AllowedRegions,
  inAllowedRegion,
  isShed,
  keepsItsClients,
  type OriginStatusOf,
  refusalOf,
} from './willing.ts';

export interface Question {
  /** The route's arms, in its order. The first one's affinity says whether pins count at all. */
  readonly arms: readonly [Arm, ...Arm[]];
  readonly clientKey: string;
  readonly place: Place | null;
  readonly pin: PinReading;
  readonly allowed: AllowedRegions;
  readonly originStatus: OriginStatusOf;
  readonly now: number;
}

/** One place to try. `arm` is the pool's id: what the pin remembers beside the origin's. */
export interface Candidate {
  readonly pool: Pool;
  readonly arm: string;
  readonly origin: Origin;
}

export type Because =
  | 'pinned'
  | 'nearest'
  | 'weighted'
  | 'split'
  | 'redispatched'
  | 'drained'
  | 'shed'
  | 'returned'
  | 'expired'
  | 'forged'
  | 'unknown'
  | 'off';

export type Placement =
  | {
      readonly kind: 'placed';
      /** In the order to try them. One alone where the pool's `onFailure` forbids another. Longer than `retry.attempts` may use. */
      readonly candidates: readonly [Candidate, ...Candidate[]];
      readonly because: Because;
      /** The client's pin, where it stays as it is; `null`: pin the client to the origin that serves it. */
      readonly pinKept: Pin | null;
      /** Id of the second candidate: where this client goes next if the first one fails. */
      readonly next: string | null;
    }
  | {
      readonly kind: 'none';
      readonly code: 'no_origin_available' | 'region_unavailable' | 'pin_refused';
      readonly because: Because;
    };

export function choose(question: Question): Placement {
  const client = hash(question.clientKey);
  const verdict = judgePin(question, client);
  const arms = armsFor(client, question.arms, verdict.arm);
  const { willing, lastResort } = rankCandidates(arms, client, question);
  const all = [...willing, ...lastResort];

  if (verdict.kind === 'stay') return stayAt(verdict.home, verdict.pin, verdict.because, all);
  if (verdict.kind === 'leave') {
    const { onFailure } = verdict.home.pool.affinity;
    const byFailure = verdict.because === 'redispatched';
    // Where nobody else is willing, leaving would help nobody.
    if (willing.length === 0 || (byFailure && onFailure === 'none'))
      return stayAt(verdict.home, verdict.pin, 'pinned', all);
    if (byFailure && onFailure === 'refuse') return { kind: 'none', code: 'pin_refused', because: verdict.because };
    return placed(all, verdict.because, byFailure && onFailure === 'return' ? verdict.pin : null, question.allowed);
  }
  const spilled = all[0] !== undefined && all[0].pool !== arms[0]?.pool;
  const because = verdict.because ?? (spilled ? 'redispatched' : firstTime(arms, question.place));
  return placed(all, because, verdict.pinKept, question.allowed);
}

/**
 * What the pin says about this request. `leave`: its origin is ejected or sheds this client, so it should go elsewhere
 * if there is an elsewhere. `place`: no origin is the client's own; without a `because` it never had one.
 */
type Verdict =
  | {
      readonly kind: 'stay';
      readonly because: 'pinned' | 'returned';
      readonly home: Candidate;
      readonly pin: Pin;
      readonly arm: string;
    }
  | {
      readonly kind: 'leave';
      readonly because: 'redispatched' | 'shed';
      readonly home: Candidate;
      readonly pin: Pin;
      readonly arm: string;
    }
  | {
      readonly kind: 'place';
      readonly because: Because | null;
      readonly pinKept: Pin | null;
      readonly arm: string | null;
    };

const place = (because: Because | null, arm: string | null = null, pinKept: Pin | null = null): Verdict => ({
  kind: 'place',
  because,
  arm,
  pinKept,
});

function judgePin({ arms, pin: reading, allowed, originStatus, now }: Question, client: Hash): Verdict {
  if (arms[0].pool.affinity.by.kind === 'off') return place('off');
  if (reading.kind === 'none') return place(null);
  if (reading.kind !== 'valid') return place(reading.kind);
  const { pin } = reading;
  const arm = arms.find(({ pool }) => pool.id === pin.arm);
  if (!arm) return place('unknown');
  if (!(arm.share > 0)) return place('drained');
  const entry = preparePool(arm.pool).byId.get(pin.origin);
  if (!entry) return place('unknown', pin.arm);
  const { origin } = entry;
  if (!keepsItsClients(origin, now)) return place('drained', pin.arm);
  if (!inAllowedRegion(origin, allowed)) {
    // One page that is limited to some regions must not cost the client its berth on all the others.
    const routeAlone = inAllowedRegion(origin, { ...allowed, route: null });
    return place('redispatched', pin.arm, routeAlone ? pin : null);
  }
  const home = { pool: arm.pool, arm: pin.arm, origin };
  const status = originStatus(arm.pool, origin);
  if (status.ejected) return { kind: 'leave', because: 'redispatched', home, pin, arm: pin.arm };
  if (isShed(entry.shedHash, client, status)) return { kind: 'leave', because: 'shed', home, pin, arm: pin.arm };
  const cameHome = status.returned === true && arm.pool.affinity.onFailure === 'return';
  return { kind: 'stay', because: cameHome ? 'returned' : 'pinned', home, pin, arm: pin.arm };
}

/** The best of each kind, as many as retries can use; never fewer than two, so that there is a `next`. */
function rankCandidates(arms: readonly PreparedPool[], client: Hash, { place, allowed, originStatus }: Question) {
  const attempts = arms[0]?.pool.retry.attempts ?? 0;
  const most = Math.max(2, 1 + attempts);
  let reserves = false;

  const listOf = (isReserve: boolean, room: number): Candidate[] => {
    const list: Candidate[] = [];
    for (const { pool, regions, origins } of arms) {
      const weightOf = (entry: PreparedOrigin): number => {
        const status = originStatus(pool, entry.origin);
        const refusal = refusalOf(entry, client, allowed, status);
        const reserve = refusal === 'ejected' || refusal === 'shed';
        if (reserve) reserves = true;
        if (reserve !== isReserve || (refusal !== null && !reserve)) return 0;
        return entry.origin.weight * (status.ramp ?? 1);
      };
      for (const group of pool.steer === 'nearest' ? nearestFirst(regions, place) : [origins]) {
        if (list.length >= room) return list;
        for (const { entry } of rank(client, group, weightOf, room - list.length)) {
          list.push({ pool, arm: pool.id, origin: entry.origin });
        }
      }
    }
    return list;
  };

  const willing = listOf(false, most);
  const lastResort = reserves && willing.length < most ? listOf(true, most - willing.length) : [];
  return { willing, lastResort };
}

function stayAt(home: Candidate, pin: Pin, because: Because, others: readonly Candidate[]): Placement {
  const { onFailure } = home.pool.affinity;
  const mayLeave = onFailure === 'repin' || onFailure === 'return';
  const failover = mayLeave ? others.filter(({ origin }) => origin !== home.origin) : [];
  return {
    kind: 'placed',
    candidates: [home, ...failover],
    because,
    pinKept: pin,
    next: failover[0]?.origin.id ?? null,
  };
}

function placed(
  candidates: readonly Candidate[],
  because: Because,
  pinKept: Pin | null,
  { route, residency }: AllowedRegions,
): Placement {
  const [first, ...failover] = candidates;
  if (first)
    return { kind: 'placed', candidates: [first, ...failover], because, pinKept, next: failover[0]?.origin.id ?? null };
  const limited = route !== null || residency !== null;
  return { kind: 'none', code: limited ? 'region_unavailable' : 'no_origin_available', because };
}

function firstTime(arms: readonly PreparedPool[], place: Place | null): Because {
  if (arms.length > 1) return 'split';
  return arms[0]?.pool.steer === 'nearest' && place !== null ? 'nearest' : 'weighted';
}
