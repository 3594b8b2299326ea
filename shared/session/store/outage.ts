/**
 * Whether a store is asked, and whether it counts as down: a circuit breaker, and the two moments that are worth a line in
 * the log. What one process sees; the caller passes the time.
 */

/** After a call without an answer no other call waits for the store, for this long. Then one of them tries it. */
export const breakerOpenMs = 5_000;

/**
 * A call that failed after so long is taken for one without an answer: a store's own client has bounds, too. Longer than KV's
 * second attempt takes, after a second, when it accepts no writes.
 */
const silentAfterMs = 1_500;

/** Successes between failures do not end an outage, or a store that fails every other call would fill the log. */
const steadyAfterMs = 1_000;

export interface Outage {
  /** When the first call failed. */
  readonly since: number;
}

export class OutageWatch {
  #openUntil: number | null = null;
  #down: { readonly since: number; lastFailureAt: number } | null = null;

  /** Whether a call may go to the store. After a pause, the first call that asks is the one that tries. */
  admits(now: number): boolean {
    if (this.#openUntil === null) return true;
    // A clock that was set back must not keep the breaker open.
    if (now < this.#openUntil && now >= this.#openUntil - breakerOpenMs) return false;
    this.#openUntil = now + breakerOpenMs;
    return true;
  }

  /** Answers the outage that this success ends. */
  succeeded(now: number): Outage | null {
    this.#openUntil = null;
    if (this.#down === null || now - this.#down.lastFailureAt < steadyAfterMs) return null;
    const { since } = this.#down;
    this.#down = null;
    return { since };
  }

  /** `tookMs`: how long the call was under way. Answers the outage that begins with this failure. */
  failed(now: number, tookMs: number): Outage | null {
    if (tookMs >= silentAfterMs) this.#openUntil = now + breakerOpenMs;
    if (this.#down !== null) {
      this.#down.lastFailureAt = now;
      return null;
    }
    this.#down = { since: now - tookMs, lastFailureAt: now };
    return { since: now - tookMs };
  }
}
