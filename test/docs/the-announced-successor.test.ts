/** The origin that docs/routing.md shows, three times as a process of its own, behind a gateway. */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { freePort } from '../../tools/free-port.ts';
import { privateFolder } from '../../tools/private-folder.ts';
import { type App, startApp } from '../support/apps.ts';
import type { Client } from '../support/client.ts';
import { openWorld, type World } from '../support/doors.ts';
import { blocksIn } from './routing-page.ts';

const ids = ['eu', 'us', 'ap'] as const;
const folder = privateFolder();
let apps: Record<string, App>;
let world: World;
let close: () => Promise<void>;

beforeAll(async () => {
  const [block] = blocksIn('js', 'The announced successor');
  const file = join(folder, 'origin.mjs');
  writeFileSync(file, block?.text as string);
  const ports = Object.fromEntries(await Promise.all(ids.map(async (id) => [id, String(await freePort())])));
  const urls = Object.fromEntries(ids.map((id) => [id, `http://127.0.0.1:${ports[id]}`]));
  const start = async (id: string) => {
    const others = Object.fromEntries(Object.entries(urls).filter(([other]) => other !== id));
    return [id, await startApp(file, { PEER_PORT: ports[id] as string, PEERS: JSON.stringify(others) })] as const;
  };
  apps = Object.fromEntries(await Promise.all(ids.map(start)));
  const env = { ORIGIN_EU: apps.eu?.url ?? '', ORIGIN_US: apps.us?.url ?? '', ORIGIN_AP: apps.ap?.url ?? '' };
  const definition = `({ ...base, session: { strategy: 'token' } })`;
  ({ world, close } = await openWorld('lambda', { definition, env }));
});
afterAll(async () => {
  await close?.();
  await Promise.all(Object.values(apps ?? {}).map((app) => app.kill()));
  rmSync(folder, { recursive: true });
});

const newClient = (): Client => Object.assign(world.client(), { place: '48.1,11.6' });
const put = async (client: Client, item: string) => (await client.ask('/cart', { method: 'POST', body: item })).json();
const control = async (id: string, state: string): Promise<void> => {
  const headers = { authorization: `Bearer ${world.serviceToken}` };
  const { status } = await world
    .client({})
    .ask(`/.session/api/v1/origins/${id}`, { method: 'PATCH', headers, json: { state } });
  expect(status).toBe(200);
};

it('a client that comes back to an origin finds there what it did elsewhere meanwhile', async () => {
  const client = newClient();
  expect(await put(client, 'rope')).toEqual({ items: ['rope'], asked: false });
  await control('eu', 'off');
  expect(await put(client, 'lamp')).toEqual({ items: ['rope', 'lamp'], asked: false });
  await control('us', 'off');
  await control('eu', 'active');
  const back = await client.ask('/cart');
  expect(back.explained()).toMatchObject({ origin: 'eu', because: 'drained', epoch: '3' });
  expect(back.json()).toEqual({ items: ['rope', 'lamp'], asked: true });
  await control('us', 'active');
});

it('a client whose origin dies finds its cart at the one that was announced', async () => {
  const client = newClient();
  await put(client, 'rope');
  expect(await put(client, 'anchor')).toEqual({ items: ['rope', 'anchor'], asked: false });
  await apps.eu?.kill();
  const away = await client.ask('/cart');
  expect(away.explained()).toMatchObject({ origin: 'us', epoch: '2' });
  expect(away.json()).toEqual({ items: ['rope', 'anchor'], asked: false });
});
