import { beforeAll, expect, it } from 'vitest';
import { apiOf } from '../support/api.ts';
import { command, commandable, copyOf, secretIn, signedIn, told } from '../support/commanding.ts';
import { throughBothDoors } from '../support/doors.ts';

/** Without a word about stores: KV on a Worker, DynamoDB on Lambda. One place alone, so KV shows nothing of its delays. */
throughBothDoors('sessions as they come', { definition: '{ ...base, session: { anonymous: true } }' }, (world) => {
  beforeAll(() => commandable(world));
  const hour = 3600;
  /** Stays awake by a request every twenty minutes. */
  const awakeUntil = async (client: ReturnType<typeof world.client>, seconds: number) => {
    for (let at = 1200; at < seconds; at += 1200) {
      client.clockSeconds = at;
      expect((await client.ask('/account')).status).toBe(200);
    }
    client.clockSeconds = seconds;
  };

  it('the secret rotates after an hour, and what was stored is still there', async () => {
    const client = await signedIn(world);
    await command(client, { update: { note: 'kept' } });
    const before = secretIn(client);
    await awakeUntil(client, hour);
    expect((await client.ask('/account')).status).toBe(200);
    expect(secretIn(client)).not.toBe(before);
    client.clockSeconds = hour + 1;
    expect((await client.ask('/account')).status).toBe(200);
    const { id } = (await client.ask('/.session/me')).json();
    const api = apiOf(world);
    expect((await api('GET', `/sessions/${id}`)).json().data).toEqual({ note: 'kept' });
  });

  it('a copy from before the rotation ends the session', async () => {
    const client = await signedIn(world);
    await awakeUntil(client, hour);
    const thief = copyOf(world, client);
    await client.ask('/account');
    await client.ask('/account');
    thief.clockSeconds = hour + 200;
    expect((await thief.ask('/account')).status).toBe(401);
    expect(await told(world, 'session-reuse')).not.toEqual([]);
  });

  it('a stranger’s data is there after the login', async () => {
    const client = world.client();
    await client.ask('/');
    await command(client, { update: { cart: ['tea'] } });
    await client.ask('/login', { form: { user: 'grace' } });
    const { id, subject } = (await client.ask('/.session/me')).json();
    expect(subject).toBe('grace');
    expect((await apiOf(world)('GET', `/sessions/${id}`)).json().data).toEqual({ cart: ['tea'] });
  });

  it('the twenty-first session of a subject ends the first', async () => {
    const devices = [];
    for (let i = 0; i < 21; i++) {
      const device = world.client();
      await device.ask('/login', { form: { user: 'edith' } });
      devices.push(device);
    }
    expect((await devices[0]?.ask('/account'))?.status).toBe(401);
    expect((await devices[20]?.ask('/account'))?.status).toBe(200);
    const items = (await devices[20]?.ask('/.session/sessions'))?.json().items as unknown[];
    expect(items).toHaveLength(20);
  });

  it('the others are signed out in one go', async () => {
    const [mine, other] = [await signedIn(world, 'joan'), await signedIn(world, 'joan')];
    expect((await mine.ask('/.session/sessions?others=1', { method: 'DELETE' })).status).toBe(204);
    for (const client of [mine, other]) client.clockSeconds = 150;
    expect((await mine.ask('/account')).status).toBe(200);
    expect((await other.ask('/account')).status).toBe(401);
  });
});
