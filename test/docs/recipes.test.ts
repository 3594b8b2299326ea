/** Each recipe is a change of the configuration that comes with the project; here it is made, checked and run. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { checkConfig } from '../../tools/check-config.ts';
import { freshKeys } from '../../tools/keys.ts';
import { privateFolder } from '../../tools/private-folder.ts';
import { startApp } from '../support/apps.ts';
import { type Client, createClient } from '../support/client.ts';
import { startLambdaDoor } from '../support/lambda-door.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = privateFolder();
afterAll(() => rmSync(folder, { recursive: true }));

/** The project's configuration with each diff of the page applied, in a file that can be loaded. */
function madeFrom(page: string): string {
  let config = readFileSync(join(root, 'gateway.config.ts'), 'utf8');
  const text = readFileSync(join(root, 'docs/recipes', page), 'utf8');
  const diffs = [...text.matchAll(/^```diff\n(.*?)^```$/gms)].map(([, diff]) => diff as string);
  expect(diffs.length).toBeGreaterThan(0);
  for (const diff of diffs) {
    const without = (sign: string) => diff.replace(new RegExp(`^\\${sign}.*\n`, 'gm'), '').replace(/^[ +-]/gm, '');
    const [before, after] = [without('+'), without('-')];
    expect(config.split(before), `${page} shows what gateway.config.ts does not have:\n${before}`).toHaveLength(2);
    config = config.replace(before, () => after);
  }
  const file = join(folder, `${page}.ts`);
  writeFileSync(file, config.replace("'./shared/", `'${root}shared/`));
  return file;
}

async function behind(config: string, app: string, tell: (newClient: () => Client) => Promise<void>): Promise<void> {
  const apps = await Promise.all(['eu', 'us', 'ap'].map(() => startApp(app, { BASE: '' })));
  const [eu, us, ap] = apps.map(({ url }) => url) as [string, string, string];
  const keys = JSON.stringify(await freshKeys());
  const env = { ORIGIN_EU: eu, ORIGIN_US: us, ORIGIN_AP: ap, SESSION_KEYS: keys, DEV_HEADERS: '1' };
  const door = await startLambdaDoor({ config, env });
  try {
    await tell(() => createClient(door.url));
  } finally {
    await door.stop();
    await Promise.all(apps.map((each) => each.kill()));
  }
}

/** A client that travels would be served by another origin in each of these places, if nothing led it back. */
const near = { eu: '48.1,11.6', us: '38.9,-77.0', ap: '35.7,139.7' };

describe.each(['my-app-keeps-carts-in-memory.md', 'my-app-uses-jsessionid.md'])('%s', (page) => {
  it('makes a configuration that is good for both doors and needs no secret but the keys', async () => {
    const { problems, variables } = await checkConfig({}, { strictSecrets: false, config: madeFrom(page) });
    expect(problems).toEqual([]);
    expect([...variables].sort()).toEqual(['ORIGIN_AP', 'ORIGIN_EU', 'ORIGIN_US', 'PUBLIC_ORIGIN']);
  });
});

it('my-app-keeps-carts-in-memory.md keeps a client with its cart wherever it goes', async () => {
  await behind(madeFrom('my-app-keeps-carts-in-memory.md'), 'shop.mjs', async (newClient) => {
    const client = newClient();
    for (const [i, place] of Object.values(near).entries()) {
      Object.assign(client, { place, ip: `10.${i}.0.7` });
      await client.ask('/cart', { form: { item: `from ${place}` } });
    }
    expect((await client.ask('/cart')).json().cart).toEqual(Object.values(near).map((place) => `from ${place}`));
    expect([...client.jar.keys()].sort()).toEqual(['__Host-affinity', 'connect.sid']);
  });
});

it('my-app-uses-jsessionid.md lets the one cookie lead back, which the container reads as it made it', async () => {
  await behind(madeFrom('my-app-uses-jsessionid.md'), 'servlet.mjs', async (newClient) => {
    const client = newClient();
    const seen: Record<string, unknown>[] = [];
    for (const [i, place] of Object.values(near).entries()) {
      Object.assign(client, { place, ip: `10.${i}.0.7` });
      seen.push((await client.ask('/java/visits')).json());
    }
    expect(seen.map(({ visits }) => visits)).toEqual([1, 2, 3]);
    const [made] = (client.jar.get('JSESSIONID') as string).split('~');
    expect(seen.map(({ sent }) => sent)).toEqual([null, made, made]);
    expect([...client.jar.keys()]).toEqual(['JSESSIONID']);
  });
});
