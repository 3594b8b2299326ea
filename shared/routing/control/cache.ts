/**
 * What this isolate knows of the control document. A request that finds it too old reads it again and waits for it, at most
 * `maxWaitMs`; other requests go on meanwhile. While it cannot be read, the last known document stays in force.
 */

import type { Pool } from '../../config/settings.ts';
import { logEvent } from '../../log/events.ts';
import type { Arrival, Platform } from '../../platform.ts';
import { waitAtMost } from '../../time/timeout.ts';
import { applyControl, type Control, type ControlDocument, emptyDocument, readDocument } from './control.ts';

/** Replaced as a whole, so that one request sees one state. */
export interface ControlSnapshot {
  readonly document: ControlDocument;
  /** As they are used now. */
  readonly pools: ReadonlyMap<string, Pool>;
}

export interface ControlCache {
  /** Reads again if what is known is too old. */
  current(now: number, arrival: Pick<Arrival, 'defer'>): ControlSnapshot | Promise<ControlSnapshot>;
  /**
   * At least this revision, which a pin names: reads again if this isolate knows only an older one. One revision causes
   * one read in `sameRevisionMs`, however many requests ask for it, and none shortly after a read that timed out. The
   * answer may still be older: the document cannot be read, was created again, or the pin is from another deployment that
   * has the same keys and its own document.
   */
  atLeast(revision: number, now: number, arrival: Pick<Arrival, 'defer'>): ControlSnapshot | Promise<ControlSnapshot>;
  /** For a document that this isolate has read or written in another way. */
  adopt(document: ControlDocument, now: number): void;
}

export interface ControlCacheFacts {
  readonly pools: ReadonlyMap<string, Pool>;
  /** `null`: there is no control document, and the configuration file holds. */
  readonly control: Control | null;
  readonly platform: Platform;
  /** Whether the first request of an isolate may wait. Not where only this would load a database client. */
  readonly readsAtOnce: boolean;
}

/**
 * A busy isolate knows a change after this time. The one request that reads waits, because a read in the background would
 * have to come earlier, and so more often.
 */
const refreshAfterMs = 10_000;
const maxWaitMs = 100;
const sameRevisionMs = 5_000;
/** How often a request looks whether the read of another request has ended. */
const pollMs = 5;
/** On Workers a read may go on after the reply; on Lambda the reply waits for it. */
const backgroundMs = { worker: 3_000, lambda: maxWaitMs } as const;

export function createControlCache({ pools, control, platform, readsAtOnce }: ControlCacheFacts): ControlCache {
  let snapshot: ControlSnapshot = { document: emptyDocument, pools };
  /** When the document was last read, and when a read was last begun, by the clocks of the requests that did. */
  let readAt: number | null = null;
  let triedAt: number | null = null;
  let mayWait = readsAtOnce;
  let isUnreadable = false;
  /** The latest read for a pin: which revision was wanted, when, and whether that read is still under way. */
  let requestedRevision = 0;
  let requestedAt: number | null = null;
  let pendingRevision: number | null = null;
  let lastTimeoutAt: number | null = null;

  function adopt(document: ControlDocument, now: number): void {
    readAt = now;
    triedAt = now;
    isUnreadable = false;
    // Answers may arrive out of order.
    if (document.revision <= snapshot.document.revision) return;
    snapshot = { document, pools: applyControl(pools, document) };
  }

  async function read(from: Control, now: number): Promise<void> {
    try {
      adopt(readDocument(await from.read()), now);
    } catch (error) {
      const reason = error instanceof Error ? error.message : 'unknown';
      if (!isUnreadable) logEvent(platform, 'control-unreadable', { reason });
      isUnreadable = true;
    }
  }

  function beginRead(from: Control, now: number, arrival: Pick<Arrival, 'defer'>): Promise<void> {
    triedAt = now;
    mayWait = true;
    const reading = read(from, now);
    arrival.defer(waitAtMost(reading, backgroundMs[platform.door]));
    return reading;
  }

  async function waitFor(reading: Promise<void>, now: number): Promise<ControlSnapshot> {
    await waitAtMost(reading, maxWaitMs);
    if (readAt !== now) lastTimeoutAt = now;
    return snapshot;
  }

  function refreshFor(from: Control, revision: number, now: number, arrival: Pick<Arrival, 'defer'>) {
    requestedRevision = revision;
    requestedAt = now;
    pendingRevision = revision;
    const reading = beginRead(from, now, arrival).then(() => {
      if (pendingRevision === revision) pendingRevision = null;
    });
    return waitFor(reading, now);
  }

  /** On Workers a request must not await a promise of another request, so it polls. */
  async function pollUntilDone(): Promise<ControlSnapshot> {
    for (let waitedMs = 0; pendingRevision !== null && waitedMs < maxWaitMs; waitedMs += pollMs) await pause(pollMs);
    return snapshot;
  }

  return {
    adopt,
    atLeast(revision, now, arrival) {
      if (control === null || revision <= snapshot.document.revision) return snapshot;
      if (revision <= requestedRevision && since(requestedAt, now) < sameRevisionMs) {
        return pendingRevision === null ? snapshot : pollUntilDone();
      }
      return since(lastTimeoutAt, now) < sameRevisionMs ? snapshot : refreshFor(control, revision, now, arrival);
    },
    current(now, arrival) {
      if (control === null || since(triedAt, now) < refreshAfterMs) return snapshot;
      if (!mayWait) {
        mayWait = true;
        return snapshot;
      }
      return waitFor(beginRead(control, now, arrival), now);
    },
  };
}

/** Clocks may be set, in both directions. */
const since = (then: number | null, now: number): number =>
  then === null ? Number.POSITIVE_INFINITY : Math.abs(now - then);

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
