import { beforeEach, describe, expect, it } from 'vitest';
import { apiOf } from '../support/api.ts';
import type { Client, Reply } from '../support/client.ts';
import { throughBothDoors } from '../support/doors.ts';

const definition = `({
  ...base,
  session: { strategy: 'token' },
  pools: {
    app: { ...base.pools.app, health: { slowStart: '10m' } },
    even: { ...base.pools.app, commands: undefined, steer: 'weighted' },
    twin: { origins: [{ ...base.pools.app.origins[0], id: 'twin' }] },
  },
  routes: [
    { path: '/login', methods: ['POST'], pool: 'app', session: 'optional', issues: true },
    { path: '/even/*', pool: 'even', session: 'optional' },
    { path: '/twin/*', pool: 'twin', session: 'optional' },
    { path: '/*', pool: 'app', session: 'optional' },
  ],
})`;

throughBothDoors('at run time', { definition }, (world) => {
  const newClient = (ip = '203.0.113.9'): Client => {
    const client = world.client();
    client.place = '48.1,11.6';
    client.ip = ip;
    return client;
  };
  const pinned = async (): Promise<Client> => {
    const client = newClient();
    expect((await client.ask('/')).explained().origin).toBe('eu');
    return client;
  };
  const control = (patch: object, id = 'app/eu', headers?: Record<string, string>): Promise<Reply> =>
    apiOf(world)('PATCH', `/origins/${id}`, patch, headers);
  const asFiled = { state: null, weight: null, drainBy: null, shed: null };
  beforeEach(async () => {
    expect((await control(asFiled)).status).toBe(200);
    expect((await control(asFiled, 'even/eu')).status).toBe(200);
  });

  describe('an origin that is drained', () => {
    it('keeps the clients it has, and gets no new ones', async () => {
      const client = await pinned();
      const drained = await control({ state: 'draining' });
      expect([drained.status, drained.json().state]).toEqual([200, 'draining']);
      expect((await client.ask('/')).explained()).toMatchObject({ origin: 'eu', because: 'pinned' });
      expect((await newClient().ask('/')).explained()).toMatchObject({ origin: 'us' });
    });

    it('is left by everybody when its time is up', async () => {
      const client = await pinned();
      await control({ state: 'draining', drainBy: new Date(Date.now() + 60_000).toISOString() });
      client.clockSeconds = 30;
      expect((await client.ask('/')).explained()).toMatchObject({ origin: 'eu', because: 'pinned' });
      client.clockSeconds = 61;
      expect((await client.ask('/')).explained()).toMatchObject({ origin: 'us', because: 'drained', epoch: '2' });
      client.clockSeconds = 62;
      expect((await client.ask('/')).explained()).toMatchObject({ origin: 'us', because: 'pinned' });
    });

    it('and switched off is left at once', async () => {
      const client = await pinned();
      await control({ state: 'off' });
      expect((await client.ask('/')).explained()).toMatchObject({ origin: 'us', because: 'drained' });
    });
  });

  it('a weight of 0 keeps new clients away for as long as it stands', async () => {
    const client = await pinned();
    await control({ weight: 0 });
    expect((await newClient().ask('/')).explained().origin).toBe('us');
    expect((await client.ask('/')).explained()).toMatchObject({ origin: 'eu', because: 'pinned' });
    await control({ weight: null });
    expect((await newClient().ask('/')).explained().origin).toBe('eu');
  });

  it('a weight draws clients in, and pushes nobody between the others', async () => {
    const clients = Array.from({ length: 40 }, (_, i) => newClient(`198.51.${i}.1`));
    const placed = async (): Promise<string[]> => {
      const origins: string[] = [];
      for (const client of clients) {
        client.jar.clear();
        origins.push((await client.ask('/even/x')).explained().origin as string);
      }
      return origins;
    };
    const before = await placed();
    await control({ weight: 20 }, 'even/eu');
    const after = await placed();
    const count = (origins: string[]) => origins.filter((origin) => origin === 'eu').length;
    expect(count(after)).toBeGreaterThan(count(before));
    expect(after.filter((origin, i) => origin !== before[i] && origin !== 'eu')).toEqual([]);
  });

  it('shedding moves the same slice, however often it is asked, and a larger one includes it', async () => {
    const clients: Client[] = [];
    for (let i = 0; i < 40; i++) {
      const client = newClient(`198.51.${i}.1`);
      await client.ask('/');
      clients.push(client);
    }
    const held = clients.map(({ jar }) => new Map(jar));
    const moved = async (shed: number): Promise<number[]> => {
      await control({ shed });
      const gone: number[] = [];
      for (const [i, client] of clients.entries()) {
        client.jar.clear();
        for (const [name, value] of held[i] as Map<string, string>) client.jar.set(name, value);
        const { origin, because } = (await client.ask('/')).explained();
        expect(because).toBe(origin === 'eu' ? 'pinned' : 'shed');
        if (origin !== 'eu') gone.push(i);
      }
      return gone;
    };
    const quarter = await moved(0.25);
    expect(quarter.length).toBeGreaterThan(3);
    expect(quarter.length).toBeLessThan(18);
    expect(await moved(0.25)).toEqual(quarter);
    expect(await moved(0.6)).toEqual(expect.arrayContaining(quarter));
    expect(await moved(0)).toEqual([]);
  });

  it('isolates that were not asked to change it know of it after a pause, before they serve', async () => {
    // As many at once as it takes to have others than the one that has been serving.
    const all = (clockSeconds: number): Promise<(string | undefined)[]> =>
      Promise.all(
        Array.from({ length: 6 }, async () => {
          const client = newClient();
          client.clockSeconds = clockSeconds;
          return (await client.ask('/')).explained().origin;
        }),
      );
    await all(0);
    await all(0);
    await control({ state: 'draining' });
    // A request waits 100 ms at most, and a machine with much to do may need longer to load the client of a database: by a
    // later pause it is there.
    let seen = await all(30);
    for (let pause = 2; pause <= 10 && seen.includes('eu'); pause++) seen = await all(30 * pause);
    expect(seen).toEqual(Array(6).fill('us'));
  });

  describe('the service API', () => {
    it('shows origins as they are now, the place of their control in an ETag', async () => {
      const reply = await apiOf(world)('GET', '/origins/app/us');
      expect(reply.json()).toEqual({
        id: 'us',
        pool: 'app',
        region: 'us-east-1',
        state: 'active',
        weight: 1,
        drainBy: null,
        shed: 0,
        probed: 'up',
      });
      expect(reply.header('etag')).toBe('"0"');
      expect((await apiOf(world)('GET', '/origins/twin')).json()).toMatchObject({ id: 'twin', pool: 'twin' });
      const list = (await apiOf(world)('GET', '/origins')).json() as { items: { id: string }[]; next: null };
      expect(list.items.map(({ id }) => id)).toEqual(['eu', 'us', 'ap', 'eu', 'us', 'ap', 'twin']);
      expect(list.next).toBeNull();
    });

    it('changes only what the caller has seen, when it says what that was', async () => {
      const etag = (await apiOf(world)('GET', '/origins/app/eu')).header('etag') as string;
      const first = await control({ shed: 0.1 }, 'app/eu', { 'if-match': etag });
      expect([first.status, first.json().shed]).toEqual([200, 0.1]);
      const late = await control({ shed: 0.9 }, 'app/eu', { 'if-match': etag });
      expect([late.status, late.json().code]).toEqual([409, 'conflict']);
      expect((await apiOf(world)('GET', '/origins/app/eu')).json().shed).toBe(0.1);
      const next = await control({ shed: 0.2 }, 'app/eu', { 'if-match': first.header('etag') as string });
      expect(next.status).toBe(200);
    });

    it.each([
      { state: 'gone' },
      { weight: -1 },
      { weight: '1' },
      { shed: 1.5 },
      { state: 'draining', drainBy: 'soon' },
      { drainBy: '2040-01-01T00:00:00Z' },
      { region: 'eu' },
    ])('refuses %j, and says why', async (patch) => {
      const reply = await control(patch);
      expect([reply.status, reply.json().code]).toEqual([400, 'bad_request']);
      expect(reply.json().detail).toEqual(expect.any(String));
      expect((await apiOf(world)('GET', '/origins/app/eu')).json()).toMatchObject({
        state: 'active',
        weight: 1,
        shed: 0,
      });
    });

    it('knows no other origins, and asks which pool is meant', async () => {
      expect((await apiOf(world)('GET', '/origins/nobody')).status).toBe(404);
      expect((await apiOf(world)('GET', '/origins/twin/eu')).status).toBe(404);
      const which = await apiOf(world)('GET', '/origins/eu');
      expect(which.status).toBe(400);
      expect(which.json().detail).toContain('/origins/even/eu');
    });

    it('is for services alone', async () => {
      expect((await apiOf(world, null)('GET', '/origins/app/eu')).status).toBe(401);
      expect((await apiOf(world, 'no-such-token')('PATCH', '/origins/app/eu', { shed: 1 })).status).toBe(401);
    });
  });
});
