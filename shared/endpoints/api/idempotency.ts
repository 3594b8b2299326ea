/**
 * `Idempotency-Key`: of several requests with one key, one does the work, and the others get its answer. The key takes its
 * place before the work begins, since the work can end an older session of the subject.
 */
import { sha256Base64url } from '../../crypto/digest.ts';
import { Failure } from '../../errors.ts';
import type { EndpointParts } from '../endpoint.ts';

type Reply = Readonly<Record<string, string>>;

export interface KeyedRequest {
  readonly service: string;
  readonly key: string;
  readonly body: string;
  readonly now: number;
}

/** The answer to the first request with a key. */
interface Answered {
  /** SHA-256 of its body. */
  readonly body: string;
  readonly reply: Reply;
}

const answerMs = 24 * 3_600_000;
/** Longer than the work takes. After that it counts as broken off, and another request may do it. */
const workMs = 10_000;
/** One request waits for the answer of another one. On Workers it must not await that request itself. */
const mostWaitMs = 2_000;
const pollMs = 100;
/** Each is a request that failed. */
const maxTurns = 20;

/** `work`: begins a session. `undo`: ends it again, if the work of another request with the key was done first. */
export async function answerOnce(
  { onceKeys, sealer }: Pick<EndpointParts, 'onceKeys' | 'sealer'>,
  { service, key, body: text, now }: KeyedRequest,
  work: () => Promise<{ readonly id: string; readonly reply: Reply }>,
  undo: (id: string) => Promise<void>,
): Promise<Reply> {
  const place = `idempotency|${service}|${key}`;
  const body = await sha256Base64url(text);

  async function sameAnswer(sealed: string): Promise<Reply> {
    const opened = await sealer.open(sealed, place);
    const answered = opened && (JSON.parse(opened.text) as Answered);
    if (answered?.body !== body) throw otherBody();
    return answered.reply;
  }

  async function doWork(turn: number): Promise<Reply> {
    try {
      const { id, reply } = await work();
      const sealed = await sealer.seal(JSON.stringify({ body, reply } satisfies Answered), place);
      const earlier = await onceKeys.claimOnce(place, sealed, now + answerMs, now);
      if (earlier === null) return reply;
      await undo(id);
      return await sameAnswer(earlier);
    } catch (error) {
      // The next request with this key need not wait for the time to pass.
      await onceKeys.claimOnce(`${place}|failed|${turn}`, 'failed', now + workMs, now).catch(() => null);
      throw error;
    }
  }

  const hasFailed = async (turn: number): Promise<boolean> =>
    (await onceKeys.readOnce(`${place}|failed|${turn}`, now)) !== null;

  /** The answer of the request that has the turn. `failed`: there will be none. */
  async function awaitAnswer(turn: number): Promise<Reply | 'failed'> {
    for (let waitedMs = 0; waitedMs < mostWaitMs; waitedMs += pollMs) {
      await new Promise((resolve) => setTimeout(resolve, pollMs));
      const sealed = await onceKeys.readOnce(place, now);
      if (sealed !== null) return sameAnswer(sealed);
      if (await hasFailed(turn)) return 'failed';
    }
    throw notAnsweredYet();
  }

  const known = await onceKeys.readOnce(place, now);
  if (known !== null) return sameAnswer(known);
  for (let turn = 0; turn < maxTurns; turn++) {
    const taken = await onceKeys.claimOnce(`${place}|turn|${turn}`, body, now + workMs, now);
    if (taken === null) return doWork(turn);
    if (await hasFailed(turn)) continue;
    if (taken !== body) throw otherBody();
    const answer = await awaitAnswer(turn);
    if (answer !== 'failed') return answer;
  }
  throw notAnsweredYet();
}

const otherBody = (): Failure => new Failure('conflict', 'Idempotency-Key was used with another body');

const notAnsweredYet = (): Failure =>
  new Failure('conflict', 'the first request with this Idempotency-Key is not answered yet', {
    headers: { 'retry-after': '1' },
  });
