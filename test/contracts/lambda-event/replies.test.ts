import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { createHandler, createStreamHandler, type Prelude } from '../../../lambda/handlers.ts';
import type { Arrival, Platform } from '../../../shared/platform.ts';
import { functionUrl, loadBalancer, type Teller, tellers } from '../../support/lambda-events.ts';

type Gateway = (request: Request, arrival: Arrival) => Response | Promise<Response>;

function door(handle: Gateway) {
  const log: Record<string, unknown>[] = [];
  const platform = { door: 'lambda', now: () => 0, log: (line) => log.push(line) } as Partial<Platform> as Platform;
  return { log, parts: { platform, place: null, gateway: { handle: async (r: Request, a: Arrival) => handle(r, a) } } };
}

const ask = async (teller: Teller, handle: Gateway, deadline?: { getRemainingTimeInMillis(): number }) => {
  const { parts, log } = door(handle);
  return { ...teller.result(await createHandler(parts)(teller.event({}), deadline)), log };
};

/** Far more than anybody may take, and yet an end for a reader that does not stop. */
const practicallyEndless = 64 * 1024 * 1024;

/** A stream of as many bytes as anybody takes. */
function endless(): { body: ReadableStream<Uint8Array>; given: () => number; cancelled: () => boolean } {
  let given = 0;
  let cancelled = false;
  const chunk = new Uint8Array(64 * 1024);
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        given += chunk.length;
        if (given > practicallyEndless) controller.close();
        else controller.enqueue(chunk);
      },
      cancel() {
        cancelled = true;
      },
    },
    { highWaterMark: 0 },
  );
  return { body, given: () => given, cancelled: () => cancelled };
}

const broken = (): ReadableStream<Uint8Array> => {
  let pulls = 0;
  return new ReadableStream({
    pull(controller) {
      if (pulls++ === 0) controller.enqueue(new TextEncoder().encode('half'));
      else controller.error(new Error('gone'));
    },
  });
};

describe.each(tellers)('a reply through $name', (teller) => {
  it.each([
    ['without a content type', {}],
    ['as text', { 'content-type': 'text/plain' }],
    ['as text in a legacy charset', { 'content-type': 'text/html; charset=iso-8859-1' }],
    ['as JSON', { 'content-type': 'application/json' }],
    ['compressed', { 'content-type': 'text/html', 'content-encoding': 'gzip' }],
  ])('keeps every byte of its body %s', async (_, headers) => {
    const bytes = Uint8Array.from({ length: 512 }, (_, i) => i % 256);
    const { body } = await ask(teller, () => new Response(bytes, { headers }));
    expect(body.equals(Buffer.from(bytes))).toBe(true);
  });

  it('keeps status and headers, equal names together', async () => {
    const headers = new Headers({ 'x-a': 'ä', etag: 'W/"1"' });
    headers.append('link', '</a>; rel=next');
    headers.append('link', '</b>; rel=prev');
    const { status, fields } = await ask(teller, () => new Response('x', { status: 418, headers }));
    expect(status).toBe(418);
    expect(fields).toMatchObject({ 'x-a': 'ä', etag: 'W/"1"', link: '</a>; rel=next, </b>; rel=prev' });
  });

  it('keeps five cookies apart, dates with commas included', async () => {
    const cookies = ['a=1', 'b=2; Expires=Wed, 21 Oct 2026 07:28:00 GMT', 'a=3; Path=/x', 'd=', 'e="x, y"'];
    const headers = new Headers(cookies.map((cookie): [string, string] => ['set-cookie', cookie]));
    const reply = await ask(teller, () => new Response('x', { headers }));
    expect(reply.cookies).toEqual(cookies);
    expect(reply.fields).not.toHaveProperty('set-cookie');
  });

  it.each([204, 304])('of status %s has no body', async (status) => {
    const reply = await ask(teller, () => new Response(null, { status, headers: { etag: '"1"' } }));
    expect(reply).toMatchObject({ status, fields: { etag: '"1"' } });
    expect(reply.body.length).toBe(0);
  });

  it('may be as large as the platform can carry', async () => {
    const { status, body } = await ask(teller, () => new Response(new Uint8Array(teller.mostReplyBytes)));
    expect(status).toBe(200);
    expect(body.length).toBe(teller.mostReplyBytes);
  });

  it('that is larger becomes reply_too_large, and the origin is stopped soon', async () => {
    const source = endless();
    const reply = await ask(teller, () => new Response(source.body, { headers: { 'x-request-id': 'r-1' } }));
    expect(reply.status).toBe(502);
    expect(JSON.parse(reply.body.toString())).toMatchObject({ code: 'reply_too_large', request_id: 'r-1' });
    expect(source.cancelled()).toBe(true);
    expect(source.given()).toBeLessThan(teller.mostReplyBytes + 2 * 64 * 1024);
    expect(reply.log).toEqual([expect.objectContaining({ event: 'undelivered', code: 'reply_too_large' })]);
  });

  it('that announces more is not read at all', async () => {
    const source = endless();
    const headers = { 'content-length': String(teller.mostReplyBytes + 1) };
    expect((await ask(teller, () => new Response(source.body, { headers }))).status).toBe(502);
    expect(source.given()).toBe(0);
    expect(source.cancelled()).toBe(true);
  });

  it('that cannot be delivered still moves the session on', async () => {
    const headers = { 'set-cookie': 'session=next', 'cache-control': 'public' };
    const reply = await ask(teller, () => new Response(endless().body, { headers }));
    expect(reply.cookies).toEqual(['session=next']);
    expect(reply.fields['cache-control']).toBe('private, no-store');
  });

  it('that cannot be delivered is read by the scripts that could have read it', async () => {
    const allowed = {
      'access-control-allow-origin': 'https://app.example',
      'access-control-allow-credentials': 'true',
    };
    const headers = { ...allowed, vary: 'Origin', etag: '"a"' };
    const { fields } = await ask(teller, () => new Response(endless().body, { headers }));
    expect(fields).toMatchObject({ ...allowed, vary: 'Origin' });
    expect(fields).not.toHaveProperty('etag');
  });

  it('that cannot be delivered is still named and explained', async () => {
    const headers = { 'x-request-id': 'r-1', 'session-explained': 'origin=eu' };
    const { fields } = await ask(teller, () => new Response(endless().body, { headers }));
    expect(fields).toMatchObject({ 'x-request-id': 'r-1', 'session-explained': 'origin=eu' });
  });

  it('that cannot be delivered is a page for a person', async () => {
    const event = teller.event({
      fields: [
        ['accept', 'text/html'],
        ['sec-fetch-mode', 'navigate'],
      ],
    });
    const { parts } = door(() => new Response(endless().body));
    const reply = teller.result(await createHandler(parts)(event));
    expect([reply.status, reply.fields['content-type']]).toEqual([502, 'text/html; charset=utf-8']);
  });

  it('whose origin dies in mid-body is never passed off as whole', async () => {
    const reply = await ask(teller, () => new Response(broken()));
    expect(reply.status).toBe(502);
    expect(reply.body.toString()).not.toContain('half');
    expect(JSON.parse(reply.body.toString())).toMatchObject({ code: 'origin_unreachable' });
  });

  it('waits for the work that was left for later, and for what that leaves behind in turn', async () => {
    const done: string[] = [];
    await ask(teller, (_, arrival) => {
      arrival.defer(
        new Promise((resolve) => setImmediate(resolve)).then(() => {
          arrival.defer(new Promise((resolve) => setImmediate(() => resolve(done.push('second')))));
          done.push('first');
        }),
      );
      return new Response('x');
    });
    expect(done).toEqual(['first', 'second']);
  });

  it('goes out even if deferred work fails, and says so in the log', async () => {
    const { status, log } = await ask(teller, (_, arrival) => {
      arrival.defer(Promise.reject(new TypeError('secret of the store')));
      return new Response('x');
    });
    expect(status).toBe(200);
    expect(log).toEqual([expect.objectContaining({ event: 'deferred_work_lost', reason: 'TypeError' })]);
  });

  it('goes out even if deferred work hangs until the function would be ended', async () => {
    const hang = (_: Request, arrival: Arrival) => {
      arrival.defer(new Promise(() => undefined));
      return new Response('x');
    };
    const { status, log } = await ask(teller, hang, { getRemainingTimeInMillis: () => 510 });
    expect(status).toBe(200);
    expect(log).toEqual([expect.objectContaining({ event: 'deferred_work_lost' })]);
  });
});

describe('a load balancer’s reply', () => {
  it('brings the status in words, as the load balancer demands', async () => {
    const { parts } = door(() => new Response('x', { status: 404 }));
    expect(await createHandler(parts)(loadBalancer.event({}))).toMatchObject({ statusDescription: '404 Not Found' });
  });
});

describe('a streamed reply', () => {
  /** Lambda's response stream, as far as its user can tell: the prelude, what was written, how it ended. */
  async function stream(handle: Gateway, slow = false) {
    const written: Buffer[] = [];
    let prelude: Prelude | null = null;
    const out = new Writable({
      highWaterMark: 1,
      write(chunk, _, callback) {
        written.push(chunk);
        if (slow) setImmediate(callback);
        else callback();
      },
    });
    const preludes = {
      from(inner: Writable, given: Prelude) {
        prelude = given;
        return inner;
      },
    };
    const { parts, log } = door(handle);
    const failure = await createStreamHandler(parts, preludes)(functionUrl.event({}), out).then(
      () => null,
      (error: Error) => error,
    );
    return { prelude, written, out, failure, log };
  }

  it('begins with status, headers and cookies, even without a body', async () => {
    const headers = new Headers([
      ['etag', '"1"'],
      ['set-cookie', 'a=1'],
      ['set-cookie', 'b=2'],
    ]);
    const { prelude, written, out } = await stream(() => new Response(null, { status: 304, headers }));
    expect(prelude).toEqual({ statusCode: 304, headers: { etag: '"1"' }, cookies: ['a=1', 'b=2'] });
    expect(written.map((chunk) => chunk.length)).toEqual([0]);
    expect(out.writableFinished).toBe(true);
  });

  it('passes chunks on as they come', async () => {
    const chunks = ['data: 1\n\n', 'data: 2\n\n'];
    const left = chunks.map((text) => new TextEncoder().encode(text));
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        const chunk = left.shift();
        if (chunk) controller.enqueue(chunk);
        else controller.close();
      },
    });
    const { written } = await stream(() => new Response(body), true);
    expect(written.map(String)).toEqual(['', ...chunks]);
  });

  it('is read no faster than it is taken', async () => {
    const source = endless();
    const out = new Writable({ highWaterMark: 1, write: () => undefined });
    const { parts } = door(() => new Response(source.body));
    const running = createStreamHandler(parts, { from: (inner) => inner })(functionUrl.event({}), out);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(source.given()).toBeLessThanOrEqual(2 * 64 * 1024);
    out.destroy();
    await expect(running).rejects.toThrow();
    expect(source.cancelled()).toBe(true);
  });

  it('is never completed when the origin dies in mid-body', async () => {
    const { failure, out, written } = await stream(() => new Response(broken()));
    expect(failure?.message).toBe('The origin went away in mid-body.');
    expect(written.map(String)).toContain('half');
    expect(out.writableEnded).toBe(false);
  });

  it('stops the origin when nobody listens any more, even while the origin is silent', async () => {
    let cancelled = false;
    const body = new ReadableStream<Uint8Array>({
      cancel() {
        cancelled = true;
      },
    });
    const out = new Writable({ write: (_chunk, _encoding, callback) => callback() });
    const { parts } = door(() => new Response(body));
    const running = createStreamHandler(parts, { from: (inner) => inner })(functionUrl.event({}), out);
    setImmediate(() => out.destroy());
    await expect(running).rejects.toThrow('client disconnected');
    expect(cancelled).toBe(true);
  });

  it('ends only after the work that was left for later', async () => {
    const order: string[] = [];
    const out = new Writable({
      write: (_chunk, _encoding, callback) => callback(),
      final(callback) {
        order.push('end of the reply');
        callback();
      },
    });
    const { parts } = door((_, arrival) => {
      arrival.defer(new Promise<void>((resolve) => setImmediate(resolve)).then(() => order.push('deferred work')));
      return new Response('x');
    });
    await createStreamHandler(parts, { from: (inner) => inner })(functionUrl.event({}), out);
    expect(order).toEqual(['deferred work', 'end of the reply']);
  });

  it('says what was wrong with a request that was refused', async () => {
    const { parts } = door(() => new Response('never asked'));
    let prelude: Prelude | null = null;
    const out = new Writable({ write: (_chunk, _encoding, callback) => callback() });
    const preludes = {
      from(inner: Writable, given: Prelude) {
        prelude = given;
        return inner;
      },
    };
    await createStreamHandler(parts, preludes)(functionUrl.event({ fields: [['x-a', 'b\nc']] }), out);
    expect(prelude).toMatchObject({ statusCode: 400 });
  });
});
