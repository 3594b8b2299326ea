/**
 * What the Worker's platform sends, asked of workerd itself: `wrangler dev` puts a Worker of its own in front, which
 * rewrites the URL before ours sees it.
 */
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startOrigin, type TestOrigin } from '../support/origin.ts';
import { requestOf, say } from '../support/raw-http.ts';
import { startWorkerd, type Workerd } from '../support/workerd.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

const entry = (base: string): string => `
import { arrivalOf, workerPlatform } from '${root}worker/platform.ts';
import { listHeaders } from '${root}shared/http/header-snapshot.ts';
import { replyTo } from '${root}shared/proxy/reply.ts';
import { createReplyHeaders } from '${root}shared/proxy/reply-headers.ts';
import { originUrl } from '${root}shared/http/urls.ts';
const lengthOf = (headers) => (headers.has('content-length') ? Number(headers.get('content-length')) : null);
const replyHeaders = createReplyHeaders({ session: { cookie: { name: '__Host-session' } }, pools: new Map() });
export default {
  async fetch(request, env, ctx) {
    const { body, path, rawQuery } = arrivalOf(request, ctx);
    const { method, headers, signal } = request;
    const url = originUrl('${base}', path, rawQuery);
    const outcome = await workerPlatform.send({ url, method, headers, perRequest: [], body, bodyLength: lengthOf(headers), onBody: null, host: null, edgeCache: false, signal });
    if (outcome.kind === 'failed') return new Response(outcome.reason, { status: 599 });
    const reply = replyTo(method, outcome.status, outcome.response);
    replyHeaders(reply.headers, { fields: listHeaders(reply.headers), personal: true, withCredentials: true });
    reply.headers.append('set-cookie', '__Host-session=ours');
    return reply;
  },
};`;

let origin: TestOrigin;
let workerd: Workerd;
let url: string;

beforeAll(async () => {
  origin = await startOrigin('eu', 'token');
  workerd = await startWorkerd({ entry: entry(origin.url) });
  url = workerd.url;
});

afterAll(async () => {
  workerd?.stop();
  await origin?.close();
});

it.each(["?a='b'&c=%27&d=%2F", '?', '?h[]=1&i={2}&j=|^`', '?k=%zz&l=%&m=a+b%20c', "?'"])(
  'the query %s leaves as it came',
  async (query) => {
    await say(url, requestOf(url, `GET /it's/here${query}`));
    expect(origin.seen.at(-1)?.url).toBe(`/it's/here${query}`);
  },
);

it('bytes that cannot stand in a query leave escaped', async () => {
  await say(url, requestOf(url, 'GET /x?e=\xc3\xbc'));
  expect(origin.seen.at(-1)?.url).toBe('/x?e=%C3%BC');
});

it('the path leaves as the URL standard has it', async () => {
  await say(url, requestOf(url, 'GET /a/./b/%2e%2e/c'));
  expect(origin.seen.at(-1)?.url).toBe('/a/c');
});

it('a GET keeps its body', async () => {
  await say(url, requestOf(url, 'GET /search', ['Content-Length: 5'], 'hello'));
  expect(origin.seen.at(-1)).toMatchObject({ method: 'GET', body: Buffer.from('hello') });
});

it('bytes in a reply’s header leave as they came, with a cookie of ours beside them', async () => {
  origin.on('/said', (_, response) => {
    const cookies = ['name=caf\xe9; Path=/', 'other=\xff\xfe'];
    response.writeHead(200, { 'set-cookie': cookies, location: '/caf\xe8', vary: 'X-\xe9', 'x-name': '\xe9' }).end();
  });
  const { text } = await say(url, requestOf(url, 'GET /said'));
  const fields = text.slice(0, text.indexOf('\r\n\r\n')).split('\r\n');
  expect(fields).toEqual(
    expect.arrayContaining([
      'Set-Cookie: name=caf\xe9; Path=/',
      'Set-Cookie: other=\xff\xfe',
      'Set-Cookie: __Host-session=ours',
      'Location: /caf\xe8',
      'Vary: X-\xe9, Cookie',
      'x-name: \xe9',
    ]),
  );
});
