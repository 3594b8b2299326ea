import { afterAll, describe, expect, it } from 'vitest';
import { startApp } from '../support/apps.ts';
import { throughBothDoors } from '../support/doors.ts';
import { requestOf, say } from '../support/raw-http.ts';

const express = await startApp('pages.mjs');
afterAll(() => express.kill());

const definition = `({
  ...base,
  pools: { ...base.pools, express: { origins: [{ id: 'express', url: env.EXPRESS }] } },
  routes: [
    { path: '/page', pool: 'express', session: 'optional' },
    { path: '/files/*', pool: 'express', session: 'off' },
    ...base.routes,
  ],
})`;

throughBothDoors(
  'a copy that is still good is not sent again',
  { definition, env: { EXPRESS: express.url } },
  (world) => {
    describe('an application on Express', () => {
      it.each(['/page', '/files/pages.mjs'])(
        'answers with 304 when the copy of %s is named by its ETag',
        async (path) => {
          const client = world.client({});
          const whole = await client.ask(path);
          expect(whole.status).toBe(200);
          const copy = { 'if-none-match': whole.header('etag') ?? '' };
          for (const method of ['GET', 'HEAD']) {
            const again = await client.ask(path, { method, headers: copy });
            expect([again.status, again.body.length]).toEqual([304, 0]);
            expect(again.header('etag')).toBe(whole.header('etag'));
          }
          expect((await client.ask(path, { headers: { 'if-none-match': '"another"' } })).status).toBe(200);
        },
      );

      it('answers with 304 when the copy is named by its date', async () => {
        const client = world.client({});
        const date = (await client.ask('/files/pages.mjs')).header('last-modified') ?? '';
        expect((await client.ask('/files/pages.mjs', { headers: { 'if-modified-since': date } })).status).toBe(304);
      });

      it('sends the whole page to a client that asks for it', async () => {
        const client = world.client({});
        const copy = { 'if-none-match': (await client.ask('/page')).header('etag') ?? '' };
        const reloaded = await client.ask('/page', { headers: { ...copy, 'cache-control': 'no-cache' } });
        expect(reloaded.status).toBe(200);
      });
    });

    describe('an origin sees no field that neither the client nor the gateway has put there', () => {
      const fromUs = [
        ...['cdn-loop', 'forwarded', 'session-affinity', 'session-status', 'traceparent', 'via', 'x-request-id'],
        ...['x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto'],
      ];
      /** `cf-worker` is Cloudflare's own, and so is a length of 0 for a method that may have a body. */
      const fromTheHost = { worker: ['host', 'cf-worker', 'content-length'], lambda: ['host', 'connection'] };

      it.each([
        ['GET', '/x', [], ''],
        ['HEAD', '/x', [], ''],
        ['GET', '/x', ['Content-Length: 5'], 'query'],
        ['POST', '/x', ['Content-Length: 5'], 'hello'],
        ['OPTIONS', '/x', [], ''],
        ['GET', '/assets/x.js', [], ''],
        ['GET', '/hooks/x', [], ''],
      ] as const)('%s %s %j', async (method, path, framing, body) => {
        const seen = Object.values(world.origins).map((origin) => [origin, origin.seen.length] as const);
        const fields = ['Accept: text/html', 'Accept-Encoding: br, gzip', 'X-Mine: 1', ...framing];
        expect((await say(world.url, requestOf(world.url, `${method} ${path}`, fields, body))).status).toBe(200);
        const [arrived] = seen.flatMap(([origin, before]) => origin.seen.slice(before));
        const mine = fields.map((field) => field.split(':', 1)[0]?.toLowerCase());
        const known = new Set([...fromUs, ...fromTheHost[world.door], ...mine]);
        expect(Object.keys(arrived?.headers ?? {}).filter((name) => !known.has(name))).toEqual([]);
      });

      it('and what the client says of caches as it said it', async () => {
        for (const [cacheControl, pragma] of [
          ['no-cache', 'no-cache'],
          ['max-age=0', 'x'],
        ] as const) {
          await world.client({}).ask('/x', { headers: { 'cache-control': cacheControl, pragma } });
          const arrived = Object.values(world.origins).flatMap(({ seen }) => seen.slice(-1));
          expect(arrived).toContainEqual(
            expect.objectContaining({ headers: expect.objectContaining({ 'cache-control': cacheControl, pragma }) }),
          );
        }
      });
    });

    it('a page that Cloudflare’s cache says it had is asked for again, at the origin itself', async ({ skip }) => {
      skip(world.door === 'lambda', 'there is no cache between a Lambda and its origins');
      let asked = 0;
      for (const origin of Object.values(world.origins)) {
        origin.on('/cached', ({ headers }, response) => {
          asked++;
          const isFresh = headers['cache-control'] === 'no-cache';
          response.setHeader('cf-cache-status', isFresh ? 'MISS' : 'HIT');
          response.end(isFresh ? `for ${headers['x-client']}` : 'for somebody else');
        });
      }
      const [ada, grace] = [world.client({}), world.client({})];
      expect((await ada.ask('/cached', { headers: { 'x-client': 'ada' } })).text()).toBe('for ada');
      expect(asked).toBe(2);
      await ada.ask('/page');
      expect((await grace.ask('/cached', { headers: { 'x-client': 'grace' } })).text()).toBe('for grace');
      const lines = world.lines.filter((line) => line.includes('platform-cache-hit'));
      expect(lines.length).toBeGreaterThan(0);
      expect(lines[0]).toMatch(/"origin":"http:.*","status":"HIT"/);
    });
  },
);
