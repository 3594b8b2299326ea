import { expect, it } from 'vitest';
import { apiOf } from '../support/api.ts';
import type { Client } from '../support/client.ts';
import { throughBothDoors } from '../support/doors.ts';

const definition = `({
  ...base,
  session: { strategy: 'token' },
  pools: { app: { ...base.pools.app, affinity: { onFailure: 'return' }, health: { probe: { path: '/alive', up: 2, down: 3 } } } },
})`;

throughBothDoors('probes, once a minute,', { definition }, (world) => {
  const newClient = (): Client => {
    const client = world.client();
    client.place = '48.1,11.6';
    // An isolate that has been idle for a while looks at the control document before it serves.
    client.clockSeconds = 30;
    return client;
  };
  let later = 30;
  const ask = async (client: Client): Promise<Record<string, string>> => {
    later += 30;
    client.clockSeconds = later;
    return (await client.ask('/')).explained();
  };
  const answering = (status: number): void =>
    world.origins.eu.on('/alive', (_, response) => void response.writeHead(status).end());
  const minutes = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) await world.everyMinute();
  };
  const probed = async (): Promise<unknown> => (await apiOf(world)('GET', '/origins/eu')).json().probed;

  it('an origin that says it is ill is out for everybody after three of them, and back after two good ones', async () => {
    const loyal = newClient();
    expect(await ask(loyal)).toMatchObject({ origin: 'eu' });
    answering(503);
    await minutes(2);
    expect(await probed()).toBe('up');
    expect(await ask(newClient())).toMatchObject({ origin: 'eu' });
    await minutes(1);
    expect(await probed()).toBe('down');
    expect(await ask(newClient())).toMatchObject({ origin: 'us', attempts: '1' });
    expect(await ask(loyal)).toMatchObject({ origin: 'us', because: 'redispatched', attempts: '1' });
    answering(200);
    await minutes(1);
    expect(await probed()).toBe('down');
    await minutes(1);
    expect(await probed()).toBe('up');
    expect(await ask(loyal)).toMatchObject({ origin: 'eu' });
    expect(world.lines.filter((line) => line.includes('"origin-down"'))).toHaveLength(1);
    expect(world.lines.filter((line) => line.includes('"origin-up"'))).toHaveLength(1);
  });

  it('an application without such a page is alive, and one that is not there is down', async () => {
    answering(404);
    await minutes(3);
    expect(await probed()).toBe('up');
    await world.origins.eu.kill();
    await minutes(3);
    expect(await probed()).toBe('down');
    await world.origins.eu.revive();
    await minutes(2);
    expect(await probed()).toBe('up');
  });

  it('when too many are down, probes are not believed', async () => {
    const { eu, us, ap } = world.origins;
    for (const origin of [eu, us, ap]) origin.on('/alive', (_, response) => void response.writeHead(500).end());
    await minutes(3);
    expect(await probed()).toBe('down');
    expect(await ask(newClient())).toMatchObject({ origin: 'eu', attempts: '1' });
    for (const origin of [eu, us, ap]) origin.on('/alive', (_, response) => void response.writeHead(204).end());
    await minutes(2);
    expect(await probed()).toBe('up');
  });

  it('an origin that is well for its probes alone is left by whoever meets it', async () => {
    const { eu } = world.origins;
    answering(200);
    await minutes(2);
    expect(await probed()).toBe('up');
    eu.on('/deaf', (_, __, request) => request.socket.destroy());
    later += 600;
    let networks = 0;
    const meet = async () => {
      const client = newClient();
      client.clockSeconds = later;
      client.ip = `203.${networks++}.113.9`;
      const reply = await client.ask('/deaf');
      return [reply.status, reply.explained().origin, reply.explained().attempts];
    };
    for (let i = 0; i < 3; i++) expect(await meet()).toEqual([200, 'us', '2']);
    expect(await meet()).toEqual([200, 'us', '1']);
    await minutes(1);
    expect(await probed()).toBe('up');
    expect(await meet()).toEqual([200, 'us', '1']);
  });

  it('an origin whose probes fail though it serves is spared, and asked when nobody else is left', async () => {
    const { us, ap } = world.origins;
    later += 600;
    const loyal = newClient();
    expect(await ask(loyal)).toMatchObject({ origin: 'eu' });
    answering(500);
    await minutes(3);
    expect(await probed()).toBe('down');
    expect(await ask(loyal)).toMatchObject({ origin: 'us', attempts: '1' });
    await Promise.all([us.kill(), ap.kill()]);
    expect(await ask(loyal)).toMatchObject({ origin: 'eu' });
    expect(await ask(newClient())).toMatchObject({ origin: 'eu' });
    await Promise.all([us.revive(), ap.revive()]);
    answering(200);
    await minutes(2);
    expect(await probed()).toBe('up');
  });

  it('an origin is asked as one that nobody is signed in at', async () => {
    await minutes(1);
    const seen = world.origins.eu.seen.findLast(({ url }) => url === '/alive');
    expect(seen?.method).toBe('GET');
    expect(seen?.headers['user-agent']).toBe('berth-probe');
    expect(seen?.headers['session-status']).toBeUndefined();
  });
});
