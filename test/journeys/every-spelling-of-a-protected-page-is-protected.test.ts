/**
 * Applications as they come, each of which takes several spellings for one page: Express any letter case and a last slash,
 * Flask escapes and a missing last slash, Tomcat parameters of path segments.
 */
import { afterAll, describe, expect, it } from 'vitest';
import { type App, pythonWith, startApp } from '../support/apps.ts';
import type { Client } from '../support/client.ts';
import { throughBothDoors } from '../support/doors.ts';
import { requestOf, say } from '../support/raw-http.ts';
import { hasTomcat, startTomcat, type TomcatPage } from '../support/tomcat.ts';

const token = 'the-proof-of-the-pages-0123456789abcdef';
const flask = pythonWith('flask') !== null;
const tomcat = hasTomcat();
if (!flask) console.warn('Flask is missing (python3-flask): its spellings are not tried.');
if (!tomcat) console.warn('Tomcat is missing (tomcat10): its spellings are not tried.');

const nothing: App = { url: 'http://127.0.0.1:9', kill: async () => undefined };
const [node, python, java] = await Promise.all([
  startApp('spellings.mjs', { ORIGIN_TOKEN: token }),
  flask ? startApp('spellings.py') : nothing,
  tomcat ? startTomcat({ originToken: token }) : nothing,
]);
afterAll(() => Promise.all([node, python, java].map((app) => app.kill())));

const definition = (more = '') => `(() => {
  const pool = (url) => ({ origins: [{ id: 'only', url }], commands: { token: env.PAGES_TOKEN, claims: ['role'] } });
  return {
    ...base,
    pools: { node: pool(env.NODE), python: pool(env.PYTHON), java: pool(env.JAVA) },
    routes: [
      { path: '/node/sign-in', methods: ['POST'], pool: 'node', issues: true },
      { path: '/node/account/*', pool: 'node', session: 'required' },
      { path: '/node/admin', pool: 'node', session: 'required', claims: { role: ['admin'] } },
      { path: '/node/read', methods: ['GET'], pool: 'node', session: 'required' },
      { path: '/node/café', pool: 'node', session: 'required' },
      { path: '/node/*', pool: 'node' },
      { path: '/flask/account/*', pool: 'python', session: 'required' },
      { path: '/flask/admin', pool: 'python', session: 'required' },
      { path: '/flask/*', pool: 'python' },
      { path: '/login', methods: ['POST'], pool: 'java', issues: true },
      { path: '/shop/account/*', pool: 'java', session: 'required' },
      { path: '/*', pool: 'java' },
    ],
    ${more}
  };
})()`;
const env = { NODE: node.url, PYTHON: python.url, JAVA: java.url, PAGES_TOKEN: token };

const ofExpress = [
  '/node/account/secret',
  '/node/Account/secret',
  '/NODE/ACCOUNT/SECRET',
  '/node/account/secret/',
  '/Node/Account/Secret/',
  '/node/ADMIN',
  '/node/admin/',
  '/node/Admin/',
];
const ofFlask = [
  '/flask/account/secret/',
  '/flask/%61ccount/secret/',
  '/flask/%61%63count/secret/',
  '/fl%61sk/admin',
  '/flask/account/secret',
];
const ofTomcat = [
  '/shop/account',
  '/shop/account;jsessionid=0123456789ABCDEF',
  '/shop/account;jsessionid=0123456789ABCDEF?a=b',
  '/shop;a=b/account',
  '/shop;a=b;c/account;d',
  '/;x/shop/account',
  '/shop/%61ccount',
  '/shop//account',
  '/shop/account;a=%2F',
];

throughBothDoors('every spelling of a protected page is protected', { definition: definition(), env }, (world) => {
  const asked = async (path: string, method = 'GET') => say(world.url, requestOf(world.url, `${method} ${path}`));
  const signedIn = async (role = 'admin'): Promise<Client> => {
    const client = world.client();
    await client.ask('/node/sign-in', { form: { user: 'ada', role } });
    return client;
  };
  const direct = async (app: App, path: string): Promise<Record<string, unknown>> =>
    (await (await fetch(app.url + path)).json()) as Record<string, unknown>;

  const isShut = async (path: string, code = 'session_required') => {
    const reply = await world.client().ask(path);
    expect([reply.status, reply.json().code]).toEqual([401, code]);
  };

  describe('Express', () => {
    it.each(ofExpress)('%s is the page to it, and closed to strangers', async (path) => {
      expect((await direct(node, path)).secret).toBe(true);
      await isShut(path);
    });

    it('the page is served to who is signed in, and asked for as the client wrote it', async () => {
      const client = await signedIn();
      for (const path of ofExpress) expect((await client.ask(path)).json()).toEqual({ secret: true, url: path });
    });

    it('a claim is asked for in every spelling', async () => {
      const client = await signedIn('user');
      for (const path of ['/node/admin', '/node/Admin', '/node/admin/', '/node/admin;x', '/node/%61DMIN']) {
        expect((await client.ask(path)).status).toBe(403);
      }
      expect((await client.ask('/node/Account/Secret')).status).toBe(200);
    });

    it('letter case beyond ASCII is none either', async () => {
      for (const path of ['/node/caf%C3%A9', '/node/CAF%C3%89', '/node/caf%c3%89/']) await isShut(path);
    });

    it('a route for GET is one for HEAD', async () => {
      expect((await asked('/node/read', 'HEAD')).status).toBe(401);
      expect((await asked('/node/READ/', 'HEAD')).status).toBe(401);
      expect((await asked('/node/read', 'POST')).status).toBe(200);
    });
  });

  describe.skipIf(!flask)('Flask', () => {
    it.each(ofFlask)('%s is the page to it, and closed to strangers', async (path) => {
      expect((await direct(python, path)).secret).toBe(true);
      await isShut(path);
    });
    it('the page is served to who is signed in, with the way to its last slash', async () => {
      const client = await signedIn();
      expect((await client.ask('/flask/%61ccount/secret/')).json().secret).toBe(true);
      expect((await client.ask('/flask/account/secret')).status).toBe(308);
    });
  });

  describe.skipIf(!tomcat)('Tomcat', () => {
    const page = async (client: Client, path: string): Promise<TomcatPage> =>
      (await client.ask(path)).json() as unknown as TomcatPage;

    it.each(ofTomcat)('%s is the page to it, and closed to strangers', async (path) => {
      // `fetch` would take no offence at a `;`, but resolve nothing either.
      expect((await direct(java, path)).path).toBe('/shop/account');
      await isShut(path);
    });

    it('its own first click works: the link with the id of its session, the form to sign in, the page behind it', async () => {
      const client = world.client();
      const first = await page(client, '/shop/catalog');
      expect(first.links.account).toMatch(/^\/shop\/account;jsessionid=[0-9A-F]{32}$/);
      expect((await client.ask(first.links.account)).status).toBe(401);

      const browsing = { accept: 'text/html', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };
      const sent = await client.ask(first.links.account, { headers: browsing });
      expect(sent.status).toBe(303);
      expect(sent.header('location')).toContain(encodeURIComponent(first.links.account));

      const issued = await client.ask(first.links.login, { form: { user: 'ada' } });
      expect(issued.status).toBe(303);
      expect(issued.setCookies.some((cookie) => cookie.startsWith('__Host-session='))).toBe(true);
      const shown = await page(client, issued.header('location') ?? '');
      expect(shown).toMatchObject({ path: '/shop/account', user: 'ada', id: first.id });
    });

    it('a client without its cookie is led by the link alone', async () => {
      const client = world.client();
      const first = await page(client, '/shop/catalog');
      client.jar.delete('JSESSIONID');
      const second = await page(client, `/shop/catalog;jsessionid=${first.id}`);
      expect(second).toMatchObject({ id: first.id, by: 'url', visits: 2 });
    });

    it('ids of its sessions are in no line that the gateway writes', async () => {
      const client = await signedIn();
      const { id } = await page(client, '/shop/catalog');
      const spellings = [`;jsessionid=${id}`, `%3bjsessionid=${id}`, `%3Bjsessionid=${id}/x`, `%253bjsessionid=${id}`];
      for (const spelling of spellings) await client.ask(`/shop/account${spelling}`);
      await client.ask('/shop/last-line');
      await expect.poll(() => world.lines.some((line) => line.includes('/shop/last-line'))).toBe(true);
      expect(world.lines.filter((line) => line.includes('"/shop/account"')).length).toBeGreaterThan(0);
      // wrangler dev tells of every request itself.
      const ours = world.lines.filter((line) => !line.startsWith('[wrangler:info]'));
      expect(ours.filter((line) => line.includes(id))).toEqual([]);
    });
  });

  it('dot segments that hide behind parameters are refused', async () => {
    for (const path of ['/node/x/..;/account/secret', '/shop/x/..;a=b/account', '/shop/account/..;/catalog']) {
      const reply = await asked(path);
      expect(reply.status).toBe(400);
      expect(reply.text).toContain('bad_path');
    }
  });

  it('a path of 8,192 bytes is served, one of more is refused, and the query does not count', async () => {
    const long = (bytes: number): string => `/node/${'x'.repeat(bytes - '/node/'.length)}`;
    expect((await asked(long(8_192))).status).toBe(200);
    const refused = await asked(long(8_193));
    expect([refused.status, refused.text.includes('bad_path')]).toEqual([400, true]);
    expect((await asked(`/node/x?${'q'.repeat(9_000)}`)).status).toBe(200);
  });
});

throughBothDoors(
  'where matching is exact, letter case and the last slash are the pages of others',
  { definition: definition("matching: 'exact',"), env },
  (world) => {
    it('they are open, what hides is not', async () => {
      const statusOf = async (path: string) => (await world.client().ask(path)).status;
      expect(await statusOf('/node/Admin')).toBe(200);
      expect(await statusOf('/node/admin/')).toBe(200);
      expect(await statusOf('/node/admin')).toBe(401);
      expect(await statusOf('/node/admin;x')).toBe(401);
      expect(await statusOf('/node/%61dmin')).toBe(401);
    });
  },
);

throughBothDoors(
  'a login page that a route still guards',
  {
    definition: `{
      ...base,
      matching: 'exact',
      routes: [
        { path: '/login', methods: ['GET'], pool: 'app' },
        { path: '/*', pool: 'app', session: 'required' },
      ],
    }`,
  },
  (world) => {
    it.each(['/login/', '/Login', '/login;jsessionid=A', '/login/?return_to=x'])(
      'is never sent to itself: %s',
      async (path) => {
        const reply = await world.client().ask(path, { headers: { accept: 'text/html' } });
        expect(reply.status).toBe(401);
        expect(reply.header('location')).toBeNull();
      },
    );
    it('is where everything else leads', async () => {
      const reply = await world.client().ask('/login/help', { headers: { accept: 'text/html' } });
      expect(reply.status).toBe(303);
    });
  },
);
