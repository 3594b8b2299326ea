/**
 * Decides which origin a request goes to. Pure: the same question has the same answer on every isolate and on both
 * platforms.
 *
 * - A valid pin decides while its origin may serve the client.
 * - Otherwise: the client's branch of the split, in it the nearest region with an eligible origin, in it weighted
 *   rendezvous hashing.
 * - Failover goes down the same list. Other branches come after the client's own, ejected origins after all eligible
 *   ones. The limits on regions hold for every candidate.
 * - With `affinity.first: 'random'` the branch and the first origin of an unknown client are drawn at random; what comes
 *   after them is ranked by the hash.
 */

import type { Pin, PinReading } from '../pins/pin.ts';
import { isByKey } from '../pins/transports/kinds.ts';
import { rankBranches } from './branches.ts';
import { candidatesIn } from './candidates.ts';
import { type DrawnOrder, drawFirst } from './draw.ts';
import { type Hash, hash } from './hash.ts';
import { judgePin, type PinVerdict } from './pin-verdict.ts';
import type { PreparedPool } from './prepared-pool.ts';
import type { AllowedRegions, Because, Candidate, OriginStatusOf, Placement, Question } from './types.ts';

export function choose(question: Question): Placement {
  const client = hash(question.clientKey);
  const reading = readingThatCounts(question);
  const pin = reading.kind === 'valid' ? reading.pin : null;
  const { branches, first } = branchesAndFirst(question, client, pin);
  const verdict = verdictOn(reading, branches, question, client);
  const isSplit = question.branches.length > 1;
  const { eligible, lastResort } = candidatesIn(branches, client, question, question.originStatus);
  const ranked = lastResort.length === 0 ? eligible : [...eligible, ...lastResort];
  const all = first ? [first, ...without(ranked, first)].slice(0, ranked.length) : ranked;

  if (verdict.kind === 'place') {
    const because = verdict.because ?? newClientBecause(branches, all[0], question);
    return placed(all, because, verdict.pinKept, question.allowed, false, first !== null);
  }
  const { home, because } = verdict;
  const { onFailure } = home.pool.affinity;
  const isFailure = verdict.kind === 'leave' && because === 'redispatched';
  // Without another eligible origin there is nowhere to go, and `none` asks to see the failure itself.
  if (verdict.kind === 'stay' || eligible.length === 0 || (isFailure && onFailure === 'none')) {
    // A pin from a route without a split names no branch yet: it is written again to remember this one.
    const kept = isSplit && pin?.branch !== home.branch ? null : pin;
    const noFailover = onFailure === 'refuse' || onFailure === 'none';
    const others = noFailover ? [] : without(all, home);
    const why = verdict.kind === 'stay' ? because : pin ? 'pinned' : newClientBecause(branches, home, question);
    return placed([home, ...others], why, kept, question.allowed, noFailover);
  }
  if (isFailure && onFailure === 'refuse') return { kind: 'none', code: 'pin_refused', because };
  return placed(all, because, isFailure && onFailure === 'return' ? pin : null, question.allowed);
}

/** The branches as ranked for the client, and the origin that was drawn for it, if one was. */
export function branchesAndFirst(question: Question, client: Hash, pin: Pin | null): DrawnOrder {
  const branches = rankBranches(client, question.branches, pin?.branch ?? null);
  const { draw } = question;
  return draw === undefined || pin !== null ? { branches, first: null } : drawFirst(branches, client, question, draw);
}

const without = (list: readonly Candidate[], { origin, pool }: Candidate): readonly Candidate[] =>
  list.filter((to) => to.origin !== origin || to.pool !== pool);

/** As if the client were pinned to the origin that it would have if no origin were ejected. */
function judgeKey(branches: readonly PreparedPool[], question: Question, client: Hash): PinVerdict {
  const originStatus: OriginStatusOf = (pool, origin) => ({ ...question.originStatus(pool, origin), ejected: false });
  const [home] = candidatesIn(branches, client, question, originStatus).eligible;
  if (!home) return { kind: 'place', because: null, pinKept: null };
  const status = question.originStatus(home.pool, home.origin);
  if (status.ejected) return { kind: 'leave', because: 'redispatched', home };
  const isBack = status.returned === true && home.pool.affinity.onFailure === 'return';
  return { kind: 'stay', because: isBack ? 'returned' : newClientBecause(branches, home, question), home };
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
  noFailover = false,
  drawn = false,
): Placement {
  const next = candidates[1]?.origin.id ?? null;
  if (isNotEmpty(candidates)) return { kind: 'placed', candidates, because, pinKept, noFailover, next, drawn };
  const isLimited = route !== null || residency !== null;
  return { kind: 'none', code: isLimited ? 'region_unavailable' : 'no_origin_available', because };
}

const isNotEmpty = <T>(list: readonly T[]): list is readonly [T, ...T[]] => list.length > 0;

/** Why a client without a pin got the first of its candidates. */
function newClientBecause(
  branches: readonly PreparedPool[],
  first: Candidate | undefined,
  { place }: Question,
): Because {
  if (first && first.pool !== branches[0]?.pool) return 'redispatched';
  if (branches.length > 1) return 'split';
  return branches[0]?.pool.steer === 'nearest' && place !== null ? 'nearest' : 'weighted';
}
