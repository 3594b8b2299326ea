/**
 * What to do after an attempt at an origin, and what the attempt says about the origin's health. Pure.
 *
 * A request is never carried out twice unless that is safe. If nothing was sent, any request may be sent again. If something
 * may have been sent, only an idempotent one (RFC 9110, section 9.2.2) or one with an `Idempotency-Key`.
 */
import type { Pool } from '../config/settings.ts';
import type { Door, OriginOutcome } from '../platform.ts';
import type { OriginResult } from '../routing/health/report.ts';

/** `isTimeout`: the origin took too long, which may be the page's fault and not the origin's. */
export type AttemptOutcome =
  | Extract<OriginOutcome, { kind: 'reply' }>
  | (Extract<OriginOutcome, { kind: 'failed' }> & { readonly isTimeout: boolean });

export interface Attempt {
  readonly method: string;
  /** The client sent an `Idempotency-Key`. */
  readonly hasIdempotencyKey: boolean;
  /** Of the prepared body (`replay.ts`). */
  readonly replayable: boolean;
  readonly complete: boolean;
  /** As `outcomeOf` reads it. */
  readonly outcome: AttemptOutcome;
  /** The time for this request is used up. */
  readonly timedOut: boolean;
  readonly retry: Pick<Pool['retry'], 'statuses'>;
}

export type RetryDecision =
  /** The reply is the answer. */
  | { readonly kind: 'accept' }
  /**
   * Try another origin, if there is one and an attempt is left. If not, a reply that was received is passed on (`best-reply.ts`),
   * and without one the request fails with `origin_unreachable`.
   */
  | { readonly kind: 'again' }
  /** No other origin may be tried. */
  | { readonly kind: 'give-up'; readonly code: 'origin_unreachable' | 'origin_timeout' };

const idempotent: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE']);

export function decideRetry(attempt: Attempt): RetryDecision {
  const { method, hasIdempotencyKey, replayable, complete, outcome, timedOut, retry } = attempt;
  const nothingWasSent = outcome.kind === 'failed' && outcome.sent === 'nothing';
  const mayGoAgain = nothingWasSent ? complete : replayable && (hasIdempotencyKey || idempotent.has(method));

  if (outcome.kind === 'reply') {
    return !isAcceptable(outcome.status, retry) && mayGoAgain && !timedOut ? { kind: 'again' } : { kind: 'accept' };
  }
  if (timedOut) return { kind: 'give-up', code: 'origin_timeout' };
  return mayGoAgain ? { kind: 'again' } : { kind: 'give-up', code: 'origin_unreachable' };
}

/** A reply that is passed on without another attempt, and that a client may be pinned for. */
export const isAcceptable = (status: number, { statuses }: Pick<Pool['retry'], 'statuses'>): boolean =>
  !statuses.includes(status);

/**
 * Cloudflare's own replies in the place of an origin's. Nothing was sent: 521 refused, 523 unreachable, 525 and 526 TLS
 * failed, 530 no such name. The origin may have received the request: 520 broken reply, 522 no handshake or no
 * acknowledgement, 524 no reply in time.
 */
const sentByStatus: ReadonlyMap<number, 'nothing' | 'unknown'> = new Map([
  ...[521, 523, 525, 526, 530].map((status) => [status, 'nothing'] as const),
  ...[520, 522, 524].map((status) => [status, 'unknown'] as const),
]);
const noReplyInTime = 524;

const timeout: AttemptOutcome = {
  kind: 'failed',
  sent: 'unknown',
  reason: 'the origin did not answer in time',
  isTimeout: true,
};

/** On Workers a 52x is not the origin's reply but a failure. The caller cancels its body. */
export function outcomeOf(outcome: OriginOutcome | 'timed-out', door: Door): AttemptOutcome {
  if (outcome === 'timed-out') return timeout;
  if (outcome.kind === 'failed') return { ...outcome, isTimeout: false };
  const { status } = outcome;
  const sent = door === 'worker' ? sentByStatus.get(status) : undefined;
  if (sent === undefined) return outcome;
  return { kind: 'failed', sent, reason: `Cloudflare answered ${status}`, isTimeout: status === noReplyInTime };
}

/** What an attempt says about the origin's health. Not for an attempt that the client broke off. */
export function healthResultOf(outcome: AttemptOutcome, retry: Pick<Pool['retry'], 'statuses'>): OriginResult {
  if (outcome.kind === 'failed') return outcome.isTimeout ? 'timed-out' : 'failed';
  if (!isAcceptable(outcome.status, retry)) return 'listed';
  return outcome.status >= 500 ? 'nothing' : 'served';
}
