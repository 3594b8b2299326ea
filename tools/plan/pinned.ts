/**
 * Clients with a pin. They are assumed to have been placed by the state before, and to come back from the same place with
 * the same key.
 *
 * `judgePin` itself judges the pin: in one slice its answer is the same for every key.
 */

import type { Pin } from '../../shared/routing/pins/pin.ts';
import { hash } from '../../shared/routing/placement/hash.ts';
import { judgePin, type PinVerdict } from '../../shared/routing/placement/pin-verdict.ts';
import { preparePool } from '../../shared/routing/placement/prepared-pool.ts';
import type { Because, OriginStatusOf } from '../../shared/routing/placement/types.ts';
import type { Field } from './field.ts';
import { originsOf } from './keyed.ts';
import { raceTwice, type Weights } from './race.ts';
import type { Side } from './side.ts';
import { atOf, type Tally } from './tally.ts';

export interface PinnedFacts {
  /** Whether the pins name a branch: before the change the route was a split. */
  readonly rememberBranch: boolean;
  /** Which origins competed when they were placed. */
  readonly before: Field;
  readonly after: Field;
  readonly side: Side;
  readonly statusOf: OriginStatusOf;
  readonly now: number;
}

export function addPinned(tally: Tally, facts: PinnedFacts, share: number): void {
  const { before } = facts;
  const total = sumOf(before.branches);
  for (const [pool, branchShare] of before.branches) {
    const weights = originsOf(before, pool);
    const all = sumOf(weights);
    for (const [origin, weight] of weights) {
      addOrigin(tally, facts, pool, origin, (share * branchShare * weight) / (total * all));
    }
  }
}

function addOrigin(tally: Tally, facts: PinnedFacts, pool: string, origin: string, share: number): void {
  const { before, after, side } = facts;
  const from = atOf(pool, origin);
  const placed = (branch: string, part: number, because: Because | null): void => {
    const races = raceTwice(originsOf(before, pool), originsOf(after, branch)).filter((race) => race.before === origin);
    const sum = races.reduce((all, race) => all + race.share, 0);
    for (const race of races) tally.add(from, atOf(branch, race.after), (share * part * race.share) / sum, because);
  };
  const branches = branchesAfter(before.branches, after.branches, pool);

  // A client that got an error has no pin.
  if (from === null) {
    for (const [branch, part] of branches) placed(branch, part, null);
    return;
  }
  const home = side.branches.find((branch) => branch.pool.id === pool && branch.share > 0);
  const own = home ? ownShare(facts, home.share) : 0;
  if (home && own > 0) {
    const verdict = judged(facts, pool, origin, home.pool.id);
    if (verdict.kind === 'stay' || (verdict.kind === 'leave' && after.kind !== 'eligible')) {
      tally.add(from, from, share * own, null);
    } else if (after.branches.has(pool)) placed(pool, own, verdict.because);
    else for (const [branch, part] of branches) placed(branch, own * part, verdict.because);
  }
  if (own === 1) return;
  // The others get their branch by the hash, and there their pin names another pool.
  const because = home ? 'split' : judged(facts, pool, origin, null).because;
  for (const [branch, part] of branches)
    placed(branch, branch === pool ? part - own : after.branches.has(pool) ? part : part * (1 - own), because);
}

/** The part of the clients pinned to this pool that it still serves; the pool is one of the branches. */
function ownShare({ rememberBranch, side }: PinnedFacts, share: number): number {
  const open = side.branches.reduce((sum, branch) => sum + branch.share, 0);
  return rememberBranch ? 1 : share / open;
}

/** To which branches the hash sends the clients of this branch. */
function branchesAfter(before: Weights, after: Weights, pool: string): Weights {
  const races = raceTwice(before, after).filter((race) => race.before === pool);
  const sum = races.reduce((all, { share }) => all + share, 0);
  return new Map(races.map((race) => [race.after, race.share / sum]));
}

const anyClient = hash('');

/** `own`: the branch that serves the client; `null`: another one than the pin's. */
function judged({ side, statusOf, now }: PinnedFacts, pool: string, origin: string, own: string | null): PinVerdict {
  const branch =
    side.branches.find((each) => (own === null ? each.pool.id !== pool : each.pool.id === own)) ?? side.branches[0];
  const question = { ...side, clientKey: '', place: null, pin: { kind: 'none' }, originStatus: statusOf, now } as const;
  return judgePin(pinTo(pool, origin), preparePool(branch.pool), question, anyClient);
}

const pinTo = (pool: string, origin: string): Pin => ({
  pool,
  branch: null,
  origin,
  epoch: 1,
  issuedAt: 0,
  idleEndsAt: null,
  absoluteEndsAt: 0,
  revision: '',
  controlRevision: 0,
});

const sumOf = (weights: Weights): number => [...weights.values()].reduce((sum, weight) => sum + weight, 0);
