import { beforeEach, describe, expect, it } from 'vitest';
import type { Client } from '../support/client.ts';
import { throughBothDoors } from '../support/doors.ts';

const definition = `(() => {
  const { origins } = base.pools.app;
  const pool = (affinity, more) => ({ origins, affinity, ...more });
  const pools = {
    return: pool({ onFailure: 'return' }),
    refuse: pool({ onFailure: 'refuse' }, { health: { ejectFor: '20s' } }),
    none: pool({ onFailure: 'none' }),
    keyed: pool({ by: 'header', name: 'X-Session-ID', value: 'hash', onFailure: 'refuse' }),
    idle: pool({ idle: '10m', absolute: '1h' }),
    warm: pool({}, { steer: 'weighted', health: { slowStart: '10m', ejectFor: '10s' } }),
    java: pool({ by: 'origin-cookie', name: 'JSESSIONID', onFailure: 'return' }),
  };
  return {
    ...base,
    session: { strategy: 'token' },
    pools,
    routes: [
      ...Object.keys(pools).map((name) => ({ path: '/' + name + '/*', pool: name, session: 'optional' })),
      { path: '/*', pool: 'return', session: 'optional' },
    ],
  };
})()`;

throughBothDoors('a home that fails', { definition }, (world) => {
  /** Ejections are forgotten by the hour, so every story begins in an hour of its own. */
  let hour = 0;
  const newClient = (): Client => {
    const client = world.client();
    client.place = '48.1,11.6';
    client.clockSeconds = hour * 7_200;
    return client;
  };
  beforeEach(async () => {
    hour++;
    await Promise.all(Object.values(world.origins).map((origin) => origin.revive()));
  });
  const pinned = async (path: string): Promise<Client> => {
    const client = newClient();
    expect((await client.ask(path)).explained()).toMatchObject({ origin: 'eu' });
    return client;
  };
  const wearOut = async (path: string): Promise<void> => {
    for (let i = 0; i < 3; i++) await newClient().ask(path);
  };

  describe('under return', () => {
    it('is left for the time being: the pin stays, and the client goes home when home is well', async () => {
      const client = await pinned('/return/x');
      await world.origins.eu.kill();
      const away = await client.ask('/return/x');
      expect(away.status).toBe(200);
      expect(away.explained()).toMatchObject({ origin: 'us', because: 'redispatched' });
      expect(away.setCookies).toEqual([]);
      await world.origins.eu.revive();
      const home = await client.ask('/return/x');
      expect(home.explained()).toMatchObject({ origin: 'eu', epoch: '1' });
      expect(home.setCookies).toEqual([]);
    });

    it('is not knocked at while it is ejected, and then it is returned to', async () => {
      const client = await pinned('/return/x');
      await world.origins.eu.kill();
      await wearOut('/return/x');
      const away = await client.ask('/return/x');
      expect(away.explained()).toMatchObject({ origin: 'us', because: 'redispatched', attempts: '1' });
      await world.origins.eu.revive();
      client.clockSeconds += 14;
      expect((await client.ask('/return/x')).explained()).toMatchObject({ origin: 'eu', because: 'returned' });
      client.clockSeconds += 60;
      expect((await client.ask('/return/x')).explained()).toMatchObject({ origin: 'eu', because: 'pinned' });
    });

    it('an application that begins anew elsewhere keeps its client there: its new session is known nowhere else', async () => {
      for (const origin of Object.values(world.origins)) {
        origin.on(
          '/java/issue',
          (_, response) =>
            void response.writeHead(200, { 'set-cookie': `JSESSIONID=of-${origin.id}; Path=/` }).end('{}'),
        );
      }
      const client = newClient();
      expect((await client.ask('/java/issue')).explained()).toMatchObject({ origin: 'eu' });
      await world.origins.eu.kill();
      expect((await client.ask('/java/issue')).explained()).toMatchObject({ origin: 'us', because: 'redispatched' });
      await world.origins.eu.revive();
      const after = await client.ask('/java/x');
      expect(after.explained()).toMatchObject({ origin: 'us', because: 'pinned' });
      expect(world.origins.us.seen.at(-1)?.headers.cookie).toBe('JSESSIONID=of-us');
    });
  });

  describe('under refuse', () => {
    it('is the only one that may serve its clients, from its first failure on', async () => {
      const client = await pinned('/refuse/x');
      const { eu, us, ap } = world.origins;
      const elsewhere = us.seen.length + ap.seen.length;
      await eu.kill();
      const refused = await client.ask('/refuse/x');
      expect(refused.status).toBe(503);
      expect(refused.json()).toMatchObject({ code: 'pin_refused' });
      expect(refused.header('retry-after')).toBe('20');
      expect(refused.setCookies).toEqual([]);
      expect(us.seen.length + ap.seen.length).toBe(elsewhere);
      await eu.revive();
      expect((await client.ask('/refuse/x')).explained()).toMatchObject({ origin: 'eu', because: 'pinned' });
    });

    it('is not knocked at while it is ejected', async () => {
      const client = await pinned('/refuse/x');
      await world.origins.eu.kill();
      await wearOut('/refuse/x');
      const refused = await client.ask('/refuse/x');
      expect([refused.status, refused.json().code]).toEqual([503, 'pin_refused']);
      expect(refused.explained()).toMatchObject({ attempts: '0' });
      expect(Number(refused.header('retry-after'))).toBeGreaterThan(0);
    });

    it('new clients are sent past it', async () => {
      await world.origins.eu.kill();
      const reply = await newClient().ask('/refuse/x');
      expect(reply.explained()).toMatchObject({ origin: 'us' });
    });

    it('is the home of a key as it is that of a pin', async () => {
      const client = newClient();
      const headers = { 'x-session-id': 'mine' };
      expect((await client.ask('/keyed/x', { headers })).explained()).toMatchObject({ origin: 'eu' });
      await world.origins.eu.kill();
      const refused = await client.ask('/keyed/x', { headers });
      expect([refused.status, refused.json().code]).toEqual([503, 'pin_refused']);
    });

    it('an error that is the application’s own is no failure', async () => {
      const client = await pinned('/refuse/x');
      expect((await client.ask('/refuse/x?status=500')).status).toBe(500);
      expect((await client.ask('/refuse/x?status=503')).json()).toMatchObject({ origin: 'eu' });
    });
  });

  describe('under none', () => {
    it('shows its error, ejected or not, and keeps its clients', async () => {
      const client = await pinned('/none/x');
      const { us, ap } = world.origins;
      await world.origins.eu.kill();
      const failed = await client.ask('/none/x');
      expect([failed.status, failed.json().code]).toEqual([502, 'origin_unreachable']);
      await wearOut('/none/x');
      const elsewhere = us.seen.length + ap.seen.length;
      const still = await client.ask('/none/x');
      expect([still.status, still.json().code]).toEqual([502, 'origin_unreachable']);
      expect(us.seen.length + ap.seen.length).toBe(elsewhere);
      await world.origins.eu.revive();
      expect((await client.ask('/none/x')).explained()).toMatchObject({ origin: 'eu', because: 'pinned' });
    });
  });

  describe('an idle lifetime', () => {
    it('slides with use, and is written once a minute at most', async () => {
      const client = await pinned('/idle/x');
      let written = 0;
      for (let i = 0; i < 40; i++) {
        client.clockSeconds += 30;
        const reply = await client.ask('/idle/x');
        expect(reply.explained()).toMatchObject({ origin: 'eu', because: 'pinned', epoch: '1' });
        written += reply.setCookies.length;
      }
      expect(written).toBe(20);
      client.clockSeconds += 601;
      expect((await client.ask('/idle/x')).explained()).toMatchObject({ because: 'expired' });
    });

    it('never outlives the absolute one', async () => {
      const client = await pinned('/idle/x');
      for (let i = 0; i < 11; i++) {
        client.clockSeconds += 300;
        expect((await client.ask('/idle/x')).explained().because).toBe('pinned');
      }
      client.clockSeconds += 301;
      expect((await client.ask('/idle/x')).explained().because).toBe('expired');
    });
  });

  it('that comes back takes up its weight bit by bit', async () => {
    const clients = Array.from({ length: 60 }, (_, i) => {
      const client = newClient();
      client.ip = `203.${i}.113.9`;
      return client;
    });
    const share = async (laterSeconds: number): Promise<number> => {
      let served = 0;
      for (const client of clients) {
        client.jar.clear();
        client.clockSeconds = hour * 7_200 + laterSeconds;
        if ((await client.ask('/warm/x')).explained().origin === 'eu') served++;
      }
      return served;
    };
    const usual = await share(0);
    expect(usual).toBeGreaterThan(8);
    await world.origins.eu.kill();
    for (const client of clients) {
      client.jar.clear();
      await client.ask('/warm/x');
    }
    expect(await share(1)).toBe(0);
    await world.origins.eu.revive();
    const cold = await share(15);
    expect(cold).toBeLessThan(usual / 2);
    const halfway = await share(315);
    expect(halfway).toBeGreaterThan(cold);
    expect(halfway).toBeLessThan(usual);
    expect(await share(700)).toBe(usual);
  });
});
