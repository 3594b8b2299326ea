/**
 * What to do after a try at an origin, and what the try says about the origin's health. Pure.
 *
 * A request is never carried out twice unless that is safe: when nothing was sent, anything may go again; when something
 * may have been sent, only what is idempotent (RFC 9110, section 9.2.2) or says with an `Idempotency-Key` that it is.
 */
import type { Pool } from '../config/settings.ts';
import type { Door, OriginOutcome } from '../platform.ts';
import type { OriginResult } from '../routing/health/report.ts';

/** What became of a try. `isTimeout`: the origin took too long, which may be the page's doing. */
export type Tried =
  | Extract<OriginOutcome, { kind: 'reply' }>
  | (Extract<OriginOutcome, { kind: 'failed' }> & { readonly isTimeout: boolean });

export interface Attempt {
  readonly method: string;
  /** The client sent an `Idempotency-Key`. */
  readonly hasIdempotencyKey: boolean;
  /** Of the prepared body. */
  readonly replayable: boolean;
  readonly held: boolean;
  /** As `outcomeOf` reads it. */
  readonly outcome: Tried;
  /** The time for this request is used up. */
  readonly timedOut: boolean;
  readonly retry: Pick<Pool['retry'], 'statuses'>;
}

export type Verdict =
  /** The reply is the answer. */
  | { readonly kind: 'accept' }
  /**
   * To another origin, if there is one and a try is left. If not, a real reply in hand is passed on (see `comesFirst`), and
   * without one it is `origin_unreachable`.
   */
  | { readonly kind: 'again' }
  /** No other origin may be asked. */
  | { readonly kind: 'give-up'; readonly code: 'origin_unreachable' | 'origin_timeout' };

const idempotent: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE']);

export function judgeAttempt(attempt: Attempt): Verdict {
  const { method, hasIdempotencyKey, replayable, held, outcome, timedOut, retry } = attempt;
  const nothingWasSent = outcome.kind === 'failed' && outcome.sent === 'nothing';
  const mayGoAgain = nothingWasSent ? held : replayable && (hasIdempotencyKey || idempotent.has(method));

  if (outcome.kind === 'reply') {
    return !isBetter(outcome.status, retry) && mayGoAgain && !timedOut ? { kind: 'again' } : { kind: 'accept' };
  }
  if (timedOut) return { kind: 'give-up', code: 'origin_timeout' };
  return mayGoAgain ? { kind: 'again' } : { kind: 'give-up', code: 'origin_unreachable' };
}

/** A reply that ends the search for one, and that a client is pinned for. */
export const isBetter = (status: number, { statuses }: Pick<Pool['retry'], 'statuses'>): boolean =>
  !statuses.includes(status);

/**
 * What Cloudflare answers in an origin's name. 521 refused, 523 unreachable, 525 and 526 no TLS, 530 no such name: nothing
 * was sent. 520 broken reply, 522 no handshake or no acknowledgement, 524 no reply in time: the origin may have got it.
 */
const cloudflareSays: ReadonlyMap<number, 'nothing' | 'unknown'> = new Map([
  ...[521, 523, 525, 526, 530].map((status) => [status, 'nothing'] as const),
  ...[520, 522, 524].map((status) => [status, 'unknown'] as const),
]);
const noReplyInTime = 524;

const tooSlow: Tried = {
  kind: 'failed',
  sent: 'unknown',
  reason: 'the origin did not answer in time',
  isTimeout: true,
};

/** What really became of a try: on Workers a 52x is no reply of the origin. Its body is the caller's to cancel. */
export function outcomeOf(outcome: OriginOutcome | 'timed-out', door: Door): Tried {
  if (outcome === 'timed-out') return tooSlow;
  if (outcome.kind === 'failed') return { ...outcome, isTimeout: false };
  const { status } = outcome;
  const sent = door === 'worker' ? cloudflareSays.get(status) : undefined;
  if (sent === undefined) return outcome;
  return { kind: 'failed', sent, reason: `Cloudflare answered ${status}`, isTimeout: status === noReplyInTime };
}

/** What a try says of the origin's health. One that the client cut off is not to be asked about. */
export function whatItSays(outcome: Tried, retry: Pick<Pool['retry'], 'statuses'>): OriginResult {
  if (outcome.kind === 'failed') return outcome.isTimeout ? 'timed-out' : 'failed';
  if (!isBetter(outcome.status, retry)) return 'listed';
  return outcome.status >= 500 ? 'nothing' : 'served';
}
