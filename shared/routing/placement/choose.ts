/**
 * Where a request goes: the one decision of this folder. Pure, so the same question has the same answer on every
 * isolate and on both platforms.
 *
 * In words: the pin decides while its origin may serve the client; otherwise the client's branch of the split, in it the
 * nearest region with a willing origin, in that weighted rendezvous. Failover goes down the same list. Other branches come
 * after the client's own, ejected origins after all willing ones, and the limits on regions hold for every candidate.
 * Where the pool says so, the branch and the first origin of a client of which nothing is known are drawn, and only what
 * comes after them goes by the hash.
 */
import type { AffinityBy, Origin, Pool } from '../../config/settings.ts';
import type { GeoPoint } from '../../platform.ts';
import type { Pin, PinReading } from '../pins/pin.ts';
import { type Branch, rankBranches } from './branches.ts';
import { candidatesIn } from './candidates.ts';
import { type DrawnOrder, drawFirst } from './draw.ts';
import type { AllowedRegions, OriginStatusOf } from './eligibility.ts';
import { type Hash, hash } from './hash.ts';
import { judgePin, type PinVerdict } from './pin-verdict.ts';
import type { PreparedPool } from './prepared-pool.ts';

export interface Question {
  /** The route's branches, in its order. The first one's affinity says whether pins count at all. */
  readonly branches: readonly Branch[];
  /** See `client-key.ts`. */
  readonly clientKey: string;
  readonly place: GeoPoint | null;
  readonly pin: PinReading;
  readonly allowed: AllowedRegions;
  readonly originStatus: OriginStatusOf;
  readonly now: number;
  /** From 0 up to 1 without it: draws the first origin, unless a pin names one. `undefined`: the hash decides. */
  readonly draw?: number | undefined;
}

/** One place to try. */
export interface Candidate {
  readonly pool: Pool;
  readonly origin: Origin;
  /** Of a split, the side it is on, by its pool's id; `null` where the route has one pool. */
  readonly branch: string | null;
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
      /** The pool's `onFailure` gives this client its home alone: when that fails, nobody else is to be asked. */
      readonly homeAlone: boolean;
      /** Id of the second candidate: where this client goes should the first one fail. */
      readonly next: string | null;
      /** The first candidate was drawn. */
      readonly drawn: boolean;
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
  const { branches, first } = branchesAndFirst(question, client, pin);
  const verdict = verdictOn(reading, branches, question, client);
  const isSplit = question.branches.length > 1;
  const { eligible: willing, lastResort } = candidatesIn(branches, client, question, question.originStatus);
  const ranked = lastResort.length === 0 ? willing : [...willing, ...lastResort];
  const all = first ? [first, ...without(ranked, first)].slice(0, ranked.length) : ranked;

  if (verdict.kind === 'place') {
    const because = verdict.because ?? firstTime(branches, all[0], question.place);
    return placed(all, because, verdict.pinKept, question.allowed, false, first !== null);
  }
  const { home, because } = verdict;
  const { onFailure } = home.pool.affinity;
  const isFailure = verdict.kind === 'leave' && because === 'redispatched';
  // Where nobody else is willing leaving would help nobody, and `none` asks to see the failure itself.
  if (verdict.kind === 'stay' || willing.length === 0 || (isFailure && onFailure === 'none')) {
    // A pin from a route without a split does not know its side yet: it is written anew to remember it.
    const kept = isSplit && pin?.branch !== home.branch ? null : pin;
    const homeAlone = onFailure === 'refuse' || onFailure === 'none';
    const failover = homeAlone ? [] : without(all, home);
    const why = verdict.kind === 'stay' ? because : pin ? 'pinned' : firstTime(branches, home, question.place);
    return placed([home, ...failover], why, kept, question.allowed, homeAlone);
  }
  if (isFailure && onFailure === 'refuse') return { kind: 'none', code: 'pin_refused', because };
  return placed(all, because, isFailure && onFailure === 'return' ? pin : null, question.allowed);
}

/** The branches in the order in which the client is given them, and the origin that was drawn for it, if one was. */
export function branchesAndFirst(question: Question, client: Hash, pin: Pin | null): DrawnOrder {
  const branches = rankBranches(client, question.branches, pin?.branch ?? null);
  const { draw } = question;
  return draw === undefined || pin !== null
    ? { branches: branches, first: null }
    : drawFirst(branches, client, question, draw);
}

const without = (list: readonly Candidate[], { origin, pool }: Candidate): readonly Candidate[] =>
  list.filter((to) => to.origin !== origin || to.pool !== pool);

/** Ways of affinity in which nothing is carried: the client's key leads it to the same origin again. */
const isByKey = (by: AffinityBy): boolean =>
  by.kind === 'ip' || by.kind === 'session' || (by.kind === 'header' && by.value === 'hash');

/** As if the client were pinned to the origin that it would have if none were ejected. */
function judgeKey(branches: readonly PreparedPool[], question: Question, client: Hash): PinVerdict {
  const originStatus: OriginStatusOf = (pool, origin) => ({ ...question.originStatus(pool, origin), ejected: false });
  const [home] = candidatesIn(branches, client, question, originStatus).eligible;
  if (!home) return { kind: 'place', because: null, pinKept: null };
  const status = question.originStatus(home.pool, home.origin);
  if (status.ejected) return { kind: 'leave', because: 'redispatched', home };
  const cameHome = status.returned === true && home.pool.affinity.onFailure === 'return';
  return { kind: 'stay', because: cameHome ? 'returned' : firstTime(branches, home, question.place), home };
}

type CountingReading = PinReading | { readonly kind: 'off' };

const readingThatCounts = ({ branches, pin }: Question): CountingReading =>
  branches[0]?.pool.affinity.by.kind === 'off' ? { kind: 'off' } : pin;

function verdictOn(
  reading: CountingReading,
  branches: readonly PreparedPool[],
  question: Question,
  client: Hash,
): PinVerdict {
  const [own] = branches;
  if (reading.kind === 'valid' && own) return judgePin(reading.pin, own, question, client);
  if (reading.kind === 'none' && own && isByKey(own.pool.affinity.by)) return judgeKey(branches, question, client);
  const because = reading.kind === 'none' || reading.kind === 'valid' ? null : reading.kind;
  return { kind: 'place', because, pinKept: null };
}

function placed(
  candidates: readonly Candidate[],
  because: Because,
  pinKept: Pin | null,
  { route, residency }: AllowedRegions,
  homeAlone = false,
  drawn = false,
): Placement {
  const next = candidates[1]?.origin.id ?? null;
  if (isNotEmpty(candidates)) return { kind: 'placed', candidates, because, pinKept, homeAlone, next, drawn };
  const isLimited = route !== null || residency !== null;
  return { kind: 'none', code: isLimited ? 'region_unavailable' : 'no_origin_available', because };
}

const isNotEmpty = <T>(list: readonly T[]): list is readonly [T, ...T[]] => list.length > 0;

/** Why somebody without a pin was given the first of its candidates. */
function firstTime(branches: readonly PreparedPool[], first: Candidate | undefined, place: GeoPoint | null): Because {
  if (first && first.pool !== branches[0]?.pool) return 'redispatched';
  if (branches.length > 1) return 'split';
  return branches[0]?.pool.steer === 'nearest' && place !== null ? 'nearest' : 'weighted';
}
