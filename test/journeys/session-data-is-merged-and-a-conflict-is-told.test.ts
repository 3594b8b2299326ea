import { beforeAll, expect, it } from 'vitest';
import { apiOf } from '../support/api.ts';
import { command, commandable, copyOf, sessionIn, signedIn } from '../support/commanding.ts';
import { throughBothDoors } from '../support/doors.ts';

const definition = `{ ...base, identity: { data: ['shown'] },
  session: { store: { worker: 'durable-object', lambda: 'dynamodb' }, freshness: '0s' } }`;

throughBothDoors('data of a session', { definition }, (world) => {
  beforeAll(() => commandable(world));
  const read = async (client: ReturnType<typeof world.client>) => {
    const { id } = (await client.ask('/.session/me')).json();
    return { id: id as string, ...((await apiOf(world)('GET', `/sessions/${id}`)).json() as { data: unknown }) };
  };
  const assertedData = async (client: ReturnType<typeof world.client>): Promise<unknown> => {
    const { headers } = (await client.ask('/account')).json() as { headers: Record<string, string> };
    const [, payload = ''] = (headers['session-assertion'] as string).split('.');
    return JSON.parse(Buffer.from(payload, 'base64url').toString()).data;
  };

  it('an origin sets keys, changes one and removes one', async () => {
    const client = await signedIn(world);
    await command(client, { update: { one: 1, two: { deep: [2] } } });
    await command(client, { update: { one: null, three: 3 } });
    expect((await read(client)).data).toEqual({ two: { deep: [2] }, three: 3 });
  });

  it('origins are shown the keys that the configuration names, with the next request', async () => {
    const client = await signedIn(world);
    await command(client, { update: { shown: 'yes', hidden: 'no' } });
    expect(await assertedData(client)).toEqual({ shown: 'yes' });
  });

  it('six writers of different keys at once lose nothing', async () => {
    const client = await signedIn(world);
    const tabs = Array.from({ length: 6 }, () => copyOf(world, client));
    const replies = await Promise.all(tabs.map((tab, i) => command(tab, { update: { [`key-${i}`]: i } })));
    for (const { status } of replies) expect([200, 409]).toContain(status);
    const expected = Object.fromEntries(replies.flatMap(({ status }, i) => (status === 200 ? [[`key-${i}`, i]] : [])));
    expect((await read(client)).data).toEqual(expected);
    expect(Object.keys(expected).length).toBeGreaterThanOrEqual(5);
  });

  it('a service that names the version it saw is told when somebody else was first', async () => {
    const client = await signedIn(world);
    const { id } = await read(client);
    const api = apiOf(world);
    const patch = (if_version: number) => api('PATCH', `/sessions/${id}`, { data: { a: if_version }, if_version });
    expect((await patch(1)).json()).toMatchObject({ data_version: 2 });
    const late = await patch(1);
    expect([late.status, late.json().code]).toEqual([409, 'conflict']);
    expect((await read(client)).data).toEqual({ a: 1 });
    expect((await client.ask('/.session/me')).json().data_version).toBe(2);
  });

  it('64 kB fit, more is refused in clear words, and nothing is changed by it', async () => {
    const client = await signedIn(world);
    const fits = 'x'.repeat(60_000);
    const { id } = await read(client);
    const api = apiOf(world);
    expect((await api('PATCH', `/sessions/${id}`, { data: { big: fits } })).status).toBe(200);
    const refused = await api('PATCH', `/sessions/${id}`, { data: { more: 'x'.repeat(6_000) } });
    expect([refused.status, refused.json().code]).toEqual([413, 'body_too_large']);
    expect((await read(client)).data).toEqual({ big: fits });
  });

  it('what origins are shown has to fit into the cookie, and an origin that sends more is told', async () => {
    const client = await signedIn(world);
    const held = sessionIn(client);
    const refused = await command(client, { update: { shown: 'x'.repeat(2_700) } });
    expect([refused.status, refused.json().code]).toEqual([502, 'bad_command']);
    expect(sessionIn(client)).toBe(held);
    expect((await client.ask('/account')).status).toBe(200);
  });

  it('whatever is in it, the cookies that a browser carries stay under 3,500 bytes', async () => {
    const client = await signedIn(world);
    for (const length of [1_000, 1_500, 1_800, 2_000, 2_200])
      await command(client, { update: { shown: 'x'.repeat(length) } });
    const carried = [...client.jar].map(([name, value]) => `${name}=${value}`).join('; ');
    expect(carried.length).toBeLessThanOrEqual(3_500);
    expect((await client.ask('/account')).status).toBe(200);
  });
});
