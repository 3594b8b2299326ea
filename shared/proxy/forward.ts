/**
 * Sends one request to the candidates in their order until one of them answers. `retry.ts` decides whether a request may be
 * sent again and what a failure says; `exchange-clock.ts` how long everything may take.
 */
import { Failure } from '../errors.ts';
import type { BodyStage, OriginRequest, Platform, RequestBody } from '../platform.ts';
import type { HealthReport } from '../routing/health/report.ts';
import type { Candidate } from '../routing/placement/types.ts';
import type { MaybePromise } from '../time/maybe-promise.ts';
import { discard, keepBetter, type ReceivedReply } from './best-reply.ts';
import { ExchangeClock, type ExchangeEnd } from './exchange-clock.ts';
import { type PreparedBody, prepareBody } from './replay.ts';
import { decideRetry, healthResultOf, isAcceptable, outcomeOf } from './retry.ts';

export interface Job {
  readonly candidates: readonly [Candidate, ...Candidate[]];
  readonly method: string;
  readonly body: RequestBody;
  readonly contentLength: number | null;
  readonly hasIdempotencyKey: boolean;
  readonly clientGone: AbortSignal | null;
  readonly timeoutMs: number;
  /** What the host leaves of its own time; `null`: it sets no limit. */
  readonly maxMs: number | null;
  /** Receives the result of every attempt. */
  readonly report: HealthReport;
  /** Whether the client's pin leads to this candidate. */
  isPinned(candidate: Candidate): boolean;
  /** The request as this candidate gets it. */
  requestFor(candidate: Candidate): Pick<OriginRequest, 'url' | 'headers' | 'perRequest' | 'host' | 'edgeCache'>;
}

export type Forwarded = Replied | Unanswered;
/** If the reply is not acceptable (`retry.ts`), no origin gave an acceptable one. */
export type Replied = ReceivedReply & { readonly kind: 'reply'; readonly attempts: number };
export interface Unanswered {
  readonly kind: 'failed';
  readonly code: 'origin_unreachable' | 'origin_timeout';
  readonly reason: string;
  readonly last: Candidate;
  readonly attempts: number;
}

/** Throws `request_timeout` or `bad_request` when the client does not send its whole body. */
export async function forward(job: Job, platform: Platform): Promise<Forwarded> {
  const { candidates, method, hasIdempotencyKey, clientGone, report } = job;
  const { retry } = candidates[0].pool;
  if (job.maxMs !== null && job.maxMs <= 0) return outOfTime(candidates[0]);
  let current = candidates[0];
  let attempts = 0;
  let best: ReceivedReply | null = null;
  let failure: Unanswered | null = null;
  const clock = clockFor(job, platform, () => report.expectTimeout(current));
  const onBody = job.body === null ? null : (stage: BodyStage): void => clock.onBodyStage(stage);

  try {
    const preparing = prepareBodyOf(job, onBody);
    const prepared = preparing instanceof Promise ? unlessClientFailed(await clock.race(preparing)) : preparing;
    if (prepared === 'timed-out') return outOfTime(candidates[0]);
    const { replayable, complete, length } = prepared;

    for (const candidate of candidates) {
      if (attempts > retry.attempts) break;
      attempts++;
      current = candidate;
      const { url, headers, perRequest, host, edgeCache } = job.requestFor(candidate);
      const sending = platform.send({
        url,
        method,
        headers,
        perRequest,
        body: prepared.next(),
        bodyLength: length,
        onBody,
        host,
        edgeCache,
        signal: clock.signal,
      });
      const answered = unlessClientFailed(await clock.race(sending));
      const outcome = outcomeOf(answered, platform.door);
      const timedOut = clock.endedBy !== null;
      const decision = decideRetry({ method, hasIdempotencyKey, replayable, complete, outcome, timedOut, retry });
      if (outcome.kind === 'reply') {
        const { status, response } = outcome;
        report.record(candidate, healthResultOf(outcome, retry), status);
        const received = { status, response, by: candidate, isAcceptable: isAcceptable(status, retry) };
        best = keepBetter(best, received, job.isPinned);
      } else {
        if (answered !== 'timed-out' && answered.kind === 'reply') discard(answered.response);
        // An attempt that the client broke off says nothing about the origin.
        if (!clientGone?.aborted) report.record(candidate, healthResultOf(outcome, retry), null);
        const code = decision.kind === 'give-up' ? decision.code : 'origin_unreachable';
        failure = { kind: 'failed', code, reason: outcome.reason, last: candidate, attempts };
      }
      if (decision.kind !== 'again') break;
    }
  } finally {
    clock.clear();
    report.close();
  }
  if (best) return { kind: 'reply', attempts, ...best };
  if (failure) return failure;
  throw new Error('no candidate was tried');
}

const clockFor = (job: Job, { now, endsWhatIsLeft }: Platform, onNearTimeout: () => void): ExchangeClock =>
  new ExchangeClock({
    timeoutMs: job.timeoutMs,
    maxMs: job.maxMs,
    hasBody: job.body !== null,
    now,
    clientGone: job.clientGone,
    hasSignal: !endsWhatIsLeft,
    onNearTimeout,
    // Early enough for a probe to have its result when the origin times out.
    nearTimeoutMs: Math.min(job.candidates[0].pool.health.probe.timeoutMs, job.timeoutMs / 2),
  });

const ignore = (): void => {};

/** The stream of a GET is sent once, as it came: not every host can make it from bytes again (`worker/platform.ts`). */
function prepareBodyOf(
  { method, body, contentLength, candidates }: Job,
  onBody: OriginRequest['onBody'],
): MaybePromise<PreparedBody> {
  const isBare = method === 'GET' || method === 'HEAD';
  return prepareBody(body, isBare ? null : contentLength, candidates[0].pool.retry.maxBodyBytes, onBody ?? ignore);
}

/** Throws when the client is at fault, and no origin. */
function unlessClientFailed<T extends object>(result: T | ExchangeEnd): T | 'timed-out' {
  if (result === 'stalled') throw new Failure('request_timeout', 'the client stopped sending its body');
  if (result === 'broken') throw new Failure('bad_request', 'the client broke off in the middle of its body');
  return result;
}

const outOfTime = (last: Candidate): Unanswered => ({
  kind: 'failed',
  code: 'origin_timeout',
  reason: 'the invocation has no time left',
  last,
  attempts: 0,
});
