import { describe, expect, it } from 'vitest';
import type { Client } from '../support/client.ts';
import { throughBothDoors } from '../support/doors.ts';

/** `us` may take twice as much; `next` is a canary of a quarter, at the origin `ap`. */
const definition = `(() => {
  const [eu, us, ap] = base.pools.app.origins;
  const one = (origin) => ({ ...origin, region: 'eu', at: undefined });
  const origins = [one(eu), { ...one(us), weight: 2 }];
  const pool = (affinity) => ({ origins, affinity, commands: { token: env.ORIGIN_TOKEN, claims: ['role'] } });
  const pools = {
    network: pool({}),
    random: pool({ first: 'random' }),
    header: pool({ by: 'header', name: 'X-Affinity', first: 'random' }),
    split: pool({ first: 'random' }),
    next: { origins: [one(ap)] },
  };
  return {
    ...base,
    pools,
    routes: [
      { path: '/login', methods: ['POST'], pool: 'random', session: 'optional', issues: true },
      { path: '/split/*', pool: { split: { split: 75, next: 25 } }, session: 'optional' },
      ...['network', 'random', 'header'].map((name) => ({ path: '/' + name + '/*', pool: name, session: 'optional' })),
      { path: '/*', pool: 'network', session: 'optional' },
    ],
  };
})()`;

const visits = 300;
/** Five standard deviations of the widest share: a run in two million is further off by chance. */
const tolerance = 5 * Math.sqrt(0.25 / visits);

throughBothDoors('new clients of one network', { definition }, (world) => {
  const newClient = (): Client => {
    const client = world.client();
    client.ip = '203.0.113.7';
    client.place = '48.1,11.6';
    return client;
  };
  /** Each is somebody new: without a cookie, from one address. */
  const sharesOf = async (path: string): Promise<(id: string) => number> => {
    const origins: string[] = [];
    for (let i = 0; i < visits / 10; i++) {
      const ten = Array.from({ length: 10 }, async () => (await newClient().ask(path)).explained());
      for (const { origin } of await Promise.all(ten)) origins.push(origin as string);
    }
    return (id) => origins.filter((origin) => origin === id).length / visits;
  };

  it('all come to one origin by default', async () => {
    const share = await sharesOf('/network/x');
    expect([share('eu'), share('us')].toSorted()).toEqual([0, 1]);
  });

  describe('with a first origin that is drawn', () => {
    it.each(['/random/x', '/header/x'])('are spread by weight: %s', async (path) => {
      const share = await sharesOf(path);
      expect(Math.abs(share('eu') - 1 / 3)).toBeLessThan(tolerance);
      expect(share('eu') + share('us')).toBe(1);
      expect((await newClient().ask(path)).explained().because).toBe('nearest');
    });

    it('are given their side of a split in the same way', async () => {
      const share = await sharesOf('/split/x');
      expect(Math.abs(share('ap') - 0.25)).toBeLessThan(tolerance);
      expect(Math.abs(share('us') - 0.5)).toBeLessThan(tolerance);
      expect(share('eu') + share('us') + share('ap')).toBe(1);
    });

    it('stay where they are from then on, on the side of a split too', async () => {
      for (const path of ['/random/x', '/split/x']) {
        for (let i = 0; i < 5; i++) {
          const client = newClient();
          const { origin } = (await client.ask(path)).explained();
          for (let visit = 0; visit < 10; visit++) {
            expect((await client.ask(path)).explained()).toMatchObject({ origin, because: 'pinned' });
          }
        }
      }
    });

    it('keep their origin through a login, and with it when the pin is lost: the session leads then', async () => {
      const client = newClient();
      const { origin } = (await client.ask('/random/x')).explained();
      await client.ask('/login', { form: { user: 'ada' } });
      expect((await client.ask('/random/x')).explained()).toMatchObject({ origin, because: 'pinned' });
      const led = new Set<string>();
      for (let i = 0; i < 12; i++) {
        client.jar.delete('__Host-affinity-random');
        led.add((await client.ask('/random/x')).explained().origin as string);
      }
      expect(led.size).toBe(1);
    });

    it('without cookies are given another origin with every request', async () => {
      const origins = new Set<string>();
      const client = newClient();
      for (let i = 0; i < 40; i++) {
        client.jar.clear();
        origins.add((await client.ask('/random/x')).explained().origin as string);
      }
      expect(origins).toEqual(new Set(['eu', 'us']));
    });
  });
});
