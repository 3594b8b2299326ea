/**
 * Where a request goes: the one decision of this folder. Pure, so the same question has the same answer on every
 * isolate and on both platforms.
 *
 * In words: the pin decides while its origin may serve the client; otherwise the client's arm of the split, in it the
 * nearest region with a willing origin, in that weighted rendezvous. Failover goes down the same list. Other arms come
 * after the client's own, ejected origins after all willing ones, and the limits on regions hold for every candidate.
 */
import type { Origin, Pool } from '../config/settings.ts';
import type { Place } from '../platform.ts';
import { type Arm, armsFor } from './arms.ts';
import { candidatesIn } from './candidates.ts';
import { type Hash, hash } from './mix.ts';
import type { PreparedPool } from './origins.ts';
import type { Pin, PinReading } from './pin.ts';
import { judgePin, type Verdict } from './verdict.ts';
import type { AllowedRegions, OriginStatusOf } from './willing.ts';

export interface Question {
  /** The route's arms, in its order. The first one's affinity says whether pins count at all. */
  readonly arms: readonly Arm[];
  /** See `client-key.ts`. */
  readonly clientKey: string;
  readonly place: Place | null;
  readonly pin: PinReading;
  readonly allowed: AllowedRegions;
  readonly originStatus: OriginStatusOf;
  readonly now: number;
}

/** One place to try. */
export interface Candidate {
  readonly pool: Pool;
  readonly origin: Origin;
  /** Of a split, the side it is on, by its pool's id; `null` where the route has one pool. */
  readonly arm: string | null;
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
      /**
       * In the order to try them, at most 1 + `retry.attempts` or two, whichever is more, and the pinned one. A pinned
       * client of a pool whose `onFailure` is `refuse` or `none` has its home alone.
       */
      readonly candidates: readonly [Candidate, ...Candidate[]];
      readonly because: Because;
      /** The client's pin, where it shall stay as it is; `null`: pin the client to the origin that serves it. */
      readonly pinKept: Pin | null;
      /** Id of the second candidate: where this client goes should the first one fail. */
      readonly next: string | null;
    }
  | {
      readonly kind: 'none';
      readonly code: 'no_origin_available' | 'region_unavailable' | 'pin_refused';
      readonly because: Because;
    };

export function choose(question: Question): Placement {
  const client = hash(question.clientKey);
  const reading = readingThatCounts(question);
  const pin = reading.kind === 'valid' ? reading.pin : null;
  const arms = armsFor(client, question.arms, pin?.arm ?? null);
  const verdict = verdictOn(reading, arms[0], question, client);
  const isSplit = question.arms.length > 1;
  const { willing, lastResort } = candidatesIn(arms, client, { ...question, isSplit });
  const all = [...willing, ...lastResort];

  if (verdict.kind === 'place') {
    const spilled = all[0] !== undefined && all[0].pool !== arms[0]?.pool;
    const because = verdict.because ?? (spilled ? 'redispatched' : firstTime(arms, question.place));
    return placed(all, because, verdict.pinKept, question.allowed);
  }
  const { home, because } = verdict;
  const { onFailure } = home.pool.affinity;
  const isFailure = verdict.kind === 'leave' && because === 'redispatched';
  // Where nobody else is willing leaving would help nobody, and `none` asks to see the failure itself.
  if (verdict.kind === 'stay' || willing.length === 0 || (isFailure && onFailure === 'none')) {
    // A pin from a route without a split does not know its side yet: it is written anew to remember it.
    const kept = isSplit && pin?.arm !== home.arm ? null : pin;
    const failover =
      onFailure === 'repin' || onFailure === 'return'
        ? all.filter((to) => to.origin !== home.origin || to.pool !== home.pool)
        : [];
    return placed([home, ...failover], verdict.kind === 'stay' ? because : 'pinned', kept, question.allowed);
  }
  if (isFailure && onFailure === 'refuse') return { kind: 'none', code: 'pin_refused', because };
  return placed(all, because, isFailure && onFailure === 'return' ? pin : null, question.allowed);
}

type CountingReading = PinReading | { readonly kind: 'off' };

const readingThatCounts = ({ arms, pin }: Question): CountingReading =>
  arms[0]?.pool.affinity.by.kind === 'off' ? { kind: 'off' } : pin;

function verdictOn(reading: CountingReading, own: PreparedPool | undefined, question: Question, client: Hash): Verdict {
  if (reading.kind === 'valid' && own) return judgePin(reading.pin, own, question, client);
  const because = reading.kind === 'none' || reading.kind === 'valid' ? null : reading.kind;
  return { kind: 'place', because, pinKept: null };
}

function placed(
  candidates: readonly Candidate[],
  because: Because,
  pinKept: Pin | null,
  { route, residency }: AllowedRegions,
): Placement {
  const [first, ...failover] = candidates;
  const next = failover[0]?.origin.id ?? null;
  if (first) return { kind: 'placed', candidates: [first, ...failover], because, pinKept, next };
  const isLimited = route !== null || residency !== null;
  return { kind: 'none', code: isLimited ? 'region_unavailable' : 'no_origin_available', because };
}

function firstTime(arms: readonly PreparedPool[], place: Place | null): Because {
  if (arms.length > 1) return 'split';
  return arms[0]?.pool.steer === 'nearest' && place !== null ? 'nearest' : 'weighted';
}
