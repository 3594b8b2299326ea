/**
 * There: one request, sent to the candidates in their order until one takes it. What may be sent again, and what a
 * platform can honestly know of a failure, is `retry.ts`'s to judge; the whole takes no longer than the pool's timeout.
 */
import type { Pool } from '../config/settings.ts';
import type { OriginOutcome, OriginRequest, Platform, RequestBody } from '../platform.ts';
import type { Candidate } from '../routing/choose.ts';
import type { Health } from '../routing/health.ts';
import { prepareBody } from './replay.ts';
import { harmsHealth, judgeAttempt, outcomeOf } from './retry.ts';

export interface Job {
  readonly candidates: readonly [Candidate, ...Candidate[]];
  readonly method: string;
  readonly body: RequestBody;
  readonly contentLength: number | null;
  readonly hasIdempotencyKey: boolean;
  readonly clientGone: AbortSignal | null;
  readonly now: number;
  /** The request as this candidate gets it, but for body and signal. */
  requestFor(candidate: Candidate): Omit<OriginRequest, 'body' | 'signal' | 'method'>;
}

export type Forwarded =
  | {
      readonly kind: 'reply';
      readonly status: number;
      readonly response: Response;
      readonly by: Candidate;
      readonly attempts: number;
    }
  | {
      readonly kind: 'failed';
      readonly code: 'origin_unreachable' | 'origin_timeout';
      readonly reason: string;
      /** Where the client should go next time, when the failure was its origin's. */
      readonly pinTo: Candidate | null;
      readonly last: Candidate;
      readonly attempts: number;
    };

export async function forward(
  job: Job,
  { platform, health }: { platform: Platform; health: Health },
): Promise<Forwarded> {
  const { candidates, method, now } = job;
  const { pool } = candidates[0];
  // The stream of a GET cannot be made anew from bytes everywhere (`worker/platform.ts`): it is sent as it came, once.
  const isBare = method === 'GET' || method === 'HEAD';
  const preparing = prepareBody(job.body, isBare ? null : job.contentLength, pool.retry.maxBodyBytes);
  const body = preparing instanceof Promise ? await preparing : preparing;
  const patience = new Patience(pool, platform, job.clientGone);
  let kept: { reply: Extract<OriginOutcome, { kind: 'reply' }>; by: Candidate } | null = null;
  let attempts = 0;
  let failure: Extract<Forwarded, { kind: 'failed' }> | null = null;

  try {
    for (const candidate of candidates) {
      if (attempts > pool.retry.attempts) break;
      attempts++;
      const { url, headers, headersAgain, host, edgeCache } = job.requestFor(candidate);
      const { signal } = patience;
      const sending = platform.send({ url, method, headers, headersAgain, body: body.next(), host, edgeCache, signal });
      const answered = await patience.outlasts(sending);
      const outcome = outcomeOf(answered, platform.door);
      if (answered.kind === 'reply' && outcome.kind === 'failed') await answered.response.body?.cancel();
      noteHealth({ platform, health }, candidate, outcome, now, job.clientGone);
      const { replayable, held } = body;
      const { hasIdempotencyKey } = job;
      const timedOut = outcome.kind === 'failed' && patience.ranOut;
      const verdict = judgeAttempt({
        method,
        hasIdempotencyKey,
        replayable,
        held,
        outcome,
        timedOut,
        retry: pool.retry,
      });
      if (outcome.kind === 'reply') {
        // The last real answer is the one to pass on if nothing better comes; an earlier one is of no use any more.
        await kept?.reply.response.body?.cancel();
        kept = { reply: outcome, by: candidate };
      } else {
        const gaveUp = verdict.kind === 'give-up' ? verdict : null;
        const pinTo = gaveUp?.pinMoves ? (candidates[attempts] ?? null) : null;
        const code = gaveUp?.code ?? 'origin_unreachable';
        failure = { kind: 'failed', code, reason: outcome.reason, pinTo, last: candidate, attempts };
      }
      if (verdict.kind !== 'again') break;
    }
  } finally {
    patience.settle();
  }
  if (kept) {
    const { status, response } = kept.reply;
    return { kind: 'reply', status, response, by: kept.by, attempts };
  }
  if (failure) return failure;
  throw new Error('no candidate was tried');
}

function noteHealth(
  { platform, health }: { platform: Platform; health: Health },
  { pool, origin }: Candidate,
  outcome: OriginOutcome,
  now: number,
  clientGone: AbortSignal | null,
): void {
  // Cut off from the client's side: that says nothing about anybody.
  if (outcome.kind === 'failed' && clientGone?.aborted) return;
  if (!harmsHealth(outcome)) {
    health.succeeded(pool, origin, now);
    return;
  }
  const until = health.failed(pool, origin, now);
  if (until === null) return;
  const [at, over] = [platform.now(), until].map((time) => new Date(time).toISOString());
  platform.log({ event: 'origin-ejected', at, pool: pool.id, origin: origin.id, until: over });
}

const tooSlow = { kind: 'failed', sent: 'unknown', reason: 'the origin did not answer in time' } as const;

/**
 * The pool's timeout counts until the reply's headers; the reply's body may take as long as it likes. A client that goes
 * away ends both.
 */
class Patience {
  readonly signal: AbortSignal | null;
  ranOut = false;
  #giveUp: ((outcome: OriginOutcome) => void) | null = null;
  readonly #timer: ReturnType<typeof setTimeout>;

  constructor({ timeoutMs }: Pool, { endsWhatIsLeft }: Platform, clientGone: AbortSignal | null) {
    const clock = endsWhatIsLeft ? null : new AbortController();
    this.signal = clock && (clientGone ? AbortSignal.any([clock.signal, clientGone]) : clock.signal);
    this.#timer = setTimeout(() => {
      this.ranOut = true;
      clock?.abort(new Error(tooSlow.reason));
      this.#giveUp?.(tooSlow);
    }, timeoutMs);
  }

  /** What comes first: the outcome, or the end of patience. */
  outlasts(sending: Promise<OriginOutcome>): Promise<OriginOutcome> {
    return new Promise((resolve, reject) => {
      this.#giveUp = resolve;
      sending.then(resolve, reject);
      if (this.ranOut) resolve(tooSlow);
    });
  }

  /** Also on Workers, where the request's end would take it along: left to that, it costs more than the call. */
  settle(): void {
    clearTimeout(this.#timer);
  }
}
