import { createServer, get, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { createOriginConnections } from '../../lambda/origin/connections.ts';
import { createLambdaPlatform } from '../../lambda/platform.ts';
import type { OriginOutcome, OriginRequest } from '../../shared/platform.ts';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function listening(server: Server | ReturnType<typeof createTcpServer>): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    server.close();
    if ('closeAllConnections' in server) server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const origin = (answer: (request: IncomingMessage, reply: ServerResponse) => void) => listening(createServer(answer));

/** An origin that answers with exactly these bytes. */
const tcpOrigin = (answer: (socket: Socket, received: string) => void) =>
  listening(
    createTcpServer((socket) =>
      socket.on('error', () => undefined).on('data', (data) => answer(socket, data.toString('latin1'))),
    ),
  );

const platform = createLambdaPlatform({ write: () => undefined });

const send = (url: string, more: Partial<OriginRequest> = {}): Promise<OriginOutcome> =>
  platform.send({
    url,
    method: 'GET',
    headers: new Headers(),
    perRequest: [],
    body: null,
    bodyLength: null,
    onBody: null,
    host: null,
    edgeCache: false,
    signal: new AbortController().signal,
    ...more,
  });

async function reply(url: string, more: Partial<OriginRequest> = {}): Promise<Response> {
  const outcome = await send(url, more);
  if (outcome.kind === 'failed') throw new Error(outcome.reason);
  return outcome.response;
}

interface Echo {
  readonly method: string;
  readonly url: string;
  readonly fields: string[];
  readonly body: string;
}

const echo = () =>
  origin(async (request, answer) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { method, url, rawHeaders: fields } = request;
    answer.end(JSON.stringify({ method, url, fields, body: Buffer.concat(chunks).toString('latin1') }));
  });

const echoed = async (url: string, more: Partial<OriginRequest> = {}) =>
  (await (await reply(url, more)).json()) as Echo;
const field = ({ fields }: Echo, name: string) => fields.filter((_, i) => fields[i - 1]?.toLowerCase() === name);

describe('a request to an origin', () => {
  it('is a GET with a body if the client sent one', async () => {
    const seen = await echoed(await echo(), { body: new TextEncoder().encode('{"q":1}') });
    expect(seen).toMatchObject({ method: 'GET', body: '{"q":1}' });
    expect(field(seen, 'content-length')).toEqual(['7']);
  });

  it('keeps every byte of its body and says how many', async () => {
    const body = Uint8Array.from({ length: 256 }, (_, i) => i);
    const seen = await echoed(await echo(), { method: 'POST', body, headers: new Headers({ 'content-length': '9' }) });
    expect(Buffer.from(seen.body, 'latin1').equals(Buffer.from(body))).toBe(true);
    expect(field(seen, 'content-length')).toEqual(['256']);
  });

  it('streams a body with the length it came with, or in chunks without one', async () => {
    const url = await echo();
    const stream = () => new Response('hello').body;
    const known = await echoed(url, { method: 'PUT', body: stream(), bodyLength: 5 });
    expect(field(known, 'content-length')).toEqual(['5']);
    const unknown = await echoed(url, { method: 'PUT', body: stream() });
    expect(field(unknown, 'transfer-encoding')).toEqual(['chunked']);
    expect([known.body, unknown.body]).toEqual(['hello', 'hello']);
  });

  it('says when its body is taken: a small one at once, a large one when the origin has read all but what is buffered', async () => {
    const stages: string[] = [];
    const onBody = (stage: string): void => void stages.push(stage);
    await echoed(await echo(), { method: 'PUT', body: new Uint8Array(65_536), onBody });
    expect(stages.splice(0)).toEqual(['taken']);
    const large = await echoed(await echo(), { method: 'PUT', body: new Uint8Array(1_000_000), onBody });
    expect([large.body.length, field(large, 'content-length'), stages.pop()]).toEqual([
      1_000_000,
      ['1000000'],
      'taken',
    ]);
    expect(new Set(stages.splice(0))).toEqual(new Set(['origin']));

    let read: (() => void) | undefined;
    const arrived = new Promise<void>((resolve) => {
      read = resolve;
    });
    let wake: (() => void) | undefined;
    const slow = await origin((request, answer) => {
      request.pause();
      read?.();
      wake = () => request.on('end', () => answer.end('{}')).resume();
    });
    const sending = reply(slow, { method: 'PUT', body: new Uint8Array(24 * 1024 * 1024), onBody });
    await arrived;
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(stages.at(-1)).toBe('origin');
    wake?.();
    await sending;
    expect(stages.at(-1)).toBe('taken');
  });

  it('says so of a stream too, and whose turn it is', async () => {
    const stages: string[] = [];
    const body = new Response('hello').body;
    await echoed(await echo(), { method: 'PUT', body, bodyLength: 5, onBody: (stage) => void stages.push(stage) });
    expect(stages).toEqual(['client', 'origin', 'client', 'taken']);
    const broken = new ReadableStream<Uint8Array>({ pull: (controller) => controller.error(new Error('gone')) });
    const outcome = await send(await echo(), {
      method: 'PUT',
      body: broken,
      onBody: (stage) => void stages.push(stage),
    });
    expect([outcome.kind, stages.at(-1)]).toEqual(['failed', 'broken']);
  });

  it('keeps the query as it came, signs included that a URL parser would change', async () => {
    const { url } = await echoed(`${await echo()}/a%2fb?q='x'&r=%zz&s="`);
    expect(url).toBe("/a%2fb?q='x'&r=%zz&s=\"");
  });

  it('asks for the root when the URL is a bare origin', async () => {
    expect((await echoed(await echo())).url).toBe('/');
    expect((await echoed(`${await echo()}?a=1`)).url).toBe('/?a=1');
  });

  it('carries bytes above ASCII in headers', async () => {
    const seen = await echoed(await echo(), { headers: new Headers({ 'x-name': 'caf\xe9' }) });
    expect(field(seen, 'x-name')).toEqual(['caf\xe9']);
  });

  it('shows the origin its own Host, or the one that was asked for', async () => {
    const url = await echo();
    const headers = new Headers({ host: 'ignored.example' });
    expect(field(await echoed(url, { headers }), 'host')).toEqual([new URL(url).host]);
    expect(field(await echoed(url, { headers, host: 'shop.example' }), 'host')).toEqual(['shop.example']);
  });

  it('goes out in spite of headers that only concern a connection', async () => {
    const headers = new Headers({ expect: '100-continue', 'keep-alive': 'timeout=5', upgrade: 'h2c' });
    expect((await echoed(await echo(), { method: 'POST', headers, body: new Uint8Array(3) })).body).toHaveLength(3);
  });
});

describe('a reply of an origin', () => {
  it('is a redirect when the origin redirects', async () => {
    const url = await origin((_, answer) => answer.writeHead(302, { location: '/elsewhere' }).end());
    const response = await reply(url);
    expect(response.status).toBe(302);
    expect(response.headers.get('location')).toBe('/elsewhere');
  });

  it('stays compressed, with the headers that say so', async () => {
    const packed = gzipSync('hello');
    const url = await origin((_, answer) =>
      answer.writeHead(200, { 'content-encoding': 'gzip', 'content-length': packed.length }).end(packed),
    );
    const response = await reply(url);
    expect(Buffer.from(await response.arrayBuffer()).equals(packed)).toBe(true);
    expect(response.headers.get('content-encoding')).toBe('gzip');
    expect(response.headers.get('content-length')).toBe(String(packed.length));
  });

  it('keeps five cookies apart and in order', async () => {
    const cookies = ['a=1', 'b=2; Expires=Wed, 21 Oct 2026 07:28:00 GMT', 'a=3', 'd=', 'e="x, y"'];
    const url = await origin((_, answer) => answer.writeHead(200, { 'set-cookie': cookies }).end());
    expect((await reply(url)).headers.getSetCookie()).toEqual(cookies);
  });

  it('carries bytes above ASCII in headers', async () => {
    const url = await origin((_, answer) => answer.writeHead(200, { 'x-name': 'caf\xe9' }).end());
    expect((await reply(url)).headers.get('x-name')).toBe('caf\xe9');
  });

  it.each([204, 304])('of status %s has no body', async (status) => {
    const url = await origin((_, answer) => answer.writeHead(status, { etag: '"1"' }).end());
    const response = await reply(url);
    expect([response.status, response.body, response.headers.get('etag')]).toEqual([status, null, '"1"']);
  });

  it('to HEAD has no body and keeps the length', async () => {
    const url = await origin((_, answer) => answer.writeHead(200, { 'content-length': '1000' }).end());
    const response = await reply(url, { method: 'HEAD' });
    expect([response.body, response.headers.get('content-length')]).toEqual([null, '1000']);
  });

  it('comes after 103 Early Hints, which are dropped', async () => {
    const url = await origin((_, answer) => {
      answer.writeEarlyHints({ link: '</a.css>; rel=preload' });
      answer.end('late');
    });
    expect(await (await reply(url)).text()).toBe('late');
  });

  it('streams as it comes', async () => {
    let finish: () => void = () => undefined;
    const url = await origin((_, answer) => {
      answer.write('first');
      finish = () => answer.end('second');
    });
    const reader = (await reply(url)).body?.getReader();
    expect(Buffer.from((await reader?.read())?.value as Uint8Array).toString()).toBe('first');
    finish();
    expect(Buffer.from((await reader?.read())?.value as Uint8Array).toString()).toBe('second');
    expect((await reader?.read())?.done).toBe(true);
  });

  it('breaks when the origin dies in mid-body, with a length or in chunks', async () => {
    for (const head of ['content-length: 100', 'transfer-encoding: chunked']) {
      const url = await tcpOrigin((socket) => {
        socket.write(`HTTP/1.1 200 OK\r\n${head}\r\n\r\n5\r\nhello\r\n`);
        setImmediate(() => socket.end());
      });
      await expect((await reply(url)).text()).rejects.toThrow();
    }
  });

  it('is let go when nobody wants the rest', async () => {
    const closed = new Promise<void>((resolve) => {
      closers.push(resolve);
      origin((request, answer) => {
        request.socket.once('close', resolve);
        answer.write('first');
      }).then(async (url) => (await reply(url)).body?.cancel());
    });
    await closed;
  });

  it('is a failure with a status that no reply can have', async () => {
    const url = await tcpOrigin((socket) => socket.end('HTTP/1.1 999 No\r\ncontent-length: 0\r\n\r\n'));
    expect(await send(url)).toEqual({ kind: 'failed', sent: 'unknown', reason: 'not_representable' });
  });
});

describe('a failure', () => {
  it('of a connection that was refused sent nothing', async () => {
    const url = await origin(() => undefined);
    for (const close of closers.splice(0)) close();
    expect(await send(url)).toEqual({ kind: 'failed', sent: 'nothing', reason: 'ECONNREFUSED' });
  });

  it('of a name that does not exist sent nothing', async () => {
    const outcome = await send('http://nowhere.invalid/');
    expect(outcome).toMatchObject({
      kind: 'failed',
      sent: 'nothing',
      reason: expect.stringMatching(/ENOTFOUND|EAI_AGAIN/),
    });
  });

  it('of a TLS handshake sent nothing', async () => {
    const url = await tcpOrigin((socket) => socket.end('not TLS'));
    expect(await send(url.replace('http:', 'https:'))).toMatchObject({ kind: 'failed', sent: 'nothing' });
  });

  it('after the request went out may have sent something', async () => {
    const url = await tcpOrigin((socket) => socket.destroy());
    expect(await send(url)).toMatchObject({ kind: 'failed', sent: 'unknown' });
  });

  it('by a reply that is not HTTP may have sent something', async () => {
    const url = await tcpOrigin((socket) => socket.end('what?'));
    expect(await send(url)).toMatchObject({ kind: 'failed', sent: 'unknown' });
  });

  it('comes when the signal says so, and closes the connection', async () => {
    const attempt = new AbortController();
    const closed = new Promise<void>((resolve) => {
      tcpOrigin((socket) => {
        socket.once('close', () => resolve());
        attempt.abort();
      }).then(async (url) => {
        expect(await send(url, { signal: attempt.signal })).toEqual({
          kind: 'failed',
          sent: 'unknown',
          reason: 'aborted',
        });
      });
    });
    await closed;
  });

  it('of the signal in mid-body breaks the reply', async () => {
    const attempt = new AbortController();
    const url = await origin((_, answer) => answer.write('first'));
    const response = await reply(url, { signal: attempt.signal });
    attempt.abort();
    await expect(response.text()).rejects.toThrow();
  });

  it('gives no address and no header away', async () => {
    const url = await tcpOrigin((socket) => socket.destroy());
    const outcome = await send(`${url}/secret?token=1`, { headers: new Headers({ authorization: 'Bearer 1' }) });
    expect(JSON.stringify(outcome)).not.toMatch(/127\.0\.0\.1|secret|token|Bearer/);
  });
});

describe('a connection', () => {
  it('is used again', async () => {
    const ports: (number | undefined)[] = [];
    const url = await origin((request, answer) => {
      ports.push(request.socket.remotePort);
      answer.end('x');
    });
    await (await reply(url)).text();
    await (await reply(url)).text();
    expect(ports[0]).toBe(ports[1]);
  });

  it('that the origin closed in the meantime is not', async () => {
    let drop: () => void = () => undefined;
    const url = await origin((request, answer) => {
      drop = () => request.socket.destroy();
      answer.end('x');
    });
    await (await reply(url)).text();
    drop();
    await new Promise((resolve) => setImmediate(resolve));
    expect(await (await reply(url)).text()).toBe('x');
  });

  it('that breaks when it is used again may have carried something', async () => {
    let served = 0;
    const url = await origin((request, answer) => (served++ === 0 ? answer.end('x') : request.socket.destroy()));
    await (await reply(url)).text();
    expect(await send(url, { method: 'POST' })).toMatchObject({ kind: 'failed', sent: 'unknown' });
  });

  it('that slept along with the function is not relied on', async () => {
    let clock = 0;
    const connections = createOriginConnections(() => clock);
    const agent = await connections.agentFor('http');
    const url = new URL(await origin((_, answer) => answer.end('x')));
    await new Promise((resolve) =>
      get({ agent, port: url.port, host: url.hostname }, (m) => m.resume().on('end', resolve)),
    );
    await new Promise((resolve) => setImmediate(resolve));
    const [idle] = Object.values(agent.freeSockets).flat();
    clock += 3_999;
    await connections.agentFor('http');
    expect(idle?.destroyed).toBe(false);
    clock += 4_000;
    await connections.agentFor('http');
    expect(idle?.destroyed).toBe(true);
  });
});

describe('the log', () => {
  it('is one line of JSON each', () => {
    const written: string[] = [];
    createLambdaPlatform({ write: (line) => written.push(line) }).log({ event: 'x', text: 'a\nb' });
    expect(written).toEqual(['{"event":"x","text":"a\\nb"}\n']);
  });

  it('never throws', () => {
    const circular: Record<string, unknown> = {};
    circular.self = circular;
    expect(() => createLambdaPlatform({ write: () => undefined }).log(circular)).not.toThrow();
  });
});
