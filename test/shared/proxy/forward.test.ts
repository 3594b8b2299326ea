import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Failure } from '../../../shared/errors.ts';
import type { OriginOutcome, OriginRequest, Platform } from '../../../shared/platform.ts';
import { type Forwarded, forward, type Job } from '../../../shared/proxy/forward.ts';
import type { Candidate } from '../../../shared/routing/placement/types.ts';
import { ap, eu, poolOf, us } from '../../support/pools.ts';

beforeEach(() => void vi.useFakeTimers({ now: 0 }));
afterEach(() => void vi.useRealTimers());

const pool = poolOf([eu, us, ap]);
const at = (origin: typeof eu): Candidate => ({ pool, origin, branch: null });
const candidates = [at(eu), at(us), at(ap)] as const;
const reply = (status: number): OriginOutcome => ({ kind: 'reply', status, response: new Response(null, { status }) });
const refused: OriginOutcome = { kind: 'failed', sent: 'nothing', reason: 'ECONNREFUSED' };
const reset: OriginOutcome = { kind: 'failed', sent: 'unknown', reason: 'ECONNRESET' };
const never = (): Promise<OriginOutcome> => new Promise(() => undefined);

type Send = (request: OriginRequest, origin: string) => Promise<OriginOutcome>;
interface Ran {
  readonly came: Forwarded | Failure | null;
  readonly tried: readonly string[];
  readonly notes: readonly string[];
}

/** Runs for so long; `came` is null if it has not ended by then. */
async function run(send: Send, more: Partial<Job> = {}, forMs = 0): Promise<Ran> {
  const tried: string[] = [];
  const notes: string[] = [];
  const platform: Platform = {
    door: 'lambda',
    endsWhatIsLeft: true,
    relay: null,
    now: Date.now,
    log: () => undefined,
    send(request) {
      tried.push(request.url);
      return send(request, request.url);
    },
  };
  const job: Job = {
    candidates,
    method: 'GET',
    body: null,
    contentLength: null,
    hasIdempotencyKey: false,
    clientGone: null,
    timeoutMs: 60_000,
    maxMs: null,
    report: {
      record: ({ origin }, says) => void notes.push(`${origin.id} ${says}`),
      expectTimeout: ({ origin }) => void notes.push(`${origin.id} foreseen`),
      close: () => void notes.push('closed'),
    },
    isPinned: ({ origin }) => origin === eu,
    requestFor: ({ origin }) => ({
      url: origin.id,
      headers: new Headers(),
      perRequest: [],
      host: null,
      edgeCache: false,
    }),
    ...more,
  };
  let came: Ran['came'] = null;
  forward(job, platform).then(
    (ended) => {
      came = ended;
    },
    (thrown) => {
      came = thrown;
    },
  );
  await vi.advanceTimersByTimeAsync(forMs);
  return { came, tried, notes };
}

const slowBody = (everyMs: number, pieces: number): ReadableStream<Uint8Array> =>
  new ReadableStream(
    {
      async pull(controller) {
        await new Promise((resolve) => setTimeout(resolve, everyMs));
        if (pieces-- > 0) controller.enqueue(new Uint8Array(1_000));
        else controller.close();
      },
    },
    { highWaterMark: 0 },
  );

describe('a reply', () => {
  it('that is better ends the search', async () => {
    const { came, tried } = await run(async (_, origin) => reply(origin === 'eu' ? 503 : 500));
    expect([came, tried]).toMatchObject([
      { status: 500, by: { origin: us }, isAcceptable: true, attempts: 2 },
      ['eu', 'us'],
    ]);
  });

  it('of home’s is passed where none is better', async () => {
    const { came, notes } = await run(async (_, origin) => reply(origin === 'eu' ? 503 : 502));
    expect(came).toMatchObject({ status: 503, by: { origin: eu }, isAcceptable: false, attempts: 3 });
    expect(notes).toEqual(['eu listed', 'us listed', 'ap listed', 'closed']);
  });

  it('of home’s is passed though others failed before it', async () => {
    const { came } = await run(async (_, origin) => reply(origin === 'us' ? 502 : 503), {
      candidates: [at(us), at(ap), at(eu)],
    });
    expect(came).toMatchObject({ status: 503, by: { origin: eu } });
  });

  it('is the first where home gave none, and is worth more than what failed after it', async () => {
    const { came } = await run(async (_, origin) => (origin === 'eu' ? refused : origin === 'us' ? reply(503) : reset));
    expect(came).toMatchObject({ status: 503, by: { origin: us }, attempts: 3 });
  });
});

describe('time', () => {
  it('is not given a second time to the next origin', async () => {
    const late = (ms: number): Promise<OriginOutcome> => new Promise((resolve) => setTimeout(resolve, ms, refused));
    const send: Send = (_, origin) => (origin === 'eu' ? late(50_000) : never());
    expect((await run(send, {}, 59_999)).came).toBe(null);
    const { came, notes } = await run(send, {}, 60_000);
    expect(came).toMatchObject({ kind: 'failed', code: 'origin_timeout', last: { origin: us }, attempts: 2 });
    expect(notes).toEqual(['eu failed', 'us foreseen', 'us timed-out', 'closed']);
  });

  it('that is up is not followed by another try', async () => {
    const { came, tried } = await run(never, {}, 60_000);
    expect([came, tried]).toMatchObject([{ code: 'origin_timeout', attempts: 1 }, ['eu']]);
  });

  it('of the invocation ends it earlier, and without any nobody is asked', async () => {
    expect((await run(never, { maxMs: 9_000 }, 9_000)).came).toMatchObject({ code: 'origin_timeout', attempts: 1 });
    const { came, tried } = await run(never, { maxMs: -200 });
    expect([came, tried]).toMatchObject([{ kind: 'failed', code: 'origin_timeout', attempts: 0 }, []]);
  });

  it('is enough for an idle long poll of 25 s and its round trip', async () => {
    const poll = (): Promise<OriginOutcome> => new Promise((resolve) => setTimeout(resolve, 25_400, reply(200)));
    const { came, notes } = await run(poll, {}, 25_400);
    expect([came, notes]).toMatchObject([{ status: 200, attempts: 1 }, ['eu served', 'closed']]);
  });
});

describe('a body that the client sends slowly', () => {
  it('is held for as long as it flows, and its origin then has its whole time', async () => {
    const body = slowBody(50_000, 3);
    const send: Send = () => new Promise((resolve) => setTimeout(resolve, 59_000, reply(200)));
    const more = { method: 'PUT', body, contentLength: 3_000 };
    expect((await run(send, more, 200_000 + 59_000)).came).toMatchObject({ status: 200 });
  });

  it('and not to its end is the client’s fault, before and after an origin has it', async () => {
    const held = await run(never, { method: 'PUT', body: slowBody(70_000, 3), contentLength: 3_000 }, 60_000);
    expect(held.came).toBeInstanceOf(Failure);
    expect([(held.came as Failure).code, held.tried, held.notes]).toEqual(['request_timeout', [], ['closed']]);

    const taking: Send = ({ onBody }) => {
      onBody?.('client');
      return never();
    };
    const streamed = await run(taking, { method: 'PUT', body: slowBody(70_000, 3) }, 60_000);
    expect([(streamed.came as Failure).code, streamed.tried, streamed.notes]).toEqual([
      'request_timeout',
      ['eu'],
      ['closed'],
    ]);
  });

  it('and breaks off is no origin’s fault either', async () => {
    const breaking: Send = async ({ onBody }) => {
      onBody?.('broken');
      return reset;
    };
    const { came, notes } = await run(breaking, { method: 'PUT', body: slowBody(1, 3) });
    expect([(came as Failure).code, notes]).toEqual(['bad_request', ['closed']]);
  });

  it('and that the origin does not read is a time-out of the origin’s', async () => {
    const deaf: Send = ({ onBody }) => {
      onBody?.('origin');
      return never();
    };
    const { came, notes } = await run(deaf, { method: 'PUT', body: slowBody(1, 3) }, 60_000);
    expect(came).toMatchObject({ kind: 'failed', code: 'origin_timeout' });
    expect(notes).toEqual(['eu foreseen', 'eu timed-out', 'closed']);
  });

  it('keeps its length', async () => {
    const lengths: (number | null)[] = [];
    const send: Send = async ({ bodyLength }) => {
      lengths.push(bodyLength);
      return reply(200);
    };
    await run(send, { method: 'PUT', body: slowBody(1, 100), contentLength: 100_000 });
    await run(send, { method: 'PUT', body: slowBody(1, 100) });
    expect(lengths).toEqual([100_000, null]);
  });
});
