/** The pin: what a client holds so that its next request finds the origin that knows it. */
import type { StoredAttributes } from '../../http/cookies/set-cookie-line.ts';
import { isAhead } from '../../time/skew.ts';

export interface Pin {
  /** The pool of `origin`. */
  readonly pool: string;
  /** The branch that a split has chosen for this client, by its pool's id; `null`: none yet. Kept while it visits other pools. */
  readonly branch: string | null;
  readonly origin: string;
  /** Counts the moves, from 1: a hint to origins that their copy of the client's state may be old. Not a fencing token. */
  readonly epoch: number;
  /** This and the following: milliseconds since the epoch. */
  readonly issuedAt: number;
  readonly idleEndsAt: number | null;
  readonly absoluteEndsAt: number;
  /** Of the configuration that it was issued under. For information: pins survive changes of the configuration. */
  readonly revision: string;
  /**
   * Of the control document that it was issued or last renewed under; 0: none. An isolate that knows an older document
   * reads the document again before it judges this pin (`control/cache.ts`).
   */
  readonly controlRevision: number;
}

export type PinReading =
  | { readonly kind: 'none' }
  /**
   * `stale`: sealed under a key that is being replaced; the next reply seals it again. `setAs`: how the application set
   * the cookie that the pin stands behind, where that is known.
   */
  | {
      readonly kind: 'valid';
      readonly pin: Pin;
      readonly stale: boolean;
      readonly setAs?: StoredAttributes | undefined;
    }
  | { readonly kind: 'forged' }
  | { readonly kind: 'expired'; readonly pin: Pin; readonly setAs?: StoredAttributes | undefined };

/**
 * Applies the pool's lifetime. A pin that was issued in the future is refused. One from before `absolute` was made shorter
 * ends by the new value.
 */
export function withPoolLifetime(reading: PinReading, absoluteMs: number, now: number): PinReading {
  if (reading.kind !== 'valid') return reading;
  const { pin, setAs } = reading;
  if (isAhead(pin.issuedAt, now)) return { kind: 'forged' };
  const absoluteEndsAt = Math.min(pin.absoluteEndsAt, pin.issuedAt + absoluteMs);
  if (absoluteEndsAt === pin.absoluteEndsAt) return reading;
  const shorter = { ...pin, absoluteEndsAt };
  return hasEnded(shorter, now) ? { kind: 'expired', pin: shorter, setAs } : { ...reading, pin: shorter };
}

export const hasEnded = ({ idleEndsAt, absoluteEndsAt }: Pin, now: number): boolean =>
  now >= absoluteEndsAt || (idleEndsAt !== null && now >= idleEndsAt);
