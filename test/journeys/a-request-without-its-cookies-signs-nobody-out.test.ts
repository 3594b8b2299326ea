import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchBrowser } from '../support/browser.ts';
import { command, commandable, signedIn } from '../support/commanding.ts';
import { throughBothDoors, type World } from '../support/doors.ts';
import { encode } from '../support/origin.ts';
import { readExposition } from '../support/prometheus.ts';

const session = '__Host-session';
const affinity = '__Host-affinity';
const open = `{ path: '/sso/*', pool: 'app', session: 'optional', issues: true, crossSite: 'allow' }`;
const withOpen = (more: string): string =>
  `{ ...base, session: { anonymous: true, ${more} }, routes: [${open}, ...base.routes] }`;

const form = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };
const frame = { ...form, 'sec-fetch-dest': 'iframe' };
const fetched = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' };

/** What an identity provider posts back: its own way to a session. */
function signsIn(world: World): void {
  for (const origin of Object.values(world.origins)) {
    origin.on('/sso/acs', (_, response) => {
      response.setHeader('session-issue', encode({ sub: 'grace' }));
      response.setHeader('session-origin-token', world.originToken);
      response.writeHead(303, { location: '/' }).end();
    });
  }
}

const namesIn = (lines: readonly string[]): string[] => lines.map((line) => line.slice(0, line.indexOf('='))).sort();

throughBothDoors('with Lax cookies', { definition: withOpen('') }, (world) => {
  it.each([
    ['a form that another site posts', 'POST', form],
    ['a frame in another site', 'GET', frame],
    ['an image in another site', 'GET', fetched],
    ['the keys of a device', 'POST', { 'secure-session-response': 'a.b.c' }],
    ['a session that is bound to a device', 'POST', { 'sec-secure-session-id': 'x', 'sec-fetch-site': 'same-origin' }],
  ])('%s gets neither a session nor a pin', async (_, method, headers) => {
    const reply = await world.client().ask('/sso/x', { method, headers });
    expect([reply.status, reply.setCookies, reply.explained().session]).toEqual([200, [], 'none']);
  });

  it.each([
    ['a link of another site', 'GET', form],
    ['a browser that says nothing of where it was', 'POST', {}],
    ['a page of the same site', 'POST', { ...form, 'sec-fetch-site': 'same-site' }],
  ])('%s gets both', async (_, method, headers) => {
    const reply = await world.client().ask('/sso/x', { method, headers });
    expect([reply.status, namesIn(reply.setCookies)]).toEqual([200, [affinity, session]]);
  });

  it('a client whose session came has the pin written that did not', async () => {
    const client = await signedIn(world);
    client.jar.delete(affinity);
    const reply = await client.ask('/sso/x', { method: 'POST', headers: form });
    expect(namesIn(reply.setCookies)).toEqual([affinity]);
  });

  it('a reply that signs somebody in writes both, and the pin is bound to the new session', async () => {
    signsIn(world);
    const client = world.client();
    const reply = await client.ask('/sso/acs', { method: 'POST', headers: form });
    expect([reply.status, namesIn(reply.setCookies)]).toEqual([303, [affinity, session]]);
    const next = await client.ask('/account');
    expect([next.status, next.explained().because, next.explained().origin]).toEqual([
      200,
      'pinned',
      reply.explained().origin,
    ]);
  });

  it('a reply that ends the session ends it in the browser too', async () => {
    commandable(world);
    const client = world.client();
    const reply = await client.ask('/do', { method: 'POST', json: { end: 'current' } });
    expect(new Set(namesIn(reply.setCookies))).toEqual(new Set([affinity, session]));
    const person = await signedIn(world);
    await command(person, { end: 'current' });
    expect(person.jar.size).toBe(0);
  });

  it('nobody is counted as a new client for it', async () => {
    const measured = async () =>
      readExposition(
        (
          await world
            .client({})
            .ask('/.session/metrics', { headers: { authorization: `Bearer ${world.serviceToken}` } })
        ).text(),
      );
    const sum = (samples: Awaited<ReturnType<typeof measured>>, kind: string) =>
      [...samples].reduce(
        (all, [series, count]) => (series.startsWith(`berth_assignments_total{kind="${kind}"`) ? all + count : all),
        0,
      );
    const before = await measured();
    for (let i = 0; i < 3; i++) await world.client().ask('/sso/x', { method: 'POST', headers: form });
    const after = await measured();
    expect([sum(after, 'new') - sum(before, 'new'), sum(after, 'unpinned') - sum(before, 'unpinned')]).toEqual([0, 3]);
  });
});

const mixed = `{ ...base,
  session: { anonymous: true, cookie: { sameSite: 'None' } },
  routes: [${open}, ...base.routes],
}`;
throughBothDoors('with a session that goes everywhere, and a Lax pin', { definition: mixed }, (world) => {
  it('each is judged by its own attribute', async () => {
    const client = world.client();
    const first = await client.ask('/sso/x', { method: 'POST', headers: form });
    expect(namesIn(first.setCookies)).toEqual([session]);
    expect((await client.ask('/sso/x', { method: 'POST', headers: form })).setCookies).toEqual([]);
    expect(namesIn((await client.ask('/')).setCookies)).toEqual([affinity]);
  });
});

const strict = `{ ...base, session: { cookie: { sameSite: 'Strict' } },
  pools: { app: { ...base.pools.app, affinity: { by: 'cookie', sameSite: 'Strict' } } },
  routes: [${open}, ...base.routes],
}`;
throughBothDoors('with Strict cookies', { definition: strict }, (world) => {
  it('a link of another site leads to no new pin, a link of our own does', async () => {
    expect((await world.client().ask('/', { headers: form })).setCookies).toEqual([]);
    const reply = await world.client().ask('/', { headers: { ...form, 'sec-fetch-site': 'same-origin' } });
    expect(namesIn(reply.setCookies)).toEqual([affinity]);
  });
});

describe('in a browser', () => {
  let browser: Browser;
  let elsewhere: Server;
  let elsewhereUrl = '';
  beforeAll(async () => {
    browser = await launchBrowser();
    // Another site to a browser, since the host is another one, and as trustworthy.
    elsewhere = createServer((request, response) => {
      const target = new URL(request.url ?? '/', 'http://127.0.0.1').searchParams.get('to') ?? '';
      response.setHeader('content-type', 'text/html');
      response.end(`<form method="post" action="${target}"><button>Go</button></form>`);
    });
    await new Promise<void>((done) => elsewhere.listen(0, '127.0.0.1', done));
    elsewhereUrl = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    elsewhere?.close();
    await browser?.close();
  });

  throughBothDoors('whose other tab posts here', { definition: withOpen('') }, (world) => {
    it('somebody who is signed in stays so, at the same origin', async () => {
      const context = await browser.newContext();
      const page = await context.newPage();
      await page.goto(`${world.url}/`);
      await page.setContent(
        `<form method="post" action="${world.url}/login"><input name="user" value="ada"><button>In</button></form>`,
      );
      await page.getByRole('button').click();
      await page.waitForURL(`${world.url}/`);
      const me = async () => (await page.goto(`${world.url}/.session/me`).then((reply) => reply?.json())).subject;
      const home = async () => (await page.goto(`${world.url}/account`).then((reply) => reply?.json())).origin;
      expect(await me()).toBe('ada');
      const origin = await home();
      const before = await context.cookies(world.url);

      await page.goto(`${elsewhereUrl}/?to=${encodeURIComponent(`${world.url}/sso/x`)}`);
      const [posted] = await Promise.all([page.waitForRequest(`${world.url}/sso/x`), page.getByRole('button').click()]);
      await page.waitForURL(`${world.url}/sso/x`);
      const sent = await posted.allHeaders();
      expect([posted.method(), sent['sec-fetch-site'], sent.cookie]).toEqual(['POST', 'cross-site', undefined]);

      expect(await context.cookies(world.url)).toEqual(before);
      expect([await me(), await home()]).toEqual(['ada', origin]);
      await context.close();
    });
  });
});
