import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { launchBrowser } from '../support/browser.ts';
import { throughBothDoors } from '../support/doors.ts';

/** Sites of their own on this machine, each with an empty page. Their ports are in the gateway's configuration. */
const sites: readonly Server[] = await Promise.all(
  [0, 1, 2].map(async () => {
    const server = createServer((_, reply) =>
      reply.writeHead(200, { 'content-type': 'text/html' }).end('<title>x</title>'),
    );
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return server;
  }),
);
const originOf = (site: Server): string => `http://localhost:${(site.address() as AddressInfo).port}`;
const [ours, listed, strange] = sites.map(originOf) as [string, string, string];

const definition = `{
  ...base,
  publicOrigins: [env.PUBLIC_ORIGIN, '${ours}'],
  routes: [{ path: '/api/*', pool: 'app', session: 'required', crossSite: ['${listed}'] }, ...base.routes],
}`;

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
  for (const site of sites) site.close();
});

throughBothDoors('a script in a browser', { definition }, (world) => {
  let page: Page;
  beforeAll(async () => {
    page = await browser.newPage();
  });
  afterAll(() => page?.close());

  const fetched = async (from: string, path: string, method: 'GET' | 'POST' = 'GET') => {
    await page.goto(from);
    return page.evaluate(
      ([url, how]) =>
        fetch(url as string, { method: how as string, credentials: 'include' })
          .then(async (reply) => {
            const { code = null, login_url = null } = await reply.json().catch(() => ({}));
            return { status: reply.status, code, login_url };
          })
          .catch(({ name }) => name as string),
      [`${world.url}${path}`, method],
    );
  };

  it.each<['GET' | 'POST']>([['GET'], ['POST']])(
    'reads login_url where its origin is trusted, after a %s',
    async (method) => {
      const refused = { status: 401, code: 'session_required', login_url: `${world.url}/login` };
      expect(await fetched(listed, '/api/orders', method)).toEqual(refused);
      expect(await fetched(ours, '/api/orders', method)).toEqual(refused);
    },
  );

  it('reads nothing where it is not', async () => {
    for (const method of ['GET', 'POST'] as const)
      expect(await fetched(strange, '/api/orders', method)).toBe('TypeError');
    expect(await fetched(listed, '/account', 'GET')).toBe('TypeError');
    expect(await fetched(listed, '/.session/me')).toBe('TypeError');
  });

  it('of another public origin knows who is signed in, and may sign out', async () => {
    await page.goto(world.url);
    await page.evaluate(() => fetch('/login', { method: 'POST', body: new URLSearchParams({ user: 'ada' }) }));
    expect(await fetched(ours, '/.session/me')).toMatchObject({ status: 200 });
    expect(await fetched(listed, '/.session/logout', 'POST')).toBe('TypeError');
    expect(await fetched(ours, '/.session/me')).toMatchObject({ status: 200 });
    expect(await fetched(ours, '/.session/logout', 'POST')).toMatchObject({ status: 204 });
    expect(await fetched(ours, '/.session/me')).toMatchObject({ status: 401, login_url: `${world.url}/login` });
  });
});
