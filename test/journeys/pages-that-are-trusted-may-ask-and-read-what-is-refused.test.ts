import { request } from 'node:http';
import { describe, expect, it } from 'vitest';
import { throughBothDoors, type World } from '../support/doors.ts';

const definition = `{
  ...base,
  publicOrigins: [env.PUBLIC_ORIGIN, 'http://app.localhost:3000', 'https://shop.example', 'https://admin.example'],
  session: { strategy: 'token' },
  pools: { app: { ...base.pools.app, origins: base.pools.app.origins.slice(0, 1) } },
  routes: [
    { path: '/api/open/*', pool: 'app', session: 'required', crossSite: 'allow' },
    { path: '/api/admin/*', pool: 'app', session: 'required', claims: { role: ['admin'] }, crossSite: ['https://partner.example'] },
    { path: '/api/*', pool: 'app', session: 'required', crossSite: ['https://Partner.example:443', 'http://dev.localhost:5173'] },
    { path: '/partner/*', pool: 'app', session: 'optional', crossSite: ['https://partner.example'] },
    ...base.routes,
  ],
}`;
// A public origin that is no loopback address takes no development headers.
const options = { definition, env: { DEV_HEADERS: '' } };

const corsOf = ({ headers }: { headers: Readonly<Record<string, string | string[] | undefined>> }) => ({
  origin: headers['access-control-allow-origin'] ?? null,
  credentials: headers['access-control-allow-credentials'] ?? null,
  vary: headers.vary ?? null,
});
const readableBy = (origin: string) => ({ origin, credentials: 'true', vary: 'Origin' });
const unreadable = { origin: null, credentials: null, vary: null };

const timesAsked = (world: World): number =>
  Object.values(world.origins).reduce((sum, { seen }) => sum + seen.length, 0);

throughBothDoors('a page', options, (world) => {
  const post = (path: string, host: string | null, origin: string, site: string | null) =>
    world.client({ ...(host && { host }) }).ask(path, {
      method: 'POST',
      headers: { origin, ...(site && { 'sec-fetch-site': site }) },
    });
  const sites = ['same-site', 'cross-site', null];

  it.each<[string | null, string]>([
    [null, 'http://app.localhost:3000'],
    [null, 'https://shop.example'],
    ['app.localhost:3000', 'https://admin.example'],
    ['shop.example', 'https://admin.example'],
    ['shop.example:443', 'https://admin.example:443'],
    ['admin.example', 'https://shop.example'],
  ])('on one public origin may ask another one: %s is asked by %s', async (host, origin) => {
    for (const site of sites) {
      const before = timesAsked(world);
      expect([site, (await post('/any', host, origin, site)).status]).toEqual([site, 200]);
      expect(timesAsked(world)).toBe(before + 1);
      const own = await post('/.session/logout', host, origin, site);
      expect([own.status, corsOf(own).origin]).toEqual([204, origin]);
    }
  });

  it.each<[string | null, string]>([
    ['shop.example', 'http://app.localhost:3000'],
    ['shop.example', 'http://shop.example'],
    ['shop.example', 'https://shop.example:8443'],
    ['shop.example', 'https://www.shop.example'],
    ['shop.example', 'https://shop.example.evil.example'],
    ['shop.example', 'https://shop.example, https://evil.example'],
    ['shop.example', 'https://partner.example'],
    ['shop.example', 'null'],
    ['shop.example', '*'],
    [null, 'http://localhost:1'],
    [null, 'https://partner.example'],
  ])('on another site may not: %s is asked by %s', async (host, origin) => {
    for (const site of sites) {
      for (const path of ['/any', '/.session/logout']) {
        const before = timesAsked(world);
        const reply = await post(path, host, origin, site);
        expect([path, site, reply.status, reply.json().code]).toEqual([path, site, 403, 'cross_site']);
        expect(corsOf(reply)).toEqual(unreadable);
        expect(timesAsked(world)).toBe(before);
      }
    }
  });

  it('may ask what lists it, and nothing else', async () => {
    for (const site of sites) {
      const origin = 'https://partner.example';
      for (const host of [null, 'shop.example']) {
        expect((await post('/partner/order', host, origin, site)).status).toBe(200);
        expect((await post('/other', host, origin, site)).json().code).toBe('cross_site');
        expect((await post('/.session/refresh', host, origin, site)).json().code).toBe('cross_site');
      }
      expect((await post('/partner/order', null, 'https://evil.example', site)).json().code).toBe('cross_site');
      expect((await post('/partner/order', null, 'http://partner.example', site)).json().code).toBe('cross_site');
    }
  });

  it('over http is no more trusted by https for being listed', async () => {
    const origin = 'http://dev.localhost:5173';
    expect((await post('/api/x', null, origin, 'same-site')).json().code).toBe('session_required');
    expect((await post('/api/x', 'shop.example', origin, 'same-site')).json().code).toBe('cross_site');
  });

  describe('reads', () => {
    const ask = (path: string, origin: string, more: { method?: string; headers?: Record<string, string> } = {}) =>
      world.client({}).ask(path, { ...more, headers: { origin, 'sec-fetch-site': 'cross-site', ...more.headers } });

    it('where to sign in, if it is trusted', async () => {
      for (const origin of [
        'https://partner.example',
        'http://dev.localhost:5173',
        'https://shop.example',
        world.url,
      ]) {
        for (const method of ['GET', 'POST']) {
          const reply = await ask('/api/orders', origin, { method });
          expect([reply.status, reply.json().login_url]).toEqual([401, `${world.url}/login`]);
          expect(corsOf(reply)).toEqual(readableBy(origin));
        }
      }
    });

    it('nothing, if it is not', async () => {
      for (const origin of ['https://evil.example', 'null', 'https://partner.example.evil.example']) {
        const reply = await ask('/api/orders', origin);
        expect([reply.status, corsOf(reply)]).toEqual([401, unreadable]);
      }
      expect(corsOf(await ask('/account', 'https://partner.example'))).toEqual(unreadable);
      expect(corsOf(await world.client({}).ask('/api/orders'))).toEqual(unreadable);
    });

    it('nothing where a route is open to everybody, which is no list', async () => {
      const reply = await ask('/api/open/x', 'https://partner.example', { method: 'POST' });
      expect([reply.status, corsOf(reply)]).toEqual([401, unreadable]);
    });

    it('that a cookie was refused, that a claim is missing, that there is no way', async () => {
      const origin = 'https://partner.example';
      const refused = await ask('/api/orders', origin, { headers: { cookie: '__Host-session=junk' } });
      expect([refused.json().code, corsOf(refused)]).toEqual(['session_rejected', readableBy(origin)]);
      const client = world.client({});
      await client.ask('/login', { form: { user: 'ada' } });
      const forbidden = await client.ask('/api/admin/x', { headers: { origin } });
      expect([forbidden.json().code, corsOf(forbidden)]).toEqual(['forbidden', readableBy(origin)]);
      const path = await ask('/api/%00', 'https://shop.example');
      expect([path.json().code, corsOf(path)]).toEqual(['bad_path', readableBy('https://shop.example')]);
    });

    it('what an origin replies only as that origin says', async () => {
      world.origins.eu.on(
        '/partner/own',
        (_, response) => void response.writeHead(200, { 'access-control-allow-origin': '*' }).end(),
      );
      world.origins.eu.on('/partner/silent', (_, response) => void response.writeHead(500).end());
      const origin = 'https://partner.example';
      for (const [path, said] of [
        ['/partner/own', '*'],
        ['/partner/silent', null],
      ] as const) {
        const reply = await ask(path, origin, { headers: { 'session-explain': '' } });
        expect([path, corsOf(reply)]).toEqual([path, { ...unreadable, origin: said }]);
      }
    });

    it('the answer of an origin to what a browser asks before', async () => {
      world.origins.eu.on('/api/before', ({ method }, response) => {
        response.writeHead(204, {
          'access-control-allow-origin': 'https://partner.example',
          'access-control-allow-methods': method,
        });
        response.end();
      });
      const reply = await ask('/api/before', 'https://partner.example', {
        method: 'OPTIONS',
        headers: { 'access-control-request-method': 'DELETE' },
      });
      expect([reply.status, reply.header('access-control-allow-methods')]).toEqual([204, 'OPTIONS']);
      expect(corsOf(reply)).toEqual({ ...unreadable, origin: 'https://partner.example' });
    });

    it('who it is, and its devices, on a public origin of ours', async () => {
      const client = world.client({});
      await client.ask('/login', { form: { user: 'ada' } });
      const headers = { origin: 'https://shop.example', 'sec-fetch-site': 'cross-site' };
      const known = await client.ask('/.session/me', { headers });
      expect([known.status, known.json().subject, corsOf(known)]).toEqual([200, 'ada', readableBy(headers.origin)]);
      const unknown = await world.client({}).ask('/.session/me', { headers });
      expect([unknown.status, corsOf(unknown)]).toEqual([401, readableBy(headers.origin)]);
      for (const origin of ['https://partner.example', 'https://evil.example', 'null']) {
        const reply = await client.ask('/.session/me', { headers: { ...headers, origin } });
        expect([reply.json().code, corsOf(reply)]).toEqual(['cross_site', unreadable]);
      }
      // A page for people, which scripts of other origins have no business with.
      expect(corsOf(await client.ask('/.session/', { headers }))).toEqual(unreadable);
    });
  });

  it('opens a socket under the same rule', async () => {
    const status = (origin: string) =>
      new Promise<number | undefined>((resolve, reject) => {
        const headers = { origin, connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13' };
        request(`${world.url}/partner/socket`, { headers }, (reply) => resolve(reply.resume().statusCode))
          .on('upgrade', (reply, socket) => {
            socket.destroy();
            resolve(reply.statusCode);
          })
          .on('error', reject)
          .end();
      });
    for (const origin of ['https://shop.example', 'https://partner.example'])
      expect(await status(origin)).not.toBe(403);
    for (const origin of ['https://evil.example', 'null']) expect(await status(origin)).toBe(403);
  });

  it('is told that an origin cannot be reached', async () => {
    await world.origins.eu.kill();
    const headers = { origin: 'https://partner.example', 'sec-fetch-site': 'cross-site' };
    const reply = await world.client({}).ask('/partner/x', { method: 'POST', headers });
    expect([reply.status, corsOf(reply)]).toEqual([502, readableBy('https://partner.example')]);
    await world.origins.eu.revive();
  });
});
