import { setTimeout as pause } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Client } from '../support/client.ts';
import { throughBothDoors } from '../support/doors.ts';

const definition = `(() => {
  const { origins } = base.pools.app;
  const pools = {
    app: { origins },
    named: { origins, health: { probe: { path: '/alive' } } },
    hasty: { origins, timeout: '1s', health: { probe: { timeout: '1s' } } },
    sticky: { origins, affinity: { by: 'origin-cookie', name: 'SHOPID' } },
  };
  return {
    ...base,
    session: { strategy: 'token' },
    pools,
    routes: [
      ...Object.keys(pools).map((name) => ({ path: '/' + name + '/*', pool: name })),
      { path: '/*', pool: 'app' },
    ],
  };
})()`;

throughBothDoors('an origin', { definition }, (world) => {
  /** Ejections are forgotten by the hour, so every story begins in an hour of its own. */
  let hour = 0;
  let networks = 0;
  const visitor = (ip = '203.0.113.9'): Client =>
    Object.assign(world.client(), { place: '48.1,11.6', ip, clockSeconds: hour * 7_200 });
  const stranger = (): Client => visitor(`198.${networks++ % 250}.100.9`);
  beforeEach(async () => {
    hour++;
    const { eu, us, ap } = world.origins;
    await Promise.all([eu.revive(), us.revive(), ap.revive()]);
    // Whatever the last story left is forgiven.
    for (const pool of ['app', 'named', 'hasty', 'sticky']) await stranger().ask(`/${pool}/fine`);
    world.origins.eu.on('/', (_, response) => void response.writeHead(200).end());
  });

  const isIn = async (pool: string): Promise<boolean> => {
    const { origin, attempts } = (await stranger().ask(`/${pool}/fine`)).explained();
    expect(attempts).toBe('1');
    return origin === 'eu';
  };
  /** Probes run beside requests. */
  const comesOut = async (pool: string): Promise<boolean> => {
    for (let i = 0; i < 20; i++) {
      if (!(await peek(pool))) return true;
      await pause(50);
    }
    return false;
  };
  const ejections = (pool: string): Record<string, string>[] =>
    world.lines
      .filter((line) => line.includes('"origin-ejected"') && line.includes(`"${pool}"`))
      .map((line) => JSON.parse(line.slice(line.indexOf('{'))) as Record<string, string>);
  /** Whether it is still in, without a success that would forgive it. */
  const peek = async (pool: string): Promise<boolean> => {
    const told = ejections(pool).at(-1);
    return !told || Date.parse(told.until as string) <= Date.now() + hour * 7_200_000;
  };
  const meet = (client: Client, path: string, times = 3) =>
    Promise.all(Array.from({ length: times }, () => client.ask(path)));
  const failing = (status: number, paths: readonly string[], origin = world.origins.eu): void => {
    for (const path of paths) origin.on(path, (_, response) => void response.writeHead(status).end('in trouble'));
  };

  describe('stays in', () => {
    it('for a 500 of its page, however many ask at once', async () => {
      failing(500, ['/app/broken']);
      expect((await meet(visitor(), '/app/broken', 9)).map(({ status }) => status)).toEqual(Array(9).fill(500));
      for (let i = 0; i < 4; i++) await stranger().ask('/app/broken');
      expect(await isIn('app')).toBe(true);
    });

    it('for a page that fails one visitor while the origin answers for itself', async () => {
      failing(503, ['/app/mine']);
      for (let i = 0; i < 4; i++) {
        expect((await visitor().ask('/app/mine')).explained()).toMatchObject({ origin: 'us', attempts: '2' });
      }
      await pause(150);
      expect(await isIn('app')).toBe(true);
    });

    it.each([404, 405, 501])('if it answers HEAD with %i: it is there', async (status) => {
      world.origins.eu.on('/', (_, response) => void response.writeHead(status).end());
      failing(503, ['/app/mine']);
      for (let i = 0; i < 4; i++) await visitor().ask('/app/mine');
      await pause(150);
      expect(await isIn('app')).toBe(true);
    });

    it('for a page that is 503 at every origin, and so do its clients', async () => {
      for (const origin of Object.values(world.origins)) failing(503, ['/app/maintained'], origin);
      const clients = Array.from({ length: 5 }, stranger);
      for (const client of clients) {
        expect((await client.ask('/app/x')).explained().origin).toBe('eu');
        const held = client.jar.get('__Host-affinity-app');
        const reply = await client.ask('/app/maintained');
        expect([reply.status, reply.text(), reply.setCookies]).toEqual([503, 'in trouble', []]);
        expect(reply.explained()).toMatchObject({ origin: 'eu', because: 'pinned', attempts: '3', epoch: '1' });
        expect(client.jar.get('__Host-affinity-app')).toBe(held);
      }
      const newcomer = await stranger().ask('/app/maintained');
      expect([newcomer.status, newcomer.setCookies]).toEqual([503, []]);
      expect(await isIn('app')).toBe(true);
    });

    it('for time-outs of a page, from however many networks', async () => {
      world.origins.eu.on('/hasty/report', () => {});
      await Promise.all(Array.from({ length: 5 }, () => stranger().ask('/hasty/report')));
      await pause(150);
      expect(await isIn('hasty')).toBe(true);
    });

    it('while a request for it is probed once, and not by every request', async () => {
      const { eu } = world.origins;
      failing(503, ['/app/mine']);
      const before = eu.seen.filter(({ method }) => method === 'HEAD').length;
      for (let i = 0; i < 5; i++) await meet(visitor(), '/app/mine', 2);
      const probes = eu.seen.filter(({ method }) => method === 'HEAD').slice(before);
      expect(probes.length).toBeGreaterThan(0);
      // One environment of a Lambda knows nothing of another.
      expect(probes.length).toBeLessThanOrEqual(world.door === 'worker' ? 2 : 4);
      expect(probes[0]?.headers).toMatchObject({ 'user-agent': 'berth-probe' });
    });
  });

  describe('is left out', () => {
    it('when clients of two networks meet its failures', async () => {
      failing(503, ['/app/ours']);
      for (const client of [visitor(), visitor(), stranger()]) await client.ask('/app/ours');
      expect(await isIn('app')).toBe(false);
      expect(ejections('app').at(-1)).toMatchObject({ origin: 'eu', confirmed_by: 'networks' });
    });

    it('when one visitor finds it dead, and its probe does too', async () => {
      await world.origins.eu.kill();
      for (let i = 0; i < 3; i++) expect((await visitor().ask('/app/x')).status).toBe(200);
      expect(await comesOut('app')).toBe(true);
      expect(await isIn('app')).toBe(false);
      expect(ejections('app').at(-1)).toMatchObject({ origin: 'eu', confirmed_by: 'probe' });
    });

    it('when one visitor meets failures, and the page that is named for probes fails too', async () => {
      failing(503, ['/named/mine', '/alive']);
      for (let i = 0; i < 3; i++) await visitor().ask('/named/mine');
      expect(await comesOut('named')).toBe(true);
    });

    it('for as long as its pool says, counted from when it was seen to fail', async () => {
      world.origins.eu.hang();
      const startedAt = Date.now();
      for (let i = 0; i < 5 && (await peek('hasty')); i++) await stranger().ask('/hasty/x');
      expect(await comesOut('hasty')).toBe(true);
      const { at, until } = ejections('hasty').at(-1) as Record<string, string>;
      const shifted = hour * 7_200_000;
      expect(Date.parse(at as string)).toBeGreaterThan(startedAt + shifted + 2_000);
      expect(Date.parse(until as string) - Date.parse(at as string)).toBeGreaterThanOrEqual(10_000);
      expect(await isIn('hasty')).toBe(false);
    });
  });

  describe('that fails', () => {
    it('loses a client only to one that does better, be it an error of the page’s', async () => {
      const client = stranger();
      await client.ask('/app/x');
      failing(503, ['/app/half']);
      failing(500, ['/app/half'], world.origins.us);
      const reply = await client.ask('/app/half');
      expect([reply.status, reply.explained().origin]).toEqual([500, 'us']);
      expect((await client.ask('/app/x')).explained()).toMatchObject({ origin: 'us', because: 'pinned', epoch: '2' });
    });

    it('keeps the client whose form it did not answer', async () => {
      const client = stranger();
      await client.ask('/app/x');
      world.origins.eu.on('/app/cut', (_, __, request) => request.socket.destroy());
      const reply = await client.ask('/app/cut', { method: 'POST', body: 'a=1' });
      expect([reply.status, reply.setCookies]).toEqual([502, []]);
      expect((await client.ask('/app/x')).explained()).toMatchObject({ origin: 'eu', because: 'pinned', epoch: '1' });
    });

    it('is still where the application’s own session is, if it issued one with its failure', async () => {
      const client = stranger();
      for (const origin of Object.values(world.origins)) {
        origin.on('/sticky/down', (_, response) => {
          response.writeHead(503, { 'set-cookie': `SHOPID=of-${origin.id}; Path=/` }).end('in trouble');
        });
      }
      expect((await client.ask('/sticky/down')).explained()).toMatchObject({ origin: 'eu' });
      expect((await client.ask('/sticky/x')).explained()).toMatchObject({ origin: 'eu', because: 'pinned' });
      expect(world.origins.eu.seen.at(-1)?.headers.cookie).toBe('SHOPID=of-eu');
    });
  });
});
