/**
 * There: one request, sent to the candidates in their order until one takes it. What may be sent again, and what a
 * platform can honestly know of a failure, is `retry.ts`'s to judge; how long it all may take, `exchange-clock.ts`'s.
 */
import { Failure } from '../errors.ts';
import type { BodyStage, OriginRequest, Platform, RequestBody } from '../platform.ts';
import type { HealthReport } from '../routing/health/report.ts';
import type { Candidate } from '../routing/placement/types.ts';
import type { MaybePromise } from '../time/maybe-promise.ts';
import { type Ending, ExchangeClock } from './exchange-clock.ts';
import { type PreparedBody, prepareBody } from './replay.ts';
import { type InHand, keepOne, letGo } from './reply-in-hand.ts';
import { isBetter, judgeAttempt, outcomeOf, whatItSays } from './retry.ts';

export interface Job {
  readonly candidates: readonly [Candidate, ...Candidate[]];
  readonly method: string;
  readonly body: RequestBody;
  readonly contentLength: number | null;
  readonly hasIdempotencyKey: boolean;
  readonly clientGone: AbortSignal | null;
  readonly timeoutMs: number;
  /** What the host leaves for this of its own time; `null`: it sets no end. */
  readonly maxMs: number | null;
  /** Told how each try went. */
  readonly report: HealthReport;
  /** Whether the client's pin leads there. */
  isHome(candidate: Candidate): boolean;
  /** The request as this candidate gets it. */
  requestFor(candidate: Candidate): Pick<OriginRequest, 'url' | 'headers' | 'headersAgain' | 'host' | 'edgeCache'>;
}

export type Forwarded = Replied | Unanswered;
/** If the reply is not a better one (`retry.ts`), no origin gave a better one. */
export type Replied = InHand & { readonly kind: 'reply'; readonly attempts: number };
export interface Unanswered {
  readonly kind: 'failed';
  readonly code: 'origin_unreachable' | 'origin_timeout';
  readonly reason: string;
  readonly last: Candidate;
  readonly attempts: number;
}

/** Throws `request_timeout` or `bad_request` when the client does not send its body to the end. */
export async function forward(job: Job, platform: Platform): Promise<Forwarded> {
  const { candidates, method, hasIdempotencyKey, clientGone, report } = job;
  const { retry } = candidates[0].pool;
  if (job.maxMs !== null && job.maxMs <= 0) return withoutTime(candidates[0]);
  let trying = candidates[0];
  let attempts = 0;
  let inHand: InHand | null = null;
  let failure: Unanswered | null = null;
  const clock = clockFor(job, platform, () => report.expectTimeout(trying));
  const onBody = job.body === null ? null : (stage: BodyStage): void => clock.bodyIs(stage);

  try {
    const preparing = prepare(job, onBody);
    const prepared = preparing instanceof Promise ? unlessClients(await clock.outlasts(preparing)) : preparing;
    if (prepared === 'timed-out') return withoutTime(candidates[0]);
    const { replayable, held, length } = prepared;

    for (const candidate of candidates) {
      if (attempts > retry.attempts) break;
      attempts++;
      trying = candidate;
      const { url, headers, headersAgain, host, edgeCache } = job.requestFor(candidate);
      const sending = platform.send({
        url,
        method,
        headers,
        headersAgain,
        body: prepared.next(),
        bodyLength: length,
        onBody,
        host,
        edgeCache,
        signal: clock.signal,
      });
      const answered = unlessClients(await clock.outlasts(sending));
      const outcome = outcomeOf(answered, platform.door);
      const timedOut = clock.ended !== null;
      const verdict = judgeAttempt({ method, hasIdempotencyKey, replayable, held, outcome, timedOut, retry });
      if (outcome.kind === 'reply') {
        const { status, response } = outcome;
        report.record(candidate, whatItSays(outcome, retry), status);
        const came: InHand = { status, response, by: candidate, isBetter: isBetter(status, retry) };
        inHand = keepOne(inHand, came, job.isHome);
      } else {
        if (answered !== 'timed-out' && answered.kind === 'reply') letGo(answered.response);
        // Cut off from the client's side: that says nothing of any origin.
        if (!clientGone?.aborted) report.record(candidate, whatItSays(outcome, retry), null);
        const code = verdict.kind === 'give-up' ? verdict.code : 'origin_unreachable';
        failure = { kind: 'failed', code, reason: outcome.reason, last: candidate, attempts };
      }
      if (verdict.kind !== 'again') break;
    }
  } finally {
    clock.settle();
    report.close();
  }
  if (inHand) {
    const { status, response, by, isBetter } = inHand;
    return { kind: 'reply', status, response, by, isBetter, attempts };
  }
  if (failure) return failure;
  throw new Error('no candidate was tried');
}

const clockFor = (job: Job, { now, endsWhatIsLeft }: Platform, foresee: () => void): ExchangeClock =>
  new ExchangeClock({
    timeoutMs: job.timeoutMs,
    maxMs: job.maxMs,
    hasBody: job.body !== null,
    now,
    clientGone: job.clientGone,
    hasSignal: !endsWhatIsLeft,
    foresee,
    // In time for a probe to be answered, or found to be unanswered, when the origin times out.
    foreseeMs: Math.min(job.candidates[0].pool.health.probe.timeoutMs, job.timeoutMs / 2),
  });

const ignore = (): void => {};

/** The stream of a GET cannot be made anew from bytes everywhere (`worker/platform.ts`): it is sent as it came, once. */
function prepare(
  { method, body, contentLength, candidates }: Job,
  onBody: OriginRequest['onBody'],
): MaybePromise<PreparedBody> {
  const isBare = method === 'GET' || method === 'HEAD';
  return prepareBody(body, isBare ? null : contentLength, candidates[0].pool.retry.maxBodyBytes, onBody ?? ignore);
}

/** Throws for what is the client's own doing: no origin is to blame for it. */
function unlessClients<T extends object>(came: T | Ending): T | 'timed-out' {
  if (came === 'stalled') throw new Failure('request_timeout', 'the client did not go on sending its body');
  if (came === 'broken') throw new Failure('bad_request', 'the client broke off in the middle of its body');
  return came;
}

const withoutTime = (last: Candidate): Unanswered => ({
  kind: 'failed',
  code: 'origin_timeout',
  reason: 'nothing was left of the time of this invocation',
  last,
  attempts: 0,
});
