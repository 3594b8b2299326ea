/**
 * Counts what happens in this process, and hands it on now and then to where the counts of all of them become one: an
 * isolate's own numbers mean nothing to whoever asks another one.
 */
import type { Trail } from '../context.ts';
import { rewriteText, type SharedDocument } from '../document.ts';
import type { Arrival, Platform } from '../platform.ts';
import type { Assignment } from '../routing/assignment.ts';
import { within } from '../within.ts';
import { nobodySeen, see } from './clients.ts';
import { createCounter } from './counter.ts';
import { durationBoundsMs } from './series.ts';
import { emptyTally, readTally, type Tally, withBrought, writeTally } from './tally.ts';

export interface Counting {
  /** One answered request. */
  note(trail: Trail, status: number, ms: number): void;
  /** In the background, when it is time to. */
  handOnWhenDue(now: number, arrival: Pick<Arrival, 'defer'>): void;
  /** What all have counted, this process's latest included. An outage of the authority throws. */
  total(now: number): Promise<Total>;
}
export interface Total {
  readonly tally: Tally;
  /** `process`: there is no authority to share counts by. */
  readonly of: 'deployment' | 'process';
}

export interface CountingFacts {
  /** `null`: this process counts for itself. */
  readonly document: SharedDocument | null;
  readonly platform: Platform;
  /** Of the configuration. */
  readonly revision: string;
}

/** Counts are this late at the most while an isolate is busy. On Lambda the reply waits for it, so there it is rarer. */
const handOnAfterMs = { worker: 15_000, lambda: 60_000 } as const;
/** On Lambda, of a reply's time. What takes longer goes on when the process is thawed. */
const patienceMs = { worker: 3_000, lambda: 100 } as const;

const statusClass = ['', '1xx', '2xx', '3xx', '4xx', '5xx'];
const bucketNames = [...durationBoundsMs.map((ms) => String(ms / 1_000)), '+Inf'];

export function createCounting({ document, platform, revision }: CountingFacts): Counting {
  const counter = createCounter();
  const clients = nobodySeen();
  let own = emptyTally;
  /** From the first request on, so that no cold start pays for it. */
  let handedOnAt: number | null = null;
  let inTrouble = false;

  function note(trail: Trail, status: number, ms: number): void {
    const { route, session, failure, pool, origin, because, attempts, assignment, client } = trail;
    counter.add(
      1,
      'requests',
      route === null ? 'none' : String(route),
      statusClass[(status / 100) | 0] ?? '',
      session ?? '',
    );
    const bucket = durationBoundsMs.findIndex((bound) => ms <= bound);
    counter.add(1, 'durations', bucketNames.at(bucket) as string);
    if (ms > 0) counter.add(ms, 'durationSum');
    if (failure !== null) counter.add(1, 'failures', failure.code);
    if (pool === null || origin === null) return;
    if (because !== null) counter.add(1, 'placements', pool, origin, because);
    if (attempts > 1) counter.add(attempts - 1, 'retries', pool);
    if (assignment !== null) noteAssignment(assignment);
    if (client !== null) see(clients, client);
  }

  function noteAssignment(assignment: Assignment): void {
    counter.add(1, 'assignments', revision, assignment.pool, assignment.origin, assignment.kind);
    if (assignment.kind !== 'moved') return;
    const { from, because, isInvoluntary } = assignment;
    counter.add(1, 'moves', revision, from.pool, from.origin, because, isInvoluntary ? 'involuntary' : 'natural');
  }

  async function handOn(to: SharedDocument, now: number): Promise<void> {
    handedOnAt = now;
    const counts = counter.take();
    if (counts.size === 0) return;
    const brought = { counts, revision, seen: { at: now, clients } };
    try {
      await rewriteText(to, ({ text }) => writeTally(withBrought(readTally(text), brought)));
      inTrouble = false;
    } catch (error) {
      // Should only the answer have been lost, these are counted twice: better than not at all.
      counter.giveBack(counts);
      throw error;
    }
  }

  async function handOnQuietly(to: SharedDocument, now: number): Promise<void> {
    try {
      await handOn(to, now);
    } catch (error) {
      const reason = error instanceof Error ? error.message : 'unknown';
      if (!inTrouble) platform.log({ event: 'counts-kept-back', at: new Date(now).toISOString(), reason });
      inTrouble = true;
    }
  }

  return {
    note,

    handOnWhenDue(now, arrival) {
      if (document === null) return;
      handedOnAt ??= now;
      if (Math.abs(now - handedOnAt) < handOnAfterMs[platform.door]) return;
      arrival.defer(within(handOnQuietly(document, now), patienceMs[platform.door]));
    },

    async total(now) {
      if (document === null) {
        own = withBrought(own, { counts: counter.take(), revision, seen: { at: now, clients } });
        return { tally: own, of: 'process' };
      }
      await handOn(document, now);
      return { tally: readTally((await document.read()).text), of: 'deployment' };
    },
  };
}
