import { beforeEach, describe, expect, it } from 'vitest';
import type { Client } from '../support/client.ts';
import { throughBothDoors } from '../support/doors.ts';

const munich = '48.1,11.6';

/** One set of origins behind several pools, each with its own manners; a pool has a path of its own. */
const definition = `(() => {
  const { origins } = base.pools.app;
  const pool = (more) => ({ origins, ...more });
  return {
    ...base,
    session: { strategy: 'token' },
    pools: {
      app: pool({}),
      impatient: pool({ timeout: '1s' }),
      merciless: pool({ health: { maxEjected: 1 } }),
    },
    routes: [
      ...['impatient', 'merciless'].map((name) => (
        { path: '/' + name + '/*', pool: name, session: 'optional' })),
      { path: '/*', pool: 'app', session: 'optional' },
    ],
  };
})()`;

throughBothDoors('an origin that dies is left', { definition }, (world) => {
  /** Ejections are forgotten by the hour, so every story begins in an hour of its own. */
  let hour = 0;

  /** In Munich, in this story's hour. */
  const newClient = (): Client => {
    const client = world.client();
    client.place = munich;
    client.clockSeconds = hour * 3600;
    return client;
  };

  beforeEach(async () => {
    hour++;
    const { eu, us, ap } = world.origins;
    await Promise.all([eu.revive(), us.revive(), ap.revive()]);
  });

  const pinned = async (path = '/'): Promise<Client> => {
    const client = newClient();
    expect((await client.ask(path)).explained()).toMatchObject({ origin: 'eu' });
    return client;
  };

  it('a page is served by the next origin without an error, and the pin moves once', async () => {
    const client = await pinned();
    const before = client.jar.get('__Host-affinity-app');
    await world.origins.eu.kill();

    const moved = await client.ask('/');
    expect(moved.status).toBe(200);
    expect(moved.explained()).toMatchObject({ origin: 'us', because: 'redispatched', attempts: '2', epoch: '2' });
    expect(moved.setCookies).toHaveLength(1);
    expect(client.jar.get('__Host-affinity-app')).not.toBe(before);

    const after = await client.ask('/');
    expect(after.explained()).toMatchObject({ origin: 'us', because: 'pinned', attempts: '1', epoch: '2' });
    expect(after.setCookies).toEqual([]);

    await world.origins.eu.revive();
    for (let i = 0; i < 5; i++) {
      const reply = await client.ask('/');
      expect(reply.explained()).toMatchObject({ origin: 'us', because: 'pinned', epoch: '2' });
      expect(reply.setCookies).toEqual([]);
    }
  });

  it('the origin is told how often its client has moved', async () => {
    const client = await pinned();
    await world.origins.eu.kill();
    const { headers } = (await client.ask('/')).json() as { headers: Record<string, string> };
    expect(headers['session-affinity']).toMatch(/^origin=us, epoch=2(, next=\w+)?$/);
  });

  it('a form without an Idempotency-Key is sent again only where nothing can have arrived', async () => {
    const client = await pinned();
    await world.origins.eu.kill();
    const reply = await client.ask('/cart', { method: 'POST', body: 'a=1' });
    if (world.door === 'lambda') {
      // A refused connection is known as such there.
      expect(reply.status).toBe(200);
      expect(reply.explained()).toMatchObject({ origin: 'us', because: 'redispatched' });
    } else {
      // workerd throws the same error for a refused connection and for one that broke after the form was sent.
      expect(reply.status).toBe(502);
      expect(reply.json()).toMatchObject({ code: 'origin_unreachable' });
      expect(reply.explained()).toMatchObject({ attempts: '1' });
      expect(reply.setCookies).toEqual([]);
    }
    const because = world.door === 'lambda' ? 'pinned' : 'redispatched';
    expect((await client.ask('/')).explained()).toMatchObject({ origin: 'us', because, epoch: '2' });
  });

  it('a form that may have arrived is not sent twice', async () => {
    const client = await pinned();
    const { eu, us, ap } = world.origins;
    eu.on('/cut', (_, __, request) => request.socket.destroy());
    const before = us.seen.length + ap.seen.length;
    const reply = await client.ask('/cut', { method: 'POST', body: 'a=1' });
    expect(reply.status).toBe(502);
    expect(reply.json()).toMatchObject({ code: 'origin_unreachable' });
    expect(us.seen.length + ap.seen.length).toBe(before);
    expect(eu.seen.filter(({ url }) => url === '/cut')).toHaveLength(1);
  });

  it('with an Idempotency-Key it is sent again, byte for byte the same', async () => {
    const client = await pinned();
    const { eu, us } = world.origins;
    eu.on('/twice', (_, __, request) => request.socket.destroy());
    const body = Buffer.from(Array.from({ length: 40_000 }, (_, i) => i % 251));
    const reply = await client.ask('/twice', { method: 'POST', body, headers: { 'idempotency-key': 'a-1' } });
    expect(reply.status).toBe(200);
    expect(reply.explained()).toMatchObject({ origin: 'us', because: 'redispatched', attempts: '2' });
    const arrived = us.seen.at(-1);
    expect(arrived?.method).toBe('POST');
    expect(arrived?.body.equals(body)).toBe(true);
    expect(arrived?.headers['content-length']).toBe('40000');
    expect(arrived?.headers['idempotency-key']).toBe('a-1');
  });

  it('a body over maxBody goes out once and is not refused for its size', async () => {
    const client = await pinned();
    const { eu, us } = world.origins;
    const body = Buffer.alloc(300_000, 7);
    const good = await client.ask('/large', { method: 'PUT', body });
    expect((good.json() as { body: { bytes: number } }).body.bytes).toBe(300_000);

    eu.on('/large', (_, __, request) => request.socket.destroy());
    const before = us.seen.length;
    const reply = await client.ask('/large', { method: 'PUT', body });
    expect(reply.status).toBe(502);
    expect(us.seen.length).toBe(before);
  });

  it('an origin that is in trouble is passed over, and nothing of its reply is seen', async () => {
    const client = await pinned();
    const { eu } = world.origins;
    eu.on('/trouble', (_, response) => {
      response.writeHead(503, { 'set-cookie': 'leak=1; Path=/', 'x-leak': '1', 'session-end': 'current' }).end('leak');
    });
    const reply = await client.ask('/trouble');
    expect(reply.status).toBe(200);
    expect(reply.explained()).toMatchObject({ origin: 'us', because: 'redispatched', attempts: '2' });
    expect(reply.header('x-leak')).toBeNull();
    expect(reply.setCookies.filter((line) => line.startsWith('leak'))).toEqual([]);
    expect(reply.text()).not.toContain('leak');
  });

  it('when every origin is in trouble, home has the word, and the client stays there', async () => {
    const client = await pinned();
    const held = client.jar.get('__Host-affinity-app');
    const { eu, us, ap } = world.origins;
    for (const [origin, status] of [
      [eu, 502],
      [us, 503],
      [ap, 504],
    ] as const) {
      origin.on('/all', (_, response) => void response.writeHead(status, { 'x-from': origin.id }).end(origin.id));
    }
    const reply = await client.ask('/all');
    expect([reply.status, reply.text(), reply.header('x-from')]).toEqual([502, 'eu', 'eu']);
    expect(reply.explained()).toMatchObject({ origin: 'eu', because: 'pinned', attempts: '3', epoch: '1' });
    expect(client.jar.get('__Host-affinity-app')).toBe(held);
    expect((await client.ask('/')).explained()).toMatchObject({ origin: 'eu', because: 'pinned' });
  });

  it('a real status is worth more than a failure after it', async () => {
    const client = await pinned();
    world.origins.eu.on('/only-word', (_, response) => void response.writeHead(503).end('maintenance'));
    await world.origins.us.kill();
    await world.origins.ap.kill();
    const reply = await client.ask('/only-word');
    expect([reply.status, reply.text()]).toEqual([503, 'maintenance']);
  });

  it('an error that is the application’s own is passed on as it is', async () => {
    const client = await pinned();
    const reply = await client.ask('/page?status=500');
    expect(reply.status).toBe(500);
    expect(reply.explained()).toMatchObject({ origin: 'eu', attempts: '1' });
  });

  it('when every origin is dead the client is told so, and keeps its berth', async () => {
    const client = await pinned();
    const held = client.jar.get('__Host-affinity-app');
    const { eu, us, ap } = world.origins;
    await Promise.all([eu.kill(), us.kill(), ap.kill()]);
    const reply = await client.ask('/');
    expect(reply.status).toBe(502);
    expect(reply.json()).toMatchObject({ code: 'origin_unreachable' });
    expect(reply.text()).not.toContain('127.0.0.1');
    expect(held).toBeDefined();
    expect(client.jar.get('__Host-affinity-app')).toBe(held);

    await eu.revive();
    expect((await client.ask('/')).explained()).toMatchObject({ origin: 'eu', because: 'pinned' });
  });

  it('an origin that does not answer in time is given up, whoever asks', async () => {
    const client = await pinned('/impatient/x');
    world.origins.eu.on('/impatient/hang', () => {});
    const startedAt = Date.now();
    const reply = await client.ask('/impatient/hang');
    expect(reply.status).toBe(504);
    expect(reply.json()).toMatchObject({ code: 'origin_timeout' });
    expect(Date.now() - startedAt).toBeLessThan(5_000);
    expect((await client.ask('/impatient/x')).explained()).toMatchObject({ origin: 'eu', because: 'pinned' });
  });

  describe('after three failures in a row', () => {
    const wearOut = async (path: string): Promise<void> => {
      for (let i = 0; i < 3; i++) await newClient().ask(path);
    };

    it('new clients are sent past it at once, until it has had its rest', async () => {
      await pinned();
      await world.origins.eu.kill();
      await wearOut('/');
      const next = newClient();
      const seen = await next.ask('/');
      expect(seen.explained()).toMatchObject({ origin: 'us', attempts: '1', epoch: '1' });

      await world.origins.eu.revive();
      const still = newClient();
      expect((await still.ask('/')).explained()).toMatchObject({ origin: 'us' });
      const later = newClient();
      later.clockSeconds += 60;
      expect((await later.ask('/')).explained()).toMatchObject({ origin: 'eu', attempts: '1' });
    });

    it('a client that was pinned to it moves without knocking there first', async () => {
      const client = await pinned();
      await world.origins.eu.kill();
      await wearOut('/');
      const moved = await client.ask('/');
      expect(moved.explained()).toMatchObject({ origin: 'us', because: 'redispatched', attempts: '1', epoch: '2' });
    });

    it('when all are out, nobody is', async () => {
      const { eu, us, ap } = world.origins;
      await Promise.all([eu.kill(), us.kill(), ap.kill()]);
      await wearOut('/merciless/x');
      expect((await newClient().ask('/merciless/x')).json()).toMatchObject({ code: 'origin_unreachable' });
      await ap.revive();
      expect((await newClient().ask('/merciless/x')).explained()).toMatchObject({ origin: 'ap' });
    });
  });
});
