/**
 * Cloudflare's cache stands between a Worker and its origins, and there is none of it on this machine. So a Worker plays
 * Cloudflare: all that ours fetches goes to it, with the words that the runtime has for Cloudflare (`request.cf`).
 */
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requestOf, say } from '../../support/raw-http.ts';
import { startWorkerd, type Workerd } from '../../support/workerd.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** Answers with `fetch` and its option alone for `/as-no-store`, else by the platform. */
const entry = `
import { arrivalOf, workerPlatform } from '${root}worker/platform.ts';
const logged = [];
console.log = (line) => logged.push(line);
export default {
  async fetch(request, env, ctx) {
    const { pathname, searchParams, search } = new URL(request.url);
    if (pathname === '/ready') return new Response();
    if (pathname === '/logged') return new Response(logged.join('\\n'));
    const url = 'http://' + (searchParams.get('host') ?? 'eu.example') + '/page' + search;
    const { method } = request;
    const { body } = arrivalOf(request, ctx);
    if (pathname === '/as-no-store') return fetch(url, { method, headers: request.headers, body, cache: 'no-store' });
    const { headers } = request;
    const bodyLength = body === null ? null : Number(request.headers.get('content-length'));
    const edgeCache = pathname === '/edge';
    const perRequest = searchParams.has('shared') ? [['x-client', 'ada']] : [];
    const sent = { url, method, headers, perRequest, body, bodyLength, onBody: null, host: null, edgeCache, signal: null };
    const sending = workerPlatform.send(sent);
    if (searchParams.has('shared')) await workerPlatform.send({ ...sent, perRequest: [['x-other', 'the next one']] });
    const outcome = await sending;
    return outcome.kind === 'reply' ? outcome.response : new Response(outcome.reason, { status: 599 });
  },
};`;

/** `?cache=stubborn` answers from a cache that only `Cache-Control` keeps out, `?cache=own` is in front of every answer. */
const cloudflare = `
let asked = 0;
export default {
  async fetch(request) {
    const cache = new URL(request.url).searchParams.get('cache');
    const isKept = cache === 'own' || (cache === 'stubborn' && !request.headers.has('cache-control'));
    const told = { cf: request.cf ?? null, headers: Object.fromEntries(request.headers), body: await request.text() };
    asked++;
    return new Response(isKept ? 'the page of somebody else' : JSON.stringify({ ...told, asked }), {
      headers: { 'cf-cache-status': isKept ? 'HIT' : 'DYNAMIC' },
    });
  },
};`;

interface Told {
  readonly cf: Readonly<Record<string, unknown>> | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly asked: number;
}

let workerd: Workerd;
beforeAll(async () => {
  workerd = await startWorkerd({ entry, outbound: cloudflare });
});
afterAll(() => workerd?.stop());

async function ask(line: string, fields: readonly string[] = [], body = ''): Promise<string> {
  const { text } = await say(workerd.url, requestOf(workerd.url, line, fields, body));
  return text.slice(text.indexOf('\r\n\r\n') + 4);
}
const told = async (...asking: Parameters<typeof ask>): Promise<Told> => JSON.parse(await ask(...asking)) as Told;

describe('what Cloudflare is told', () => {
  const framed = ['Content-Length: 5'];

  it.each([
    ['GET', [], ''],
    ['GET', framed, 'query'],
    ['POST', framed, 'hello'],
    ['DELETE', [], ''],
  ] as const)(
    'of a %s with %j is what `no-store` tells it, and the origin hears nothing of that',
    async (method, fields, body) => {
      const asOption = await told(
        `${method} /as-no-store`,
        method === 'GET' ? [] : fields,
        method === 'GET' ? '' : body,
      );
      expect(asOption.cf).toMatchObject({ cacheTtl: -1, cacheLevel: 'bypass' });
      expect(asOption.headers).toMatchObject({ 'cache-control': 'no-cache', pragma: 'no-cache' });
      for (const path of ['/here', '/here?shared']) {
        const { cf, headers, body: arrived } = await told(`${method} ${path}`, fields, body);
        expect(cf).toEqual(asOption.cf);
        expect(Object.keys(headers)).not.toEqual(expect.arrayContaining(['cache-control']));
        expect(Object.keys(headers)).not.toEqual(expect.arrayContaining(['pragma']));
        expect(arrived).toBe(body);
      }
    },
  );

  it('of a route that may be kept at the edge is nothing', async () => {
    for (const [fields, body] of [
      [[], ''],
      [framed, 'query'],
    ] as const) {
      const { cf, headers } = await told('GET /edge', fields, body);
      for (const word of ['cacheTtl', 'cacheLevel', 'cacheControl']) expect(cf ?? {}).not.toHaveProperty(word);
      expect(headers).not.toHaveProperty('cache-control');
    }
  });

  it('leaves what the client says of caches as it came', async () => {
    const { headers } = await told('GET /here', ['Cache-Control: max-age=0', 'Pragma: x']);
    expect(headers).toMatchObject({ 'cache-control': 'max-age=0', pragma: 'x' });
  });
});

describe('a cache that answers all the same', () => {
  const hits = async (host: string): Promise<string[]> =>
    (await ask('GET /logged')).split('\n').filter((line) => line.includes('platform-cache-hit') && line.includes(host));

  it.each(['GET', 'HEAD'])(
    'is asked once more, so that a %s gets to the origin, and no further time',
    async (method) => {
      const host = `stubborn-${method.toLowerCase()}.example`;
      const before = (await told('GET /here')).asked;
      const first = await ask(`${method} /here?cache=stubborn&host=${host}`, ['X-Client: ada']);
      expect((await told('GET /here')).asked - before).toBe(3);
      if (method === 'GET')
        expect(JSON.parse(first)).toMatchObject({ headers: { 'x-client': 'ada', 'cache-control': 'no-cache' } });
      const grace = await told(`GET /here?cache=stubborn&host=${host}`, ['X-Client: grace']);
      expect(grace.headers).toMatchObject({ 'x-client': 'grace', 'cache-control': 'no-cache' });
      expect(grace.asked - before).toBe(4);
      expect(await hits(host)).toEqual([expect.stringMatching(`"origin":"http://${host}","status":"HIT"`)]);
      // Another origin is no worse for it.
      expect((await told('GET /here')).headers).not.toHaveProperty('cache-control');
    },
  );

  it('is the origin’s own if it answers again, and its answer passes', async () => {
    const before = (await told('GET /here')).asked;
    for (let i = 0; i < 3; i++)
      expect(await ask('GET /here?cache=own&host=own.example')).toBe('the page of somebody else');
    expect((await told('GET /here')).asked - before).toBe(2 + 1 + 1 + 1);
    expect(await hits('own.example')).toHaveLength(1);
  });

  it('is no cache to ask again when the request was one that no cache answers', async () => {
    const before = (await told('GET /here')).asked;
    await ask('POST /here?cache=own&host=post.example', framedBody, 'hello');
    expect((await told('GET /here')).asked - before).toBe(2);
    expect(await hits('post.example')).toEqual([]);
  });

  it('may answer for a route that may be kept at the edge', async () => {
    expect(await ask('GET /edge?cache=own&host=edge.example')).toBe('the page of somebody else');
    expect(await hits('edge.example')).toEqual([]);
  });

  it('gets the fields of its own request, though another one with the same shared header was sent meanwhile', async () => {
    const { headers } = await told('GET /here?cache=stubborn&host=shared.example&shared');
    expect(headers).toMatchObject({ 'x-client': 'ada', 'cache-control': 'no-cache' });
    expect(headers).not.toHaveProperty('x-other');
  });

  it('never has its answer passed on: a GET whose body is used up fails', async () => {
    const { status, text } = await say(
      workerd.url,
      requestOf(workerd.url, 'GET /here?cache=stubborn&host=carrier.example', framedBody, 'query'),
    );
    expect(status).toBe(599);
    expect(text).not.toContain('somebody else');
    expect((await told('GET /here?cache=stubborn&host=carrier.example', framedBody, 'query')).body).toBe('query');
  });
});

const framedBody = ['Content-Length: 5'];
