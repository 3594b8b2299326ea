/**
 * What this isolate knows of the control document, and when it looks again. A request never waits for it longer than
 * `patienceMs`, and an authority that is out of order leaves everything as it was last known.
 */
import type { Pool } from '../../config/settings.ts';
import type { Arrival, Platform } from '../../platform.ts';
import type { MaybePromise } from '../../time/maybe-promise.ts';
import { waitAtMost } from '../../time/timeout.ts';
import { applyControl, type Control, type ControlDocument, emptyDocument, readDocument } from './control.ts';

/** Everything a request needs of it; replaced as a whole, so that one request sees one state of things. */
export interface ControlSnapshot {
  readonly document: ControlDocument;
  /** As they are to be used now. */
  readonly pools: ReadonlyMap<string, Pool>;
}

export interface ControlCache {
  /** Looks again in the background, or first when what is known is too old to go by. */
  current(now: number, arrival: Pick<Arrival, 'defer'>): MaybePromise<ControlSnapshot>;
  /**
   * What a pin of that revision is to be judged by: looks again first where less is known. For the same revision that is
   * done once in `seekAgainAfterMs`, whoever asks, and not at all so soon after an answer that did not come in time. Less
   * may be all there is to know: the authority is out of order or has begun anew, or the pin is of another deployment that
   * has the same keys and a document of its own.
   */
  atLeast(revision: number, now: number, arrival: Pick<Arrival, 'defer'>): MaybePromise<ControlSnapshot>;
  /** This isolate has read or written it otherwise. */
  adopt(document: ControlDocument, now: number): void;
}

export interface ControlCacheFacts {
  readonly pools: ReadonlyMap<string, Pool>;
  /** `null`: there is no authority, and the file's values hold. */
  readonly control: Control | null;
  readonly platform: Platform;
  /** Whether the very first request may wait for it too. Not where only this would load the client of a database. */
  readonly readsAtOnce: boolean;
}

/** A busy isolate looks this often, so that with the way there and back a change is known within 10 s. */
const refreshAfterMs = 5_000;
/** An isolate that was idle, or frozen, for as long as this looks before it serves. */
const staleAfterMs = 10_000;
const patienceMs = 100;
/** A pin asks for a look of its own, and those who hold it ask often. */
const seekAgainAfterMs = 5_000;
/** How often those who come while such a look is under way see whether it is done. */
const glanceMs = 5;
/** On Workers a look may go on after the reply; on Lambda the reply waits for it. */
const backgroundMs = { worker: 3_000, lambda: patienceMs } as const;

export function createControlCache({ pools, control, platform, readsAtOnce }: ControlCacheFacts): ControlCache {
  let snapshot: ControlSnapshot = { document: emptyDocument, pools };
  /** When the document was last read, and when it was last tried; the clock of the request that did. */
  let readAt: number | null = null;
  let triedAt: number | null = null;
  let mayWait = readsAtOnce;
  let inTrouble = false;
  /** The highest revision that a pin has asked for, and when; what of it is under way. */
  let sought = 0;
  let soughtAt: number | null = null;
  let seeking: number | null = null;
  /** When somebody last waited for an answer that did not come. */
  let vainAt: number | null = null;

  function adopt(document: ControlDocument, now: number): void {
    readAt = now;
    triedAt = now;
    inTrouble = false;
    // An answer may overtake a later one.
    if (document.revision <= snapshot.document.revision) return;
    snapshot = { document, pools: applyControl(pools, document) };
  }

  async function look(from: Control, now: number): Promise<void> {
    try {
      adopt(readDocument(await from.read()), now);
    } catch (error) {
      const reason = error instanceof Error ? error.message : 'unknown';
      if (!inTrouble) platform.log({ event: 'control-unreadable', at: new Date(platform.now()).toISOString(), reason });
      inTrouble = true;
    }
  }

  function begin(from: Control, now: number, arrival: Pick<Arrival, 'defer'>): Promise<void> {
    triedAt = now;
    mayWait = true;
    const looking = look(from, now);
    arrival.defer(waitAtMost(looking, backgroundMs[platform.door]));
    return looking;
  }

  async function waitFor(looking: Promise<void>, now: number): Promise<ControlSnapshot> {
    await waitAtMost(looking, patienceMs);
    if (readAt !== now) vainAt = now;
    return snapshot;
  }

  function seek(from: Control, revision: number, now: number, arrival: Pick<Arrival, 'defer'>) {
    sought = revision;
    soughtAt = now;
    seeking = revision;
    const looking = begin(from, now, arrival).then(() => {
      if (seeking === revision) seeking = null;
    });
    return waitFor(looking, now);
  }

  /** On Workers a request must not await what another one has begun; but it can look up now and then. */
  async function watch(): Promise<ControlSnapshot> {
    for (let waitedMs = 0; seeking !== null && waitedMs < patienceMs; waitedMs += glanceMs) await pause(glanceMs);
    return snapshot;
  }

  return {
    adopt,
    atLeast(revision, now, arrival) {
      if (control === null || revision <= snapshot.document.revision) return snapshot;
      if (revision <= sought && since(soughtAt, now) < seekAgainAfterMs) return seeking === null ? snapshot : watch();
      return since(vainAt, now) < seekAgainAfterMs ? snapshot : seek(control, revision, now, arrival);
    },
    current(now, arrival) {
      if (control === null || since(triedAt, now) < refreshAfterMs) return snapshot;
      if (!mayWait) {
        mayWait = true;
        return snapshot;
      }
      const isFresh = since(readAt, now) < staleAfterMs;
      const looking = begin(control, now, arrival);
      return isFresh ? snapshot : waitFor(looking, now);
    },
  };
}

/** Clocks can be moved by hand, in both directions. */
const since = (then: number | null, now: number): number =>
  then === null ? Number.POSITIVE_INFINITY : Math.abs(now - then);

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
