/**
 * What to do after a try at an origin, and what the try says about the origin's health. Pure.
 *
 * A request is never carried out twice unless that is safe: when nothing was sent, anything may go again; when something
 * may have been sent, only what is idempotent (RFC 9110, section 9.2.2) or says with an `Idempotency-Key` that it is.
 */
import type { Pool } from '../config/settings.ts';
import type { Door, OriginOutcome } from '../platform.ts';

export interface Attempt {
  readonly method: string;
  /** The client sent an `Idempotency-Key`. */
  readonly hasIdempotencyKey: boolean;
  /** Of the prepared body. */
  readonly replayable: boolean;
  readonly held: boolean;
  /** As `outcomeOf` reads it. */
  readonly outcome: OriginOutcome;
  /** The pool's `timeout` is used up. */
  readonly timedOut: boolean;
  readonly retry: Pick<Pool['retry'], 'statuses'>;
}

export type Verdict =
  /** The reply is the answer. */
  | { readonly kind: 'accept' }
  /**
   * To another origin, if there is one and a try is left. If not, the last real reply in hand is passed on (the last real
   * status is kept), and without one it is `origin_unreachable`.
   */
  | { readonly kind: 'again' }
  /** Nobody else may be asked. `pinMoves`: the client's next request had better go elsewhere. */
  | {
      readonly kind: 'give-up';
      readonly code: 'origin_unreachable' | 'origin_timeout';
      readonly pinMoves: boolean;
    };

const idempotent: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE']);

export function judgeAttempt(attempt: Attempt): Verdict {
  const { method, hasIdempotencyKey, replayable, held, outcome, timedOut, retry } = attempt;
  const nothingWasSent = outcome.kind === 'failed' && outcome.sent === 'nothing';
  const mayGoAgain = nothingWasSent ? held : replayable && (hasIdempotencyKey || idempotent.has(method));

  if (outcome.kind === 'reply') {
    const isBad = retry.statuses.includes(outcome.status);
    return isBad && mayGoAgain && !timedOut ? { kind: 'again' } : { kind: 'accept' };
  }
  // An origin that is merely slow still holds what the client left there; if it is more than slow, its health will tell.
  if (timedOut) return { kind: 'give-up', code: 'origin_timeout', pinMoves: false };
  return mayGoAgain ? { kind: 'again' } : { kind: 'give-up', code: 'origin_unreachable', pinMoves: true };
}

/**
 * What Cloudflare answers in an origin's name. 521 refused, 523 unreachable, 525 and 526 no TLS, 530 no such name: nothing
 * was sent. 520 broken reply, 522 no handshake or no acknowledgement, 524 no reply in time: nobody knows.
 */
const cloudflareSays: ReadonlyMap<number, 'nothing' | 'unknown'> = new Map([
  ...[521, 523, 525, 526, 530].map((status) => [status, 'nothing'] as const),
  ...[520, 522, 524].map((status) => [status, 'unknown'] as const),
]);

/** What really became of a try: on Workers a 52x is no reply of the origin. Its body is the caller's to cancel. */
export function outcomeOf(outcome: OriginOutcome, door: Door): OriginOutcome {
  if (outcome.kind === 'failed' || door !== 'worker') return outcome;
  const { status } = outcome;
  const sent = cloudflareSays.get(status);
  return sent === undefined ? outcome : { kind: 'failed', sent, reason: `Cloudflare answered ${status}` };
}

/** "Not implemented" and "version not supported" are about the request; any other 5xx is about who answered. */
const aboutTheRequest: ReadonlySet<number> = new Set([501, 505]);

/**
 * Whether passive health holds it against the origin: every failed try, and every 5xx but two. 500 as well: an origin that
 * has lost its database answers nothing else, and one broken page among good ones ejects nobody, because only failures in
 * a row count. What the client cut off says nothing about anybody; ask before.
 */
export function harmsHealth(outcome: OriginOutcome): boolean {
  if (outcome.kind === 'failed') return true;
  const { status } = outcome;
  return status >= 500 && !aboutTheRequest.has(status);
}
