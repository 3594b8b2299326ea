/**
 * Counts what happens in this process, and flushes the counts to the document that all isolates share. A scrape reaches one
 * isolate only, so the numbers of one isolate mean little.
 */

import type { Trail } from '../context.ts';
import { base64url, randomBytes } from '../crypto/bytes.ts';
import type { SharedDocument } from '../document/document.ts';
import { logEvent } from '../log/events.ts';
import type { Arrival, Platform } from '../platform.ts';
import type { Assignment } from '../routing/placement/assignment.ts';
import { waitAtMost } from '../time/timeout.ts';
import { addClient, emptySketch } from './clients.ts';
import { createCounter } from './counter.ts';
import { bucketOf } from './series.ts';
import { createCountsInDocument, type SharedCounts } from './shared-counts.ts';
import { type Batch, emptyTally, merge, type Tally } from './tally.ts';

export interface Counting {
  /** One answered request. */
  note(trail: Trail, status: number, ms: number): void;
  /** One call of the session store. */
  noteStoreCall(store: string, operation: string, outcome: string, ms: number): void;
  /** Flushes in the background, if the last flush is long enough ago. */
  flushWhenDue(now: number, arrival: Pick<Arrival, 'defer'>): void;
  /** Flushes at once, for the run of every minute. An outage is logged, not thrown. */
  flushNow(now: number): Promise<void>;
  /** The counts of all isolates, the latest of this one included. An outage of the authority throws. */
  total(now: number): Promise<Total>;
}
export interface Total {
  readonly tally: Tally;
  /** `process`: no authority is bound, so these are the counts of this process. */
  readonly of: 'deployment' | 'process';
}

export interface CountingFacts {
  /** `null`: this process counts for itself. */
  readonly document: SharedDocument | null;
  /** In place of the document, where its writes would cost too much. */
  readonly counts?: SharedCounts | null;
  readonly platform: Platform;
  /** Of the configuration. */
  readonly revision: string;
}

/**
 * How often a busy isolate flushes, and how.
 * - Workers allow work for 30 s after a reply. The flush waits for half of that, so it takes along the requests that follow,
 *   and an isolate that gets no more requests has flushed everything.
 * - On Lambda a reply waits for the flush, so it is rarer and has little time. What exceeds `maxWaitMs` goes on when the
 *   process is thawed. The last counts go with the next request, or are lost with the process.
 */
const flushing = {
  worker: { everyMs: 15_000, delayMs: 15_000, maxWaitMs: 3_000 },
  lambda: { everyMs: 60_000, delayMs: 0, maxWaitMs: 100 },
} as const;
const idBytes = 9;

const statusClass = ['', '1xx', '2xx', '3xx', '4xx', '5xx'];

export function createCounting({ document, counts, platform, revision }: CountingFacts): Counting {
  const shared = counts ?? (document && createCountsInDocument(document));
  const counter = createCounter();
  const clients = emptySketch();
  let ofProcess = emptyTally;
  /** Batches whose arrival is not confirmed. They are sent again under the same id, and count once. */
  const unconfirmed = new Set<Batch>();
  /** Set by the first request, so that a cold start never flushes. */
  let lastFlushAt: number | null = null;
  let isFailing = false;
  /** The least time between two flushes, by what the last one cost. */
  let pauseMs = 0;

  function note(
    { route, session, stale, failure, pool, origin, because, attempts, assignment, client }: Trail,
    status: number,
    ms: number,
  ): void {
    const routeLabel = route === null ? 'none' : String(route);
    counter.add(1, 'requests', routeLabel, statusClass[(status / 100) | 0] ?? '', session ?? '');
    counter.add(1, 'durations', bucketOf(ms));
    if (ms > 0) counter.add(ms, 'durationSum');
    if (failure !== null) counter.add(1, 'failures', failure.code);
    if (stale) counter.add(1, 'staleServed');
    if (pool === null || origin === null) return;
    if (because !== null) counter.add(1, 'placements', pool, origin, because);
    if (attempts > 1) counter.add(attempts - 1, 'retries', pool);
    if (assignment !== null) noteAssignment(assignment);
    if (client !== null) addClient(clients, client);
  }

  function noteAssignment(assignment: Assignment): void {
    counter.add(1, 'assignments', revision, assignment.pool, assignment.origin, assignment.kind);
    if (assignment.kind !== 'moved') return;
    const { from, because, isInvoluntary } = assignment;
    counter.add(1, 'moves', revision, from.pool, from.origin, because, isInvoluntary ? 'involuntary' : 'natural');
  }

  function noteStoreCall(store: string, operation: string, outcome: string, ms: number): void {
    counter.add(1, 'storeRequests', store, operation, outcome);
    if (outcome === 'skipped') return;
    counter.add(1, 'storeDurations', store, operation, bucketOf(ms));
    if (ms > 0) counter.add(ms, 'storeDurationSum', store, operation);
  }

  const takeBatch = (): Batch => ({ id: base64url(randomBytes(idBytes)), counts: counter.take() });

  /**
   * The runtime may end a flush at any moment, also after the document was written and before the answer came. So the
   * batches of an earlier flush go first; while they fail, no new batch is taken.
   */
  async function flush(to: SharedCounts, now: number): Promise<void> {
    if (unconfirmed.size > 0) await push(to, now);
    const batch = takeBatch();
    if (batch.counts.size === 0) return;
    unconfirmed.add(batch);
    await push(to, now);
  }

  async function push(to: SharedCounts, now: number): Promise<void> {
    const batches = [...unconfirmed];
    pauseMs = await to.add({ batches, revision, seen: { at: now, clients } });
    for (const batch of batches) unconfirmed.delete(batch);
  }

  async function flushOrLog(to: SharedCounts, now: number, fold = false): Promise<void> {
    try {
      await flush(to, now);
      if (fold) await to.fold(now);
      isFailing = false;
    } catch (error) {
      const reason = error instanceof Error ? error.message : 'unknown';
      if (!isFailing) logEvent(platform, 'counts-kept-back', { reason }, now);
      isFailing = true;
    }
  }

  async function flushLater(to: SharedCounts, now: number): Promise<void> {
    const { delayMs, maxWaitMs } = flushing[platform.door];
    if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs));
    await waitAtMost(flushOrLog(to, now + delayMs), maxWaitMs);
  }

  return {
    note,
    noteStoreCall,

    flushWhenDue(now, arrival) {
      if (shared === null) return;
      const { everyMs, delayMs } = flushing[platform.door];
      // A flush with a delay may start with the first request. Without one it waits until there is something to flush.
      lastFlushAt ??= delayMs > 0 ? now - everyMs : now;
      if (Math.abs(now - lastFlushAt) < Math.max(everyMs, pauseMs)) return;
      lastFlushAt = now;
      arrival.defer(flushLater(shared, now));
    },

    flushNow: async (now) => (shared === null ? undefined : flushOrLog(shared, now, true)),

    async total(now) {
      if (shared === null) {
        ofProcess = merge(ofProcess, { batches: [takeBatch()], revision, seen: { at: now, clients } });
        return { tally: ofProcess, of: 'process' };
      }
      await flush(shared, now);
      return { tally: await shared.total(now), of: 'deployment' };
    },
  };
}
