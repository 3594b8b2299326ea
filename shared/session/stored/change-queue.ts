/**
 * Changes of one session that come at once are saved together: the request whose turn it is saves its own change and all
 * that wait. So fifty parallel updates are two or three writes and no race, and on KV, which accepts one write per second
 * and key, none is refused.
 *
 * Changes and outcomes are values that requests leave for each other. No request awaits what another one has begun, which
 * Workers forbid: the others look again by timers of their own.
 */
import { reasonOf, StoreUnavailable } from '../store/unavailable.ts';
import type { Change, ChangeOutcome, SaveChanges } from './change.ts';

interface Waiting {
  readonly change: Change;
  outcome: ChangeOutcome | { readonly because: string } | null;
}

interface Queue {
  readonly waiting: Set<Waiting>;
  /** Names the turn that is taken; `null`: none is. */
  turn: symbol | null;
}

const pollMs = 15;
/** As long as a store may take for one call. */
const maxWaitMs = 3_000;
/** The request that had the turn has ended early, for instance because its client went away. */
const abandonedMs = 2_500;

/** At the limit the oldest is forgotten: its requests go on, and later ones save beside them. */
const maxQueues = 1_000;

/** Throws in an outage, and when the turn does not come in time: then the change is taken back. */
export function createChangeQueue(save: SaveChanges) {
  const queues = new Map<string, Queue>();

  function begin(sessionId: string): Queue {
    const [oldest] = queues.keys();
    if (oldest !== undefined && queues.size >= maxQueues) queues.delete(oldest);
    const queue: Queue = { waiting: new Set(), turn: null };
    queues.set(sessionId, queue);
    return queue;
  }

  async function takeTurn(sessionId: string, queue: Queue, now: number): Promise<void> {
    const turn = Symbol();
    queue.turn = turn;
    const batch = [...queue.waiting];
    try {
      const outcomes = await save(
        batch.map(({ change }) => change),
        now,
      );
      for (const [i, one] of batch.entries()) one.outcome = outcomes[i] ?? 'ended';
    } catch (error) {
      for (const one of batch) one.outcome = { because: reasonOf(error) };
    }
    for (const one of batch) queue.waiting.delete(one);
    if (queue.turn === turn) queue.turn = null;
    if (queue.waiting.size === 0 && queues.get(sessionId) === queue) queues.delete(sessionId);
  }

  return async (change: Change, now: number): Promise<ChangeOutcome> => {
    const { sessionId } = change.locator;
    const queue = queues.get(sessionId) ?? begin(sessionId);
    const own: Waiting = { change, outcome: null };
    queue.waiting.add(own);
    let seen: symbol | null = null;
    let seenForMs = 0;
    for (let waitedMs = 0; own.outcome === null; waitedMs += pollMs) {
      if (queue.turn === null || seenForMs >= abandonedMs) {
        await takeTurn(sessionId, queue, now);
        break;
      }
      if (waitedMs >= maxWaitMs) {
        queue.waiting.delete(own);
        throw new StoreUnavailable('the change waited too long for its turn');
      }
      seenForMs = queue.turn === seen ? seenForMs + pollMs : 0;
      seen = queue.turn;
      await new Promise((resolve) => setTimeout(resolve, pollMs));
    }
    const outcome = own.outcome ?? 'ended';
    if (typeof outcome === 'object' && 'because' in outcome) throw new StoreUnavailable(outcome.because);
    return outcome;
  };
}
