/** The placement of one request: the origins to try, and what follows from the one that served it. */
import type { Pool } from '../../config/settings.ts';
import type { Pin, PinReading } from '../pins/pin.ts';
import { pinAfter, pinFor, type Terms } from '../pins/renewal.ts';
import { standsBehindValue } from '../pins/transports/kinds.ts';
import { type Assignment, assignmentOf } from './assignment.ts';
import { type Hash, hash } from './hash.ts';
import type { Candidate, Placement } from './types.ts';

export interface RequestPlacement {
  /** In the order to try them. */
  readonly candidates: readonly [Candidate, ...Candidate[]];
  /** For the `Session-Affinity` header: the candidate's own id, how often the client has moved, and the next candidate. */
  affinityHeaderFor(candidate: Candidate): {
    readonly origin: string;
    readonly epoch: number;
    readonly next: string | null;
  };
  /**
   * Set where no other origin may serve this client (`onFailure: 'refuse'`): seconds after which it should ask again when
   * its own origin cannot be reached. `null`: other origins may serve it.
   */
  readonly refusesAfterFailure: { readonly retryAfterSeconds: number } | null;
  /** Whether the client's pin names this candidate. */
  isPinnedTo(candidate: Candidate): boolean;
  /** Set by the proxy: the origin whose reply the client gets. */
  servedBy: Candidate | null;
  /** Set by the proxy: the reply is good enough to pin for. After any other reply, a pin stays and no new one is written. */
  servedWell: boolean;
  /** What follows from the origin that served. `reachesClient`: `RequestPins.reachesClient`. */
  onServed(servedBy: Candidate, reachesClient: (owner: Pool) => boolean): ServedResult;
}

export interface ServedResult {
  /** The pool whose transport has the pin. */
  readonly owner: Pool;
  /** For `RequestPins.record`; `null` where the pool writes no pins. */
  readonly pins: { readonly replacement: Pin | null; readonly toServer: Pin } | null;
  readonly assignment: Assignment;
  readonly client: Hash;
}

export interface PlacementFacts {
  readonly placement: Extract<Placement, { kind: 'placed' }>;
  readonly reading: PinReading;
  readonly terms: Terms;
  readonly clientKey: string;
  /** The pool of the route's first branch: its transport has the pin. */
  readonly owner: Pool;
  /** As they are used now. */
  readonly pools: ReadonlyMap<string, Pool>;
  /** The regions that may serve this session; `null`: any. */
  readonly residency: readonly string[] | null;
}

export const createRequestPlacement = (facts: PlacementFacts): RequestPlacement => new OneRequestPlacement(facts);

/** One instance per request. */
class OneRequestPlacement implements RequestPlacement {
  readonly candidates: readonly [Candidate, ...Candidate[]];
  readonly refusesAfterFailure: RequestPlacement['refusesAfterFailure'];
  servedBy: Candidate | null = null;
  servedWell = true;
  readonly #facts: PlacementFacts;
  #latest: { readonly candidate: Candidate; readonly pin: Pin } | null = null;

  constructor(facts: PlacementFacts) {
    const { placement, owner } = facts;
    this.#facts = facts;
    this.candidates = placement.candidates;
    this.refusesAfterFailure =
      placement.noFailover && owner.affinity.onFailure === 'refuse' ? { retryAfterSeconds: retryAfter(owner) } : null;
  }

  isPinnedTo({ pool, origin }: Candidate): boolean {
    const { reading } = this.#facts;
    return reading.kind === 'valid' && reading.pin.pool === pool.id && reading.pin.origin === origin.id;
  }

  affinityHeaderFor(candidate: Candidate): ReturnType<RequestPlacement['affinityHeaderFor']> {
    const [first, second] = this.candidates;
    const next = candidate === first ? second : first;
    return { origin: candidate.origin.id, epoch: this.#pinTo(candidate).epoch, next: next ? next.origin.id : null };
  }

  /** Cached: `affinityHeaderFor` and `onServed` mostly ask for the same pin. */
  #pinTo(candidate: Candidate): Pin {
    if (this.#latest?.candidate === candidate) return this.#latest.pin;
    const { reading, terms } = this.#facts;
    const previous = reading.kind === 'valid' || reading.kind === 'expired' ? reading.pin : null;
    const pin = pinFor(previous, candidate, terms);
    this.#latest = { candidate, pin };
    return pin;
  }

  onServed(servedBy: Candidate, reachesClient: (owner: Pool) => boolean): ServedResult {
    const { placement, reading, terms, clientKey, owner, pools, residency } = this.#facts;
    const { by } = owner.affinity;
    const staysAsItIs = by.kind === 'off' || this.#isPinOfAnotherPool();
    const after = staysAsItIs ? null : pinAfter(placement, servedBy, reading, terms, this.servedWell);
    const replacement = after === null || reachesClient(owner) ? after : null;
    const basis = { because: placement.because, pools, residency };
    return {
      owner,
      pins: by.kind === 'off' ? null : { replacement, toServer: this.#pinTo(servedBy) },
      assignment: assignmentOf(by, reading, replacement, servedBy, basis),
      client: hash(clientKey),
    };
  }

  /** Pools may share an application's value. The pin behind it belongs to the pool that issued the value, and stays. */
  #isPinOfAnotherPool(): boolean {
    const { placement, reading, owner, pools } = this.#facts;
    if (!standsBehindValue(owner.affinity.by) || placement.because !== 'unknown' || reading.kind !== 'valid') {
      return false;
    }
    const { pool, origin } = reading.pin;
    return pools.get(pool)?.origins.some(({ id }) => id === origin) ?? false;
  }
}

/** In seconds: by then an ejected origin has been given another chance. */
export const retryAfter = ({ health }: Pool): number => Math.ceil(health.ejectForMs / 1_000);
