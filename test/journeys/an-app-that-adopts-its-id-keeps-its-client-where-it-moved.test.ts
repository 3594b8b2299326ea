import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { freshKeys } from '../../tools/keys.ts';
import { type App, startApp } from '../support/apps.ts';
import type { Client, Reply } from '../support/client.ts';
import { openWorld, throughBothDoors, type World } from '../support/doors.ts';
import { hasPhp, startPhp } from '../support/php.ts';
import { openRelay, type Relay } from '../support/relay.ts';
import { hasTomcat, startTomcat } from '../support/tomcat.ts';

const php = hasPhp();
const tomcat = hasTomcat();
if (!php) console.warn('PHP is missing (php-cli): its story is not told.');
if (!tomcat) console.warn('Tomcat is missing (tomcat10): its story is not told.');

/** Two of each, so that there is one other place to go to. */
const ids = ['eu', 'us'] as const;
const two = (start: () => Promise<App>): Promise<App[]> => Promise.all(ids.map(start));
const apps: Readonly<Record<string, readonly App[]>> = {
  PHP: php ? await two(() => startPhp('visits.php')) : [],
  LASTING: php
    ? await two(() => startPhp('visits.php', ['session.cookie_lifetime=3600', 'session.cookie_httponly=1']))
    : [],
  TOMCAT: tomcat ? await two(() => startTomcat()) : [],
  SHOP: await two(() => startApp('shop.mjs', { BASE: '/shop' })),
};
afterAll(() => Promise.all(Object.values(apps).flatMap((instances) => instances.map((app) => app.kill()))));

/** A home that is away for a while, and has all its sessions when it is back. */
const relays: Record<string, Relay> = {};
for (const [name, instances] of Object.entries(apps)) {
  for (const [i, { url }] of instances.entries()) relays[`${name}_${ids[i]}`] = await openRelay(url);
}
afterAll(() => Promise.all(Object.values(relays).map((relay) => relay.cut())));

const env = Object.fromEntries(Object.entries(relays).map(([name, { url }]) => [name, url]));

const definitionWith = (change: string): string => `(() => {
  const originsOf = (name) => ['eu', 'us'].map((id) => ({ id, url: env[name + '_' + id] ?? 'http://127.0.0.1:9', region: id }));
  const [eu, us] = base.pools.app.origins;
  const affinityOf = (by) => (${change})(by);
  const pool = (origins, by) => ({ origins, steer: 'weighted', affinity: affinityOf(by) });
  const cookie = (name, more) => ({ by: 'origin-cookie', name, ...more });
  const pools = {
    php: pool(originsOf('PHP'), cookie('PHPSESSID')),
    home: pool(originsOf('PHP'), cookie('PHPSESSID', { onFailure: 'return' })),
    lasting: pool(originsOf('LASTING'), cookie('PHPSESSID')),
    java: pool(originsOf('TOMCAT'), cookie('JSESSIONID')),
    shop: pool(originsOf('SHOP'), cookie('connect.sid')),
    own: pool([eu, us], cookie('SID')),
    wrap: pool([eu, us], { by: 'header', name: 'Mcp-Session-Id', value: 'wrap' }),
  };
  return {
    ...base,
    session: { strategy: 'token' },
    pools,
    routes: [
      ...Object.keys(pools).map((name) => ({ path: '/' + name + '/*', pool: name, session: 'optional' })),
      { path: '/*', pool: 'own', session: 'optional' },
    ],
  };
})()`;
const definition = definitionWith('(by) => by');
/** What was a cookie of the application's is one of the gateway's now. */
const changed = definitionWith(`() => ({ by: 'cookie' })`);

throughBothDoors('an application with a session cookie of its own', { definition, env }, (world) => {
  /** What one client learns of an origin is not another's: each has hours of its own. */
  let hour = 0;
  const newClient = (): Client => {
    const client = world.client();
    client.ip = `10.${hour}.7.1`;
    client.clockSeconds = hour * 7_200;
    return client;
  };
  beforeEach(async () => {
    hour++;
    await Promise.all(Object.values(relays).map((relay) => relay.mend()));
    await Promise.all(Object.values(world.origins).map((origin) => origin.revive()));
  });
  const homeOf = (reply: Reply): string => reply.explained().origin as string;
  const elsewhere = (home: string): string => ids.find((id) => id !== home) as string;
  const visit = async (client: Client, path: string) => {
    const reply = await client.ask(path);
    return { reply, at: homeOf(reply), ...(reply.json() as { visits: number; id: string; sent: string | null }) };
  };
  /** So much later that nothing is ejected any more. */
  const later = (client: Client): void => {
    client.clockSeconds += 900;
  };

  describe.skipIf(!php)('in PHP, which adopts an id that it does not know', () => {
    it('counts on at home, and sees the id that it made', async () => {
      const client = newClient();
      const first = await visit(client, '/php/x');
      expect(first.reply.setCookies).toHaveLength(1);
      expect(first.reply.setCookies[0]).toMatch(/^PHPSESSID=[a-z0-9]{26,32}~b1\.[\w-]{512}; path=\/$/);
      for (const visits of [2, 3]) {
        expect(await visit(client, '/php/x')).toMatchObject({ visits, at: first.at, sent: first.id, id: first.id });
      }
      expect([...client.jar.keys()]).toEqual(['PHPSESSID']);
    });

    it('counts from one where its client moved, and the client stays there when home is back', async () => {
      const client = newClient();
      const { at: home, id } = await visit(client, '/php/x');
      await visit(client, '/php/x');
      await relays[`PHP_${home}`]?.cut();
      const moved = await visit(client, '/php/x');
      expect(moved).toMatchObject({ visits: 1, at: elsewhere(home), sent: id, id });
      expect(moved.reply.explained().because).toBe('redispatched');
      expect(moved.reply.setCookies).toHaveLength(1);
      expect(moved.reply.setCookies[0]).toMatch(new RegExp(`^PHPSESSID=${id}~b1\\.[\\w-]{512}; Path=/$`));
      expect(moved.reply.header('cache-control')).toBe('private, no-store');
      await relays[`PHP_${home}`]?.mend();
      later(client);
      for (const visits of [2, 3, 4]) {
        const back = await visit(client, '/php/x');
        expect(back).toMatchObject({ visits, at: elsewhere(home), sent: id });
        expect(back.reply.explained()).toMatchObject({ because: 'pinned', epoch: '2' });
        expect(back.reply.setCookies).toEqual([]);
      }
    });

    it('is moved back in the same way when the second home fails', async () => {
      const client = newClient();
      const { at: home } = await visit(client, '/php/x');
      for (const away of [home, elsewhere(home), home]) {
        await relays[`PHP_${away}`]?.cut();
        expect(await visit(client, '/php/x')).toMatchObject({ at: elsewhere(away) });
        await relays[`PHP_${away}`]?.mend();
        later(client);
        expect(await visit(client, '/php/x')).toMatchObject({ at: elsewhere(away) });
      }
    });

    it('goes home under return, and counts on there', async () => {
      const client = newClient();
      const { at: home, id } = await visit(client, '/home/x');
      await visit(client, '/home/x');
      await relays[`PHP_${home}`]?.cut();
      const away = await visit(client, '/home/x');
      expect(away).toMatchObject({ at: elsewhere(home), sent: id });
      expect(away.reply.setCookies).toEqual([]);
      await relays[`PHP_${home}`]?.mend();
      later(client);
      expect(await visit(client, '/home/x')).toMatchObject({ at: home, visits: 3, sent: id });
    });

    it('keeps the end of its cookie, and what else it said of it', async () => {
      const client = newClient();
      const { at: home, id, reply } = await visit(client, '/lasting/x');
      expect(reply.setCookies[0]).toMatch(/~b1\.[\w-]{512}; expires=.*; Max-Age=3600; path=\/; HttpOnly$/);
      await relays[`LASTING_${home}`]?.cut();
      client.clockSeconds += 600;
      const moved = await visit(client, '/lasting/x');
      const [, seconds] = /Max-Age=(\d+)$/.exec(moved.reply.setCookies[0] as string) as unknown as [string, string];
      expect(moved.reply.setCookies[0]?.startsWith(`PHPSESSID=${id}~b1.`)).toBe(true);
      expect(moved.reply.setCookies[0]).toContain('; Path=/; HttpOnly; Expires=');
      expect(Number(seconds)).toBeGreaterThan(2_950);
      expect(Number(seconds)).toBeLessThanOrEqual(3_000);
      await relays[`LASTING_${home}`]?.mend();
      // Whoever sends it for longer gains nothing.
      client.clockSeconds += 3_600;
      await relays[`LASTING_${elsewhere(home)}`]?.cut();
      expect((await visit(client, '/lasting/x')).reply.setCookies).toEqual([]);
    });
  });

  describe.skipIf(!tomcat)('in Tomcat, which issues another id', () => {
    it('counts on where its client moved, and the client stays there when home is back', async () => {
      const client = newClient();
      const visitsOf = async () => {
        const reply = await client.ask('/java/x');
        return { reply, at: homeOf(reply), ...(reply.json() as { visits: number; id: string; asked: string }) };
      };
      const { at: home, id } = await visitsOf();
      expect(await visitsOf()).toMatchObject({ at: home, visits: 2, asked: id });
      await relays[`TOMCAT_${home}`]?.cut();
      const moved = await visitsOf();
      expect(moved).toMatchObject({ at: elsewhere(home), visits: 1, asked: id });
      expect(moved.id).not.toBe(id);
      expect(moved.reply.setCookies).toHaveLength(1);
      await relays[`TOMCAT_${home}`]?.mend();
      later(client);
      for (const visits of [2, 3]) {
        expect(await visitsOf()).toMatchObject({ at: elsewhere(home), visits, asked: moved.id });
      }
    });
  });

  it("on Express, whose `s%3A…` is kept as it is, the client's next cart is where it moved", async () => {
    const client = newClient();
    const added = await client.ask('/shop/cart', { form: { item: 'rope' } });
    const [issued] = added.setCookies as [string];
    const value = (client.jar.get('connect.sid') as string).split('~')[0] as string;
    expect(value).toMatch(/^s%3A[\w-]+\.[\w%+-]+$/);
    const home = homeOf(added);
    await relays[`SHOP_${home}`]?.cut();
    const moved = await client.ask('/shop/cart');
    expect(moved.json()).toMatchObject({ cart: [] });
    expect(moved.setCookies).toHaveLength(1);
    expect(moved.setCookies[0]).toMatch(/^connect\.sid=s%3A[^~]*~b1\.[\w-]{512}; Path=\/; HttpOnly$/);
    expect(moved.setCookies[0]?.startsWith(`connect.sid=${value}~b1.`)).toBe(true);
    expect(issued).not.toBe(moved.setCookies[0]);
    await relays[`SHOP_${home}`]?.mend();
    later(client);
    expect(homeOf(await client.ask('/shop/cart', { form: { item: 'tar' } }))).toBe(elsewhere(home));
    expect((await client.ask('/shop/cart')).json()).toMatchObject({ cart: ['tar'] });
  });

  it('with a quoted value keeps every byte of it, before and after the move', async () => {
    const value = '"7A~1/+ b=="';
    const client = newClient();
    for (const id of ids) {
      world.origins[id].on(
        '/own/issue',
        (_, response) => void response.writeHead(200, { 'set-cookie': `SID=${value};Path=/own; Secure` }).end('{}'),
      );
    }
    const home = homeOf(await client.ask('/own/issue')) as 'eu' | 'us';
    const other = elsewhere(home) as 'eu' | 'us';
    await world.origins[home].kill();
    const moved = await client.ask('/own/x');
    expect(moved.setCookies).toHaveLength(1);
    expect(moved.setCookies[0]?.replace(/~b1\.[\w-]{512}/, '')).toBe(`SID=${value}; Path=/own; Secure`);
    expect(world.origins[other].seen.at(-1)?.headers.cookie).toBe(`SID=${value}`);
    await world.origins[home].revive();
    later(client);
    expect(homeOf(await client.ask('/own/x'))).toBe(other);
    expect(world.origins[other].seen.at(-1)?.headers.cookie).toBe(`SID=${value}`);
  });

  it('that signs out in the reply of a move is signed out', async () => {
    const client = newClient();
    client.jar.clear();
    const gone = 'SID=; Path=/; Max-Age=0';
    for (const id of ids) {
      world.origins[id].on(
        '/own/in',
        (_, response) => void response.writeHead(200, { 'set-cookie': 'SID=1; Path=/' }).end('{}'),
      );
      world.origins[id].on('/own/out', (_, response) => void response.writeHead(200, { 'set-cookie': gone }).end('{}'));
    }
    const home = homeOf(await client.ask('/own/in')) as 'eu' | 'us';
    await world.origins[home].kill();
    expect((await client.ask('/own/out')).setCookies).toEqual([gone]);
  });

  describe.each([
    ['whose seal keys were replaced', definition, async () => ({ SESSION_KEYS: JSON.stringify(await freshKeys()) })],
    ['whose affinity is a cookie of its own by now', changed, async () => ({})],
    ['of which both is true', changed, async () => ({ SESSION_KEYS: JSON.stringify(await freshKeys()) })],
  ] as const)('behind a gateway %s', (_, definitionThen, moreEnv) => {
    let then: World;
    let close = async (): Promise<void> => {};
    beforeAll(async () => {
      const opened = await openWorld(world.door, { definition: definitionThen, env: await moreEnv(), beside: world });
      then = opened.world;
      close = opened.close;
    });
    afterAll(() => close());
    /** The same client, with what it holds. */
    const sameAs = (client: Client): Client => {
      const same = then.client({ jar: client.jar, serviceToken: world.serviceToken });
      same.ip = client.ip;
      same.clockSeconds = client.clockSeconds;
      return same;
    };

    it.skipIf(!php)('has its session in PHP all the same: the id comes without what was behind it', async () => {
      const client = newClient();
      const { id } = await visit(client, '/php/x');
      const held = client.jar.get('PHPSESSID');
      const same = sameAs(client);
      const first = await visit(same, '/php/x');
      expect(first).toMatchObject({ sent: id, id });
      for (const more of [1, 2, 3]) {
        expect(await visit(same, '/php/x')).toMatchObject({ visits: first.visits + more, at: first.at, sent: id, id });
      }
      expect(client.jar.get('PHPSESSID')).toBe(held);
    });

    it.skipIf(!tomcat)('has its session in Tomcat all the same', async () => {
      const client = newClient();
      const { id } = (await client.ask('/java/x')).json();
      const same = sameAs(client);
      const first = (await same.ask('/java/x')).json() as { visits: number; asked: string };
      expect(first.asked).toBe(id);
      expect((await same.ask('/java/x')).json()).toMatchObject({ visits: first.visits + 1 });
    });

    it('has every other value as it was, and an id in a header too', async () => {
      const client = newClient();
      for (const id of ids) {
        world.origins[id].on(
          '/wrap/begin',
          (_, response) => void response.writeHead(200, { 'mcp-session-id': 'id~1.x' }).end('{}'),
        );
      }
      const wrapped = (await client.ask('/wrap/begin')).header('mcp-session-id') as string;
      expect(wrapped).toMatch(/^id~1\.x~b1\.[\w-]{512}$/);
      const own = `theme=a~b1.c; x=~b1.${'A'.repeat(511)}; y="~"; z=1~${'B'.repeat(140)}`;
      const reply = await sameAs(client).ask('/wrap/x', { headers: { cookie: own, 'mcp-session-id': wrapped } });
      const seen = world.origins[homeOf(reply) as 'eu' | 'us'].seen.at(-1);
      expect(seen?.headers).toMatchObject({ cookie: own, 'mcp-session-id': 'id~1.x' });
    });
  });
});
