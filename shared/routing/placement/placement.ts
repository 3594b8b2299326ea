import type { Pool } from '../../config/settings.ts';
import type { Pin, PinReading } from '../pins/pin.ts';
import { pinAfter, pinFor, type Terms } from '../pins/renewal.ts';
import { type Assignment, assignmentOf } from './assignment.ts';
import type { Candidate, Placement } from './choose.ts';
import { type Hash, hash } from './hash.ts';

/** Where one request may go, and where it went. The proxy tries the candidates in their order. */
export interface RequestPlacement {
  readonly candidates: readonly [Candidate, ...Candidate[]];
  /** What `Session-Affinity` tells a candidate: its own id, how often the client has moved, who would be next. */
  affinityHeaderFor(candidate: Candidate): {
    readonly origin: string;
    readonly epoch: number;
    readonly next: string | null;
  };
  /**
   * The client is promised its home or nothing (`onFailure: 'refuse'`): seconds after which it should ask again when its
   * home cannot be reached; `null`: no such promise.
   */
  readonly refusesAfterFailure: { readonly retryAfterSeconds: number } | null;
  /** Whether the client's pin leads there, wherever it is served. */
  isPinnedTo(candidate: Candidate): boolean;
  /** Set by the proxy: the origin whose reply the client gets. */
  servedBy: Candidate | null;
  /** Set by the proxy: that reply is one to be pinned for. A client without a pin gets none for any other, and one with a pin keeps it. */
  servedWell: boolean;
  /** What follows from who has served. `reaches`: whether a pin that changes is told to the client (`Affinity.reaches`). */
  onServed(servedBy: Candidate, reaches: (owner: Pool) => boolean): ServedResult;
}

export interface ServedResult {
  /** Whose carrier the pin is in, and the pins for `Affinity.keep`; `null` where the pool pins nobody. */
  readonly owner: Pool;
  readonly pins: { readonly due: Pin | null; readonly here: Pin } | null;
  readonly assignment: Assignment;
  readonly client: Hash;
}

export interface PlacementFacts {
  readonly placement: Extract<Placement, { kind: 'placed' }>;
  readonly reading: PinReading;
  readonly terms: Terms;
  readonly clientKey: string;
  /** Of the carrier: the pool of the route's first branch. */
  readonly owner: Pool;
  /** As they are used now. */
  readonly pools: ReadonlyMap<string, Pool>;
  /** The regions that may serve this session; `null`: any. */
  readonly residency: readonly string[] | null;
}

export const createRequestPlacement = (placed: PlacementFacts): RequestPlacement => new OneRequestPlacement(placed);

/** A class, because every request makes one. */
class OneRequestPlacement implements RequestPlacement {
  readonly candidates: readonly [Candidate, ...Candidate[]];
  readonly refusesAfterFailure: RequestPlacement['refusesAfterFailure'];
  servedBy: Candidate | null = null;
  servedWell = true;
  readonly #placed: PlacementFacts;
  #latest: { readonly candidate: Candidate; readonly pin: Pin } | null = null;

  constructor(placed: PlacementFacts) {
    const { placement, owner } = placed;
    this.#placed = placed;
    this.candidates = placement.candidates;
    this.refusesAfterFailure =
      placement.homeAlone && owner.affinity.onFailure === 'refuse' ? { retryAfterSeconds: retryAfter(owner) } : null;
  }

  isPinnedTo({ pool, origin }: Candidate): boolean {
    const { reading } = this.#placed;
    return reading.kind === 'valid' && reading.pin.pool === pool.id && reading.pin.origin === origin.id;
  }

  affinityHeaderFor(candidate: Candidate): ReturnType<RequestPlacement['affinityHeaderFor']> {
    let next: string | null = null;
    for (const other of this.candidates) {
      if (other === candidate) continue;
      next = other.origin.id;
      break;
    }
    return { origin: candidate.origin.id, epoch: this.#pinOf(candidate).epoch, next };
  }

  /** It is announced, noted and kept: the same pin, most of the time of the only candidate that is tried. */
  #pinOf(candidate: Candidate): Pin {
    if (this.#latest?.candidate === candidate) return this.#latest.pin;
    const { reading, terms } = this.#placed;
    const previous = reading.kind === 'valid' || reading.kind === 'expired' ? reading.pin : null;
    const pin = pinFor(previous, candidate, terms);
    this.#latest = { candidate, pin };
    return pin;
  }

  onServed(servedBy: Candidate, reaches: (owner: Pool) => boolean): ServedResult {
    const { placement, reading, terms, clientKey, owner, pools, residency } = this.#placed;
    const { by } = owner.affinity;
    const isOthers = by.kind === 'off' || this.#isPinOfAnotherPool();
    const after = isOthers ? null : pinAfter(placement, servedBy, reading, terms, this.servedWell);
    const due = after === null || reaches(owner) ? after : null;
    return {
      owner,
      pins: by.kind === 'off' ? null : { due, here: this.#pinOf(servedBy) },
      assignment: assignmentOf(by, reading, due, servedBy, { because: placement.because, pools, residency }),
      client: hash(clientKey),
    };
  }

  /** Pools may share an application's value: the pin behind it is then the one's that issued it, and does not go to and fro. */
  #isPinOfAnotherPool(): boolean {
    const { placement, reading, owner, pools } = this.#placed;
    const { by } = owner.affinity;
    const isBehindValue = by.kind === 'origin-cookie' || (by.kind === 'header' && by.value === 'wrap');
    if (!isBehindValue || placement.because !== 'unknown' || reading.kind !== 'valid') return false;
    const { pool, origin } = reading.pin;
    return pools.get(pool)?.origins.some(({ id }) => id === origin) ?? false;
  }
}

/** In seconds. By then an ejected origin has been given another chance. */
export const retryAfter = ({ health }: Pool): number => Math.ceil(health.ejectForMs / 1_000);
