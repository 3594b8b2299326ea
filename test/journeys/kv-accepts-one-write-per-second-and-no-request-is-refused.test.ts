import { afterAll, beforeAll, expect, it } from 'vitest';
import { apiOf } from '../support/api.ts';
import type { Client } from '../support/client.ts';
import { type Commands, command, commandable, copyOf, secretIn, signedIn, told } from '../support/commanding.ts';
import type { KvMode } from '../support/switched-kv.ts';
import { type SwitchedWorker, startWorkerOnKv } from '../support/switched-worker.ts';

const hour = 3600;

let worker: SwitchedWorker<KvMode>;
beforeAll(async () => {
  worker = await startWorkerOnKv();
  commandable(worker);
  await worker.switchStore('slow');
});
afterAll(() => worker?.close());

const dataOf = async (client: Client): Promise<string[]> => {
  const { id } = (await client.ask('/.session/me')).json();
  const { data } = (await apiOf(worker)('GET', `/sessions/${id}`)).json();
  return Object.keys(data as object);
};

const statuses = (replies: readonly { readonly status: number }[]) => replies.map(({ status }) => status);

it('six parallel requests of a page that was quiet for an hour, and then for three minutes, are all served', async () => {
  const client = await signedIn(worker);
  // The session stays awake meanwhile.
  for (client.clockSeconds = 1_500; client.clockSeconds < hour; client.clockSeconds += 1_500)
    await client.ask('/account');
  client.clockSeconds = hour + 60;
  const before = secretIn(client);
  expect((await client.ask('/account')).status).toBe(200);
  expect(secretIn(client)).not.toBe(before);
  // The new secret has not been used yet, and the copy of the session is too old to be believed.
  client.clockSeconds += 180;
  const browsers = Array.from({ length: 6 }, () => copyOf(worker, client));
  const replies = await Promise.all(browsers.map((browser) => browser.ask('/account')));
  expect(statuses(replies)).toEqual([200, 200, 200, 200, 200, 200]);
  expect(new Set(browsers.map(secretIn)).size).toBe(1);
});

it('a logout that is clicked twice is a logout both times', async () => {
  const client = await signedIn(worker);
  const again = copyOf(worker, client);
  const thief = copyOf(worker, client);
  const logout = { method: 'POST' };
  const replies = await Promise.all([client.ask('/.session/logout', logout), again.ask('/.session/logout', logout)]);
  expect(statuses(replies)).toEqual([204, 204]);
  expect((await thief.ask('/account')).json()).toMatchObject({ code: 'session_rejected' });
});

it('one person who signs in twice at once is signed in twice', async () => {
  const [one, other] = [worker.client(), worker.client()];
  const login = { form: { user: 'twice' } };
  expect(statuses(await Promise.all([one.ask('/login', login), other.ask('/login', login)]))).toEqual([303, 303]);
  expect(statuses(await Promise.all([one.ask('/account'), other.ask('/account')]))).toEqual([200, 200]);
  expect((await one.ask('/.session/sessions')).json().items).toHaveLength(2);
});

it('three updates in a row are all kept, and none is refused', async () => {
  const client = await signedIn(worker);
  for (const update of [{ a: 1 }, { b: 2 }, { c: 3 }]) {
    expect((await command(client, { update })).status).toBe(200);
  }
  client.clockSeconds = 180;
  expect((await client.ask('/account')).status).toBe(200);
});

it('fifty parallel updates are all kept', async () => {
  const client = await signedIn(worker);
  const updates = Array.from({ length: 50 }, (_, i): Commands => ({ update: { [`key${i}`]: i } }));
  const replies = await Promise.all(updates.map((update) => command(copyOf(worker, client), update)));
  expect(new Set(statuses(replies))).toEqual(new Set([200]));
  expect(await dataOf(client)).toHaveLength(50);
});

it('an update in each of two isolates at once is kept, where both see the same KV', async () => {
  const client = await signedIn(worker);
  const elsewhere = worker.elsewhere();
  for (const [name, value] of client.jar) elsewhere.jar.set(name, value);
  const replies = await Promise.all([command(client, { update: { a: 1 } }), command(elsewhere, { update: { b: 2 } })]);
  expect(statuses(replies)).toEqual([200, 200]);
  expect((await dataOf(client)).toSorted()).toEqual(['a', 'b']);
});

it('an update that KV does not accept fails no reply: the origin has done its work', async () => {
  const client = await signedIn(worker);
  await worker.switchStore('writes-used-up');
  const reply = await command(client, { update: { a: 1 } });
  expect(reply.status).toBe(200);
  expect(reply.setCookies).toEqual([]);
  expect(await told(worker, 'update-not-saved')).toEqual([
    expect.objectContaining({ origin: 'eu', reason: expect.stringContaining('429 Too Many Requests') }),
  ]);
  await worker.switchStore('slow');
  expect((await command(client, { update: { a: 1 } })).setCookies).toHaveLength(1);
});
