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
import { originUrl } from '${root}shared/proxy/target.ts';
export default {
  async fetch(request, env, ctx) {
    const { body, path, rawQuery } = arrivalOf(request, ctx);
    const { method, headers, signal } = request;
    const url = originUrl('${base}', path, rawQuery);
    const outcome = await workerPlatform.send({ url, method, headers, body, host: null, edgeCache: false, signal });
    return outcome.kind === 'reply' ? outcome.response : new Response(outcome.reason, { status: 599 });
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
