import { afterAll, expect, it } from 'vitest';
import { type App, pythonWith, startApp } from '../support/apps.ts';
import type { Client } from '../support/client.ts';
import { throughBothDoors } from '../support/doors.ts';

const token = 'the-proof-of-the-shop-0123456789abcdef';
const flask = pythonWith('flask') !== null;
if (!flask) console.warn('Flask is missing (python3-flask, or pip install flask): its story is not told.');

const ids = ['eu', 'us', 'ap'] as const;
const threeOf = async (file: string, env: Record<string, string> = {}): Promise<App[]> =>
  Promise.all(ids.map(() => startApp(file, env)));
const shops = await threeOf('shop.mjs', { BASE: '/shop' });
const members = await threeOf('shop.mjs', { BASE: '/members', ORIGIN_TOKEN: token });
const servlets = await threeOf('servlet.mjs');
const profiles = flask ? await threeOf('profile.py') : [];
afterAll(() => Promise.all([...shops, ...members, ...servlets, ...profiles].map((app) => app.kill())));

const urls = (name: string, apps: readonly App[]) =>
  Object.fromEntries(apps.map(({ url }, i) => [`${name}_${ids[i]?.toUpperCase()}`, url]));

const definition = `(() => {
  const originsOf = (name) => ['eu', 'us', 'ap']
    .map((id) => ({ id, url: env[name + '_' + id.toUpperCase()] ?? 'http://127.0.0.1:9', region: id }));
  const pool = (name, more) => ({ origins: originsOf(name), steer: 'weighted', ...more });
  return {
    ...base,
    pools: {
      shop: pool('SHOP'),
      members: pool('MEMBERS', { commands: { token: env.SHOP_TOKEN } }),
      java: pool('SERVLET', { affinity: { by: 'origin-cookie', name: 'JSESSIONID' } }),
      profile: pool('PROFILE'),
    },
    routes: [
      { path: '/shop/*', pool: 'shop', session: 'optional' },
      { path: '/members/sign-in', methods: ['POST'], pool: 'members', session: 'optional', issues: true },
      { path: '/members/*', pool: 'members', session: 'optional' },
      { path: '/java/*', pool: 'java', session: 'optional' },
      { path: '/*', pool: 'profile', session: 'optional' },
    ],
  };
})()`;

const env = {
  ...urls('SHOP', shops),
  ...urls('MEMBERS', members),
  ...urls('SERVLET', servlets),
  ...urls('PROFILE', profiles),
  SHOP_TOKEN: token,
};

throughBothDoors('applications that exist live on behind the gateway', { definition, env }, (world) => {
  /** Enough that each of three instances has some of them. */
  const several = (): Client[] => Array.from({ length: 9 }, () => world.client());
  let turn = 0;
  /** All at once, and each time from another network: nothing but the way of affinity leads a client back. */
  const each = <T>(clients: readonly Client[], act: (client: Client, name: string) => Promise<T>): Promise<T[]> => {
    turn++;
    return Promise.all(
      clients.map((client, i) => {
        client.ip = `10.${turn}.${i}.7`;
        return act(client, `person-${i}`);
      }),
    );
  };
  const servedBy = (clients: readonly Client[], path: string): Promise<string[]> =>
    each(clients, async (client) => (await client.ask(path)).explained().origin as string);

  it('a shop on Express finds every sign-in and every cart again', async () => {
    const clients = several();
    await each(clients, (client, user) => client.ask('/shop/sign-in', { form: { user } }));
    for (const item of ['rope', 'tar']) {
      await each(clients, (client) => client.ask('/shop/cart', { form: { item } }));
    }
    expect(new Set(await servedBy(clients, '/shop/cart')).size).toBe(3);
    const carts = await each(clients, async (client) => (await client.ask('/shop/cart')).json());
    expect(carts).toEqual(clients.map((_, i) => ({ user: `person-${i}`, cart: ['rope', 'tar'], told: null })));
  });

  it('the instances share nothing: asked without the gateway, two of three do not know the cart', async () => {
    const [client] = several() as [Client];
    await client.ask('/shop/cart', { form: { item: 'rope' } });
    const cookie = `connect.sid=${client.jar.get('connect.sid')}`;
    const carts = await Promise.all(
      shops.map(
        async ({ url }) =>
          ((await (await fetch(`${url}/shop/cart`, { headers: { cookie } })).json()) as { cart: string[] }).cart,
      ),
    );
    expect(carts.filter((cart) => cart.length === 1)).toHaveLength(1);
  });

  it.skipIf(!flask)('a Flask app reads its own session, though each instance has a key of its own', async () => {
    const clients = several();
    await each(clients, (client, user) => client.ask('/login', { form: { user } }));
    expect(new Set(await servedBy(clients, '/profile')).size).toBe(3);
    for (let i = 0; i < 3; i++) {
      const replies = await each(clients, (client) => client.ask('/profile'));
      expect(replies.map((reply) => [reply.status, reply.json().user])).toEqual(
        clients.map((_, person) => [200, `person-${person}`]),
      );
    }
  });

  it('a servlet container counts on, is shown the id that it made, and its cookie is all that a client holds', async () => {
    const clients = several();
    for (let visit = 1; visit <= 4; visit++) {
      const seen = await each(clients, async (client) => (await client.ask('/java/visits')).json());
      expect(seen.map(({ visits }) => visits)).toEqual(clients.map(() => visit));
      for (const { sent } of seen) expect(sent ?? '').toMatch(visit === 1 ? /^$/ : /^[0-9A-F]{32}$/);
    }
    expect(new Set(await servedBy(clients, '/java/visits')).size).toBe(3);
    for (const { jar } of clients) expect([...jar.keys()]).toEqual(['JSESSIONID']);
  });

  it('one reply header, and the gateway knows who has signed in; the app keeps the rest as it was', async () => {
    const clients = several();
    await each(clients, (client, user) => client.ask('/members/sign-in', { form: { user } }));
    await each(clients, (client) => client.ask('/members/cart', { form: { item: 'rope' } }));
    const carts = await each(clients, async (client) => (await client.ask('/members/cart')).json());
    expect(carts).toEqual(clients.map((_, i) => ({ user: `person-${i}`, cart: ['rope'], told: `person-${i}` })));
    const known = await each(clients, async (client) => (await client.ask('/.session/me')).json().subject);
    expect(known).toEqual(clients.map((_, i) => `person-${i}`));

    const [client] = clients as [Client];
    client.jar.delete('connect.sid');
    expect((await client.ask('/members/cart')).json()).toEqual({ user: null, cart: [], told: 'person-0' });
  });
});
