/**
 * Counts what happens in this process, and hands it on now and then to where the counts of all of them become one: an
 * isolate's own numbers mean nothing to whoever asks another one.
 */
import type { Trail } from '../context.ts';
import { base64url, randomBytes } from '../crypto/bytes.ts';
import { rewriteText, type SharedDocument } from '../document/document.ts';
import type { Arrival, Platform } from '../platform.ts';
import type { Assignment } from '../routing/placement/assignment.ts';
import { waitAtMost } from '../time/timeout.ts';
import { nobodySeen, see } from './clients.ts';
import { createCounter } from './counter.ts';
import { durationBoundsMs } from './series.ts';
import { type Batch, emptyTally, readTally, type Tally, withBrought, writeTally } from './tally.ts';

export interface Counting {
  /** One answered request. */
  note(trail: Trail, status: number, ms: number): void;
  /** In the background, when it is time to. */
  handOnWhenDue(now: number, arrival: Pick<Arrival, 'defer'>): void;
  /** At once, for whoever has nobody waiting. An outage is told to the log. */
  handOnNow(now: number): Promise<void>;
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

/**
 * How often a busy isolate hands on, and how. On Workers work may go on for half a minute after a reply, so it waits for
 * what comes after that request too: nothing is left behind by an isolate that nobody asks again. On Lambda a reply waits
 * for it, so there it is rarer, and what was counted last goes with the next request or with the process.
 */
const handingOn = {
  worker: { everyMs: 15_000, waitsMs: 15_000, patienceMs: 3_000 },
  // What takes longer goes on when the process is thawed.
  lambda: { everyMs: 60_000, waitsMs: 0, patienceMs: 100 },
} as const;
const idBytes = 9;
const mostWaiting = 32;

interface Answered {
  readonly trail: Trail;
  readonly status: number;
  readonly ms: number;
}

const statusClass = ['', '1xx', '2xx', '3xx', '4xx', '5xx'];
const bucketNames = [...durationBoundsMs.map((ms) => String(ms / 1_000)), '+Inf'];

export function createCounting({ document, platform, revision }: CountingFacts): Counting {
  const counter = createCounter();
  const clients = nobodySeen();
  let own = emptyTally;
  /** Taken, and not known to have arrived. Handed on again under the same name, they count once. */
  const unsettled = new Set<Batch>();
  /** From the first request on, so that no cold start pays for it. */
  let beganAt: number | null = null;
  let inTrouble = false;

  /** Counted many at a time: one by one, each request would have to bring the code for it into the processor's cache. */
  const waiting: Answered[] = [];

  function note(answered: Answered): void {
    waiting.push(answered);
    if (waiting.length >= mostWaiting) countWaiting();
  }
  function countWaiting(): void {
    for (const answered of waiting) count(answered);
    waiting.length = 0;
  }

  function count({ trail, status, ms }: Answered): void {
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

  function takeBatch(): Batch {
    countWaiting();
    return { id: base64url(randomBytes(idBytes)), counts: counter.take() };
  }

  /**
   * A request that hands on may be ended at any moment, also between the authority's doing and its answer. What it had
   * taken is brought by the next one, and goes first: in an outage nothing more is taken.
   */
  async function handOn(to: SharedDocument, now: number): Promise<void> {
    if (unsettled.size > 0) await bring(to, now);
    const batch = takeBatch();
    if (batch.counts.size === 0) return;
    unsettled.add(batch);
    await bring(to, now);
  }

  async function bring(to: SharedDocument, now: number): Promise<void> {
    const batches = [...unsettled];
    await rewriteText(to, ({ text }) => {
      const before = readTally(text);
      const after = withBrought(before, { batches, revision, seen: { at: now, clients } });
      return after === before ? null : writeTally(after);
    });
    for (const batch of batches) unsettled.delete(batch);
  }

  async function handOnQuietly(to: SharedDocument, now: number): Promise<void> {
    try {
      await handOn(to, now);
      inTrouble = false;
    } catch (error) {
      const reason = error instanceof Error ? error.message : 'unknown';
      if (!inTrouble) platform.log({ event: 'counts-kept-back', at: new Date(now).toISOString(), reason });
      inTrouble = true;
    }
  }

  async function handOnLater(to: SharedDocument, now: number): Promise<void> {
    const { waitsMs, patienceMs } = handingOn[platform.door];
    if (waitsMs > 0) await new Promise((resolve) => setTimeout(resolve, waitsMs));
    await waitAtMost(handOnQuietly(to, now + waitsMs), patienceMs);
  }

  return {
    note: (trail, status, ms) => note({ trail, status, ms }),

    handOnWhenDue(now, arrival) {
      if (document === null) return;
      const { everyMs, waitsMs } = handingOn[platform.door];
      // Who waits anyway begins with the first request, the others when something has come together.
      beganAt ??= waitsMs > 0 ? now - everyMs : now;
      if (Math.abs(now - beganAt) < everyMs) return;
      beganAt = now;
      arrival.defer(handOnLater(document, now));
    },

    handOnNow: async (now) => (document === null ? undefined : handOnQuietly(document, now)),

    async total(now) {
      if (document === null) {
        own = withBrought(own, { batches: [takeBatch()], revision, seen: { at: now, clients } });
        return { tally: own, of: 'process' };
      }
      await handOn(document, now);
      return { tally: readTally((await document.read()).text), of: 'deployment' };
    },
  };
}
