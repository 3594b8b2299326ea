import { describe, expect, it } from 'vitest';
import { throughBothDoors } from '../support/doors.ts';
import { encode } from '../support/origin.ts';

const places = { munich: '48.1,11.6', boston: '42.4,-71.1', tokyo: '35.7,139.7' };

const definition = `(() => {
  const [eu, us, ap] = base.pools.app.origins;
  const { commands } = base.pools.app;
  const claims = [];
  return {
    ...base,
    session: { strategy: 'token' },
    pools: {
      app: { origins: [eu, us, ap], commands: { ...commands, claims: ['role', 'residency'] } },
      leaving: { origins: [{ ...eu, state: 'draining' }, us, ap] },
      left: { origins: [{ ...eu, state: 'draining', drainBy: '2020-01-01T00:00:00Z' }, us, ap] },
      absent: { origins: [{ ...eu, state: 'off' }, us, ap] },
      weightless: { origins: [{ ...eu, weight: 0 }, us, ap] },
      anywhere: { origins: [{ ...eu, weight: 8 }, { ...us, weight: 1 }, { ...ap, weight: 1 }], steer: 'weighted' },
      green: { origins: [{ ...us, id: 'green' }] },
      nowhere: { origins: [{ ...eu, state: 'off' }] },
    },
    routes: [
      { path: '/login', methods: ['POST'], pool: 'app', session: 'optional', issues: true },
      ...['leaving', 'left', 'absent', 'weightless', 'anywhere', 'nowhere'].map((name) => (
        { path: '/' + name + '/*', pool: name, session: 'optional' })),
      { path: '/split/*', pool: { split: { app: 90, green: 10 } }, session: 'optional' },
      { path: '/europe/*', pool: 'app', session: 'optional', regions: ['eu'] },
      { path: '/gone/*', pool: 'absent', session: 'optional', regions: ['eu'] },
      { path: '/off/*', pool: 'app', session: 'off' },
      { path: '/*', pool: 'app', session: 'optional' },
    ],
  };
})()`;

throughBothDoors('the configuration says who may serve whom', { definition }, (world) => {
  const clientIn = (place: keyof typeof places) => {
    const client = world.client();
    client.place = places[place];
    return client;
  };

  it('everybody is served by the nearest origin', async () => {
    for (const [place, origin] of [
      ['munich', 'eu'],
      ['boston', 'us'],
      ['tokyo', 'ap'],
    ] as const) {
      const reply = await clientIn(place).ask('/');
      expect(reply.explained()).toMatchObject({ origin, because: 'nearest' });
      expect(reply.json().origin).toBe(origin);
    }
  });

  it('a pool that ignores regions shares its clients out by weight', async () => {
    const counts: Record<string, number> = {};
    for (let i = 0; i < 60; i++) {
      const client = clientIn('tokyo');
      client.ip = `203.0.${i}.9`;
      const { origin, because } = (await client.ask('/anywhere/x')).explained();
      expect(because).toBe('weighted');
      counts[origin as string] = (counts[origin as string] ?? 0) + 1;
    }
    expect(counts.eu).toBeGreaterThan(36);
    expect(counts.eu).toBeLessThan(59);
  });

  it.each(['leaving', 'left', 'absent', 'weightless'])('an origin that is %s gets no new clients', async (pool) => {
    const reply = await clientIn('munich').ask(`/${pool}/x`);
    expect(reply.status).toBe(200);
    expect(reply.explained().origin).toBe('us');
  });

  it('a pool without any willing origin says so, and when to come back', async () => {
    const reply = await clientIn('munich').ask('/nowhere/x');
    expect(reply.status).toBe(503);
    expect(reply.json()).toMatchObject({ code: 'no_origin_available' });
    expect(Number(reply.header('retry-after'))).toBeGreaterThan(0);
  });

  it('a split gives each arm its part, and everybody the same arm again', async () => {
    let green = 0;
    for (let i = 0; i < 100; i++) {
      const client = clientIn('munich');
      client.ip = `203.1.${i}.9`;
      const first = (await client.ask('/split/x')).explained();
      expect(first.because).toBe('split');
      if (first.origin === 'green') green++;
      if (i % 10 > 0) continue;
      expect((await client.ask('/split/x')).explained()).toMatchObject({ origin: first.origin, because: 'pinned' });
      const stranger = clientIn('munich');
      stranger.ip = client.ip;
      expect((await stranger.ask('/split/x')).explained().origin).toBe(first.origin);
    }
    expect(green).toBeGreaterThan(1);
    expect(green).toBeLessThan(25);
  });

  it('a route that is limited to a region is served there, and costs nobody their berth elsewhere', async () => {
    const client = clientIn('tokyo');
    await client.ask('/');
    expect((await client.ask('/europe/x')).explained().origin).toBe('eu');
    expect((await client.ask('/')).explained()).toMatchObject({ origin: 'ap', because: 'pinned' });
  });

  it('a route whose only region has nobody at work is not served at all', async () => {
    const reply = await clientIn('tokyo').ask('/gone/x');
    expect(reply.status).toBe(503);
    expect(reply.json()).toMatchObject({ code: 'region_unavailable' });
  });

  it('a limited route is not served elsewhere when its origin is dead', async () => {
    const client = clientIn('munich');
    await world.origins.eu.kill();
    const before = world.origins.us.seen.length + world.origins.ap.seen.length;
    const reply = await client.ask('/europe/x');
    await world.origins.eu.revive();
    expect([502, 503]).toContain(reply.status);
    expect(world.origins.us.seen.length + world.origins.ap.seen.length).toBe(before);
  });

  describe('a session that may be served from some regions only', () => {
    const signIn = async (residency: unknown) => {
      const client = clientIn('tokyo');
      const answer = (origin: keyof typeof world.origins) =>
        world.origins[origin].on('/login', (_, response) => {
          response.setHeader('session-issue', encode({ sub: 'ada', claims: { residency } }));
          response.setHeader('session-origin-token', world.originToken);
          response.end('in');
        });
      for (const origin of ['eu', 'us', 'ap'] as const) answer(origin);
      await client.ask('/');
      expect((await client.ask('/login', { form: {} })).status).toBe(200);
      return client;
    };

    it('moves to one of them', async () => {
      const client = await signIn(['eu']);
      const reply = await client.ask('/');
      expect(reply.explained()).toMatchObject({ origin: 'eu', session: 'active' });
      expect((await client.ask('/')).explained()).toMatchObject({ origin: 'eu', because: 'pinned' });
    });

    it('is not served at all where no origin is in one of them', async () => {
      const client = await signIn('mars');
      const before = world.origins.ap.seen.length;
      const reply = await client.ask('/');
      expect(reply.status).toBe(503);
      expect(reply.json()).toMatchObject({ code: 'region_unavailable' });
      expect(world.origins.ap.seen.length).toBe(before);
    });
  });

  describe('the explanation', () => {
    it('is one line of origin, because, route, session, attempts and epoch', async () => {
      const reply = await clientIn('munich').ask('/');
      expect(reply.header('session-explained')).toBe(
        'origin=eu, because=nearest, route=12, session=none, attempts=1, epoch=1',
      );
      const off = await clientIn('munich').ask('/off/x');
      expect(off.explained()).toMatchObject({ session: 'off', route: '11' });
    });

    it('is for those who may ask, and a wrong token changes nothing else', async () => {
      const plain = world.client({});
      plain.place = places.munich;
      expect((await plain.ask('/')).header('session-explained')).toBeNull();
      const wrong = world.client({ serviceToken: 'x'.repeat(43) });
      wrong.place = places.munich;
      const reply = await wrong.ask('/');
      expect(reply.status).toBe(200);
      expect(reply.header('session-explained')).toBeNull();
    });

    it('never reaches an origin, asked for or not', async () => {
      await clientIn('munich').ask('/', { headers: { 'session-explained': 'origin=ap' } });
      const { headers } = world.origins.eu.seen.at(-1) as { headers: Record<string, string> };
      expect(Object.keys(headers).filter((name) => name.startsWith('session-explain'))).toEqual([]);
    });
  });

  it('an origin is told which one it is, how often the client moved, and who would be next', async () => {
    await clientIn('munich').ask('/');
    expect(world.origins.eu.seen.at(-1)?.headers['session-affinity']).toBe('origin=eu, epoch=1, next=us');
  });
});
