import { expect, it } from 'vitest';
import { apiOf } from '../support/api.ts';
import { throughBothDoors } from '../support/doors.ts';

const sites = [undefined, 'none', 'same-origin', 'same-site', 'cross-site', 'nonsense'] as const;
const origins = [undefined, 'own', 'https://evil.example', 'null'] as const;
const methods = ['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

/** As the contract has it: unsafe methods, unless a page of ours made them; Sec-Fetch-Site first, Origin where there is none. */
function isRefused(method: string, site: (typeof sites)[number], origin: (typeof origins)[number]): boolean {
  if (['GET', 'HEAD', 'OPTIONS'].includes(method)) return false;
  if (origin === 'own') return false;
  if (site !== undefined) return site !== 'none' && site !== 'same-origin';
  return origin !== undefined;
}

throughBothDoors('another site', {}, (world) => {
  const headersFor = (site: (typeof sites)[number], origin: (typeof origins)[number]) => ({
    ...(site && { 'sec-fetch-site': site }),
    ...(origin && { origin: origin === 'own' ? world.url : origin }),
  });

  it.each(methods)(
    '%s requests pass or are refused by who caused them',
    async (method) => {
      const client = world.client();
      for (const site of sites) {
        for (const origin of origins) {
          const before = Object.values(world.origins).reduce((sum, { seen }) => sum + seen.length, 0);
          const reply = await client.ask('/any', { method, headers: headersFor(site, origin) });
          const after = Object.values(world.origins).reduce((sum, { seen }) => sum + seen.length, 0);
          const refused = isRefused(method, site, origin);
          expect({ site, origin, status: reply.status, asked: after - before }).toEqual({
            site,
            origin,
            status: refused ? 403 : 200,
            asked: refused ? 0 : 1,
          });
          if (refused && method !== 'HEAD') expect(reply.json().code).toBe('cross_site');
        }
      }
    },
    60_000,
  );

  it('our own pages that change something are held to the same rule', async () => {
    const client = world.client();
    for (const site of sites) {
      for (const origin of origins) {
        for (const path of ['/.session/logout', '/.session/refresh', '/.session/handoff']) {
          const reply = await client.ask(path, { method: 'POST', headers: headersFor(site, origin) });
          const refused = reply.status === 403 && reply.json().code === 'cross_site';
          expect([path, site, origin, refused]).toEqual([path, site, origin, isRefused('POST', site, origin)]);
        }
      }
    }
  }, 60_000);

  it('/me is not even shown to another site', async () => {
    const client = world.client();
    await client.ask('/login', { form: { user: 'ada' } });
    for (const site of sites) {
      for (const origin of origins) {
        const reply = await client.ask('/.session/me', { headers: headersFor(site, origin) });
        expect([site, origin, reply.status]).toEqual([site, origin, isRefused('POST', site, origin) ? 403 : 200]);
      }
    }
  });

  it('a logout that another site caused signs nobody out', async () => {
    const client = world.client();
    await client.ask('/login', { form: { user: 'ada' } });
    const reply = await client.ask('/.session/logout', {
      method: 'POST',
      headers: headersFor('cross-site', undefined),
    });
    expect(reply.status).toBe(403);
    expect(reply.setCookies).toEqual([]);
    expect((await client.ask('/account')).status).toBe(200);
  });

  it('a login that another site caused begins no session', async () => {
    const client = world.client();
    const reply = await client.ask('/login', {
      form: { user: 'mallory' },
      headers: headersFor('cross-site', undefined),
    });
    expect(reply.status).toBe(403);
    expect(client.jar.has('__Host-session')).toBe(false);
  });

  it('WebSocket upgrades count as unsafe', async () => {
    const { request } = await import('node:http');
    const status = (headers: Record<string, string>) =>
      new Promise<number | undefined>((resolve, reject) => {
        const all = { ...headers, connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13' };
        request(`${world.url}/any`, { headers: all }, (reply) => resolve(reply.resume().statusCode))
          .on('upgrade', (reply, socket) => {
            socket.destroy();
            resolve(reply.statusCode);
          })
          .on('error', reject)
          .end();
      });
    expect(await status({ 'sec-fetch-site': 'cross-site' })).toBe(403);
    expect(await status({ origin: 'https://evil.example' })).toBe(403);
    expect(await status({ origin: world.url })).not.toBe(403);
  });

  it('routes that say so, and the service API, are open to every site', async () => {
    const evil = headersFor('cross-site', 'https://evil.example');
    expect((await world.client().ask('/hooks/x', { method: 'POST', headers: evil })).status).toBe(200);
    expect((await apiOf(world)('POST', '/sessions', { sub: 'ada' }, evil)).status).toBe(201);
  });
});
