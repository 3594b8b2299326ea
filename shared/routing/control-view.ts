/**
 * What this isolate knows of the control document, and when it looks again. A request never waits for it longer than
 * `patienceMs`, and an authority that is out of order leaves everything as it was last known.
 */
import type { Pool } from '../config/settings.ts';
import type { Arrival, Platform } from '../platform.ts';
import type { Soon } from '../soon.ts';
import { applyControl, type Control, type ControlDocument, emptyDocument, readDocument } from './control.ts';

/** Everything a request needs of it; replaced as a whole, so that one request sees one state of things. */
export interface ControlSnapshot {
  readonly document: ControlDocument;
  /** As they are to be used now. */
  readonly pools: ReadonlyMap<string, Pool>;
}

export interface ControlView {
  /** Looks again in the background, or first when what is known is too old to go by. */
  current(now: number, arrival: Pick<Arrival, 'defer'>): Soon<ControlSnapshot>;
  /** This isolate has read or written it otherwise. */
  adopt(document: ControlDocument, now: number): void;
}

export interface ControlViewFacts {
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
/** On Workers a look may go on after the reply; on Lambda the reply waits for it. */
const backgroundMs = { worker: 3_000, lambda: patienceMs } as const;

export function createControlView({ pools, control, platform, readsAtOnce }: ControlViewFacts): ControlView {
  let snapshot: ControlSnapshot = { document: emptyDocument, pools };
  /** When the document was last read, and when it was last tried; the clock of the request that did. */
  let readAt: number | null = null;
  let triedAt: number | null = null;
  let mayWait = readsAtOnce;
  let inTrouble = false;

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

  return {
    adopt,
    current(now, arrival) {
      if (control === null || since(triedAt, now) < refreshAfterMs) return snapshot;
      if (!mayWait) {
        mayWait = true;
        return snapshot;
      }
      triedAt = now;
      const looking = look(control, now);
      arrival.defer(within(looking, backgroundMs[platform.door]));
      if (since(readAt, now) < staleAfterMs) return snapshot;
      return within(looking, patienceMs).then(() => snapshot);
    },
  };
}

/** Clocks can be moved by hand, in both directions. */
const since = (then: number | null, now: number): number =>
  then === null ? Number.POSITIVE_INFINITY : Math.abs(now - then);

async function within(work: Promise<void>, ms: number): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([work, late]);
  clearTimeout(timer);
}
