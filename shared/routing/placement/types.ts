/** The question that a placement answers, and the answer. */
import type { Origin, Pool } from '../../config/settings.ts';
import type { GeoPoint } from '../../platform.ts';
import type { Pin, PinReading } from '../pins/pin.ts';

/** One side of a split, with its pool. Shares are relative weights; a branch with a share of 0 gets no clients. */
export interface Branch {
  readonly pool: Pool;
  readonly share: number;
}

/** What is known of an origin at this moment, beyond its configuration. */
export interface OriginStatus {
  /** Taken out for a while after failures. */
  readonly ejected: boolean;
  /** Its ejection ended a short while ago: clients that kept their pin are coming back. */
  readonly returned?: boolean;
  /** The part of the clients, from 0 to 1, that it must not serve any more. */
  readonly shed?: number;
  /** The part of its weight, above 0 and up to 1, that counts during a slow start. Pinned clients are not affected. */
  readonly ramp?: number;
}
export type OriginStatusOf = (pool: Pool, origin: Origin) => OriginStatus;

/** The regions that may serve a request: those of its route and those of its session. `null`: any region. */
export interface AllowedRegions {
  readonly route: readonly string[] | null;
  readonly residency: readonly string[] | null;
}

export interface Question {
  /** The route's branches, in its order. The affinity of the first one says whether pins count at all. */
  readonly branches: readonly Branch[];
  /** See `client-key.ts`. */
  readonly clientKey: string;
  /** Where the client is; `null`: unknown. */
  readonly place: GeoPoint | null;
  readonly pin: PinReading;
  readonly allowed: AllowedRegions;
  readonly originStatus: OriginStatusOf;
  readonly now: number;
  /** In [0, 1): draws the first origin, unless a pin names one. `undefined`: the hash decides. */
  readonly draw?: number | undefined;
}

/** An origin to try. */
export interface Candidate {
  readonly pool: Pool;
  readonly origin: Origin;
  /** The branch it belongs to, by its pool's id; `null` where the route has one pool. */
  readonly branch: string | null;
}

export type Because =
  | 'pinned'
  | 'nearest'
  | 'weighted'
  | 'split'
  | 'redispatched'
  | 'drained'
  | 'shed'
  | 'returned'
  | 'expired'
  | 'forged'
  | 'unknown'
  | 'off';

export type Placement =
  | {
      readonly kind: 'placed';
      /**
       * In the order to try them: at most 1 + `retry.attempts` or two, whichever is more, and the pinned one. A pinned
       * client of a pool whose `onFailure` is `refuse` or `none` has only its own origin.
       */
      readonly candidates: readonly [Candidate, ...Candidate[]];
      readonly because: Because;
      /** The client's pin, where it stays as it is; `null`: pin the client to the origin that serves it. */
      readonly pinKept: Pin | null;
      /** The pool's `onFailure` allows no other origin for this client, even when its own fails. */
      readonly noFailover: boolean;
      /** Id of the second candidate: where this client goes if the first one fails. */
      readonly next: string | null;
      /** The first candidate was drawn at random. */
      readonly drawn: boolean;
    }
  | {
      readonly kind: 'none';
      readonly code: 'no_origin_available' | 'region_unavailable' | 'pin_refused';
      readonly because: Because;
    };
