import { describe, expect, it } from 'vitest';
import { throughBothDoors } from '../support/doors.ts';

throughBothDoors(
  'nobody is shown another’s page',
  { definition: `{ ...base, session: { strategy: 'token' } }` },
  (world) => {
    const signedIn = async (user: string) => {
      const client = world.client({});
      expect((await client.ask('/login', { form: { user } })).status).toBe(303);
      return client;
    };
    const answer = (path: string, headers: Record<string, string>) => {
      let served = 0;
      for (const origin of Object.values(world.origins)) {
        origin.on(path, (_, response) => void response.writeHead(200, headers).end(`page ${++served}`));
      }
    };

    it.each(['/account/page.css', '/page.js', '/photo.jpg'])('%s of two people is two pages', async (path) => {
      answer(path, { 'cache-control': 'public, max-age=600', 'content-type': 'text/css' });
      const [ada, grace] = [await signedIn('ada'), await signedIn('grace')];
      expect((await ada.ask(path)).text()).toBe('page 1');
      expect((await grace.ask(path)).text()).toBe('page 2');
      expect((await ada.ask(path)).text()).toBe('page 3');
    });

    it.each([
      ['public, max-age=600', 'private, max-age=600'],
      ['public, s-maxage=60, max-age=5', 'private, max-age=5'],
      ['max-age=600', 'private, max-age=600'],
      ['', 'private'],
      ['no-store', 'no-store'],
      ['private, max-age=5', 'private, max-age=5'],
    ])('a page that says `%s` is for its reader alone', async (said, heard) => {
      answer('/personal', said === '' ? {} : { 'cache-control': said });
      const client = await signedIn('ada');
      const reply = await client.ask('/personal');
      expect(reply.setCookies).toEqual([]);
      expect(reply.header('cache-control')).toBe(heard);
      if (!said.startsWith('private') && said !== 'no-store') expect(reply.header('vary')).toMatch(/cookie/i);
    });

    it('what is said to other caches goes with it', async () => {
      answer('/personal', { 'cdn-cache-control': 'max-age=60', 'surrogate-control': 'max-age=60', vary: 'Accept' });
      const reply = await (await signedIn('ada')).ask('/personal');
      expect(reply.header('cdn-cache-control')).toBeNull();
      expect(reply.header('surrogate-control')).toBeNull();
      expect(reply.header('vary')).toBe('Accept, Cookie');
    });

    it('a reply that writes a cookie of ours is kept by nobody', async () => {
      answer('/first', { 'cache-control': 'public, max-age=600' });
      const reply = await world.client({}).ask('/first');
      expect(reply.setCookies.map((line) => line.split('=')[0])).toEqual(['__Host-affinity']);
      expect(reply.header('cache-control')).toBe('private, no-store');
    });

    it('a stranger with a berth gets the page as the application meant it', async () => {
      answer('/public', { 'cache-control': 'public, max-age=600' });
      const stranger = world.client({});
      await stranger.ask('/');
      const reply = await stranger.ask('/public');
      expect(reply.setCookies).toEqual([]);
      expect(reply.header('cache-control')).toBe('public, max-age=600');
    });

    it('a reply that may be kept at the edge carries nobody’s cookie', async () => {
      answer('/assets/app.js', { 'cache-control': 'public, max-age=600' });
      for (const client of [world.client({}), await signedIn('ada')]) {
        const reply = await client.ask('/assets/app.js');
        expect(reply.setCookies).toEqual([]);
        expect(reply.header('cache-control')).toBe('public, max-age=600');
      }
    });

    describe('somebody whom only the application knows', () => {
      const cookie = { cookie: 'sid=of-the-application' };
      const basic = { authorization: 'Basic YWRhOmFkYQ==' };
      /** With a berth already, so that no cookie of ours comes along; `sid` is another's each time. */
      const ask = (path: string, headers: Record<string, string>, method = 'GET') =>
        world.client({ jar: new Map() }).ask(path, { method, headers });
      const berth = async (): Promise<string> => {
        const client = world.client({});
        await client.ask('/');
        return `__Host-affinity=${client.jar.get('__Host-affinity')}`;
      };

      it.each([
        ['GET', 200],
        ['HEAD', 200],
        ['GET', 206],
        ['GET', 304],
        ['GET', 404],
        ['GET', 301],
        ['POST', 200],
      ] as const)('a reply to %s with %i that says nothing of caches is private', async (method, status) => {
        for (const origin of Object.values(world.origins)) {
          origin.on('/silent', (_, response) => void response.writeHead(status, { etag: '"1"' }).end());
        }
        const held = await berth();
        for (const headers of [{ cookie: `${cookie.cookie}; ${held}` }, { ...basic, cookie: held }, { cookie: held }]) {
          const reply = await ask('/silent', headers, method);
          expect([reply.status, reply.header('cache-control')]).toEqual([status, 'private']);
          expect(reply.header('vary')).toBeNull();
        }
      });

      it.each([
        ['cache-control', 'public, max-age=600'],
        ['cache-control', 'no-cache'],
        ['expires', '0'],
        ['pragma', 'no-cache'],
        ['cdn-cache-control', 'max-age=600'],
      ])('a reply with %s: %s is as the application meant it', async (name, value) => {
        answer('/spoken', { [name]: value });
        const reply = await ask('/spoken', { cookie: `${cookie.cookie}; ${await berth()}` });
        expect(reply.header(name)).toBe(value);
        if (name !== 'cache-control') expect(reply.header('cache-control')).toBeNull();
      });

      it('a reply on a route that does not look at sessions is as the application meant it', async () => {
        const held = await berth();
        for (const [method, path] of [
          ['GET', '/assets/silent.js'],
          ['POST', '/hooks/silent'],
        ] as const) {
          answer(path, {});
          for (const headers of [{ cookie: `${cookie.cookie}; ${held}` }, { ...basic, cookie: held }]) {
            expect((await ask(path, headers, method)).header('cache-control')).toBeNull();
          }
        }
      });
    });

    it('every page and every refusal of ours says how it may be kept', async () => {
      const client = await signedIn('ada');
      const asked: [string, string?, Record<string, string>?][] = [
        ...['healthz', 'readyz', 'discovery', 'jwks.json', 'me', 'sessions', 'login', '', 'none'].map(
          (page): [string] => [`/.session/${page}`],
        ),
        ['/.session/logout', 'GET'],
        ['/.session/logout', 'POST'],
        ['/.session/api/v1/sessions', 'POST'],
        ['/.session/metrics'],
        ['/admin/x'],
        ['/account/%2e%2e%2fx'],
        ['/x', 'POST', { 'sec-fetch-site': 'cross-site' }],
        ['/x', 'GET', { host: 'another.example' }],
        ['/x', 'GET', { 'x-long': 'x'.repeat(40_000) }],
      ];
      for (const [path, method = 'GET', headers = {}] of asked) {
        for (const accept of ['text/html', 'application/json']) {
          const reply = await client.ask(path, { method, headers: { accept, ...headers } });
          expect([path, reply.header('cache-control')]).toEqual([path, expect.stringMatching(/no-store|max-age/)]);
        }
      }
    });

    it('a refusal is kept by nobody', async () => {
      const reply = await world.client({}).ask('/account');
      expect(reply.status).toBe(401);
      expect(reply.header('cache-control')).toContain('no-store');
    });
  },
);
