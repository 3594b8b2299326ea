/** Both doors keep their sessions in one DynamoDB table: what is begun at one goes on at the other, and ends at both. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apiOf } from '../support/api.ts';
import type { Client } from '../support/client.ts';
import { type DoorName, openWorld, type World } from '../support/doors.ts';
import { variablesFor } from '../support/dynamodb-in-workerd.ts';

const definition = `{
  ...base,
  session: { store: 'dynamodb', freshness: '0s', limit: { perSubject: 3 } },
}`;

const opened: { close(): Promise<void> }[] = [];
const worlds = {} as Record<DoorName, World>;
beforeAll(async () => {
  const lambda = await openWorld('lambda', { definition });
  opened.push(lambda);
  const { world } = lambda;
  if (!world.database) throw new Error('the Lambda door has a table');
  const worker = await openWorld('worker', { definition, beside: world, env: variablesFor(world.database) });
  opened.push(worker);
  Object.assign(worlds, { lambda: world, worker: worker.world });
});
afterAll(async () => {
  for (const { close } of opened.reverse()) await close();
});

const signIn = async (client: Client, user: string) =>
  expect((await client.ask('/login', { form: { user } })).status).toBe(303);

describe.each<[DoorName, DoorName]>([
  ['worker', 'lambda'],
  ['lambda', 'worker'],
])('begun at the door %s and continued at the door %s', (here, there) => {
  /** One browser that reaches both. */
  const browser = () => {
    const begins = worlds[here].client();
    return { begins, continues: worlds[there].client({ serviceToken: worlds[there].serviceToken, jar: begins.jar }) };
  };

  it('both are ready', async () => {
    for (const door of [here, there]) expect((await worlds[door].client().ask('/.session/readyz')).status).toBe(200);
  });

  it('a session is known at the other door at once, with its id', async () => {
    const { begins, continues } = browser();
    await signIn(begins, 'ada');
    const id = (await begins.ask('/.session/me')).json().id;
    expect((await continues.ask('/account')).status).toBe(200);
    expect((await continues.ask('/.session/me')).json()).toMatchObject({ id, subject: 'ada' });
  });

  it('activity at the other door keeps it, and its secret is rotated there', async () => {
    const { begins, continues } = browser();
    await signIn(begins, 'ada');
    const before = begins.jar.get('__Host-session');
    for (const minutes of [20, 40, 61, 62]) {
      const client = minutes % 40 === 0 ? begins : continues;
      client.clockSeconds = minutes * 60;
      expect((await client.ask('/account')).status).toBe(200);
    }
    expect(begins.jar.get('__Host-session')).not.toBe(before);
    begins.clockSeconds = 63 * 60;
    expect((await begins.ask('/account')).status).toBe(200);
  });

  it('a sign-out at the other door ends it here', async () => {
    const { begins, continues } = browser();
    await signIn(begins, 'ada');
    const held = begins.jar.get('__Host-session') as string;
    expect((await continues.ask('/.session/logout', { method: 'POST' })).status).toBe(204);
    begins.jar.set('__Host-session', held);
    const refused = await begins.ask('/account');
    expect(refused.json()).toMatchObject({ code: 'session_rejected', reason: 'revoked' });
  });

  it('a subject that a service signs out there is signed out here', async () => {
    const { begins } = browser();
    await signIn(begins, `edith-${here}`);
    expect((await apiOf(worlds[there])('POST', '/revocations', { subject: `edith-${here}` })).status).toBe(204);
    expect((await begins.ask('/account')).status).toBe(401);
  });

  it('the sessions of both doors count together', async () => {
    const user = `grace-${here}`;
    const clients = [here, there, here, there].map((door) => worlds[door].client());
    for (const client of clients) await signIn(client, user);
    expect(await Promise.all(clients.map(async (client) => (await client.ask('/account')).status))).toEqual([
      401, 200, 200, 200,
    ]);
  });

  it('everyone who is signed out there is signed out here, and may sign in again', async () => {
    const { begins } = browser();
    await signIn(begins, 'ada');
    begins.clockSeconds = 1;
    expect((await begins.ask('/account')).status).toBe(200);
    expect((await apiOf(worlds[there])('POST', '/revocations', { everyone: true })).status).toBe(204);
    begins.clockSeconds = 2;
    expect((await begins.ask('/account')).json()).toMatchObject({ code: 'session_rejected', reason: 'revoked' });
    begins.clockSeconds = 90;
    await signIn(begins, 'ada');
    expect((await begins.ask('/account')).status).toBe(200);
  });
});
