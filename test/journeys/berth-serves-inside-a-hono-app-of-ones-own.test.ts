import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../../tools/free-port.ts';
import { freshKeys } from '../../tools/keys.ts';
import { privateFolder } from '../../tools/private-folder.ts';
import { startWranglerDev } from '../../tools/wrangler-dev.ts';
import { createClient } from '../support/client.ts';
import { startLambdaDoor } from '../support/lambda-door.ts';
import { startOrigin, type TestOrigin } from '../support/origin.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const originToken = 'token-of-the-origins';

/** The example as it is in the repository, with the shipped configuration. */
async function onWorkers(env: Readonly<Record<string, string>>) {
  const folder = privateFolder();
  const configFile = join(folder, 'wrangler.toml');
  const example = JSON.stringify(join(root, 'examples/hono-app-on-workers/index.ts'));
  const text = readFileSync(join(root, 'wrangler.toml'), 'utf8')
    .split(/^(?=\[)/m)
    .filter((section) => !/^\[(build|vars)\]/.test(section))
    .join('')
    .replace(/^main = .*$/m, `main = ${example}`);
  writeFileSync(configFile, text);
  const port = await freePort();
  const variables = { PUBLIC_ORIGIN: `http://localhost:${port}`, ...env };
  const wrangler = startWranglerDev({ port, configFile, persistTo: join(folder, 'state'), variables });
  await wrangler.ready;
  return {
    url: wrangler.url,
    async stop() {
      await wrangler.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const onLambda = (env: Readonly<Record<string, string>>) =>
  startLambdaDoor({ entry: join(root, 'examples/hono-app-on-lambda/index.ts'), env, streamed: false });

describe.each([
  ['worker', onWorkers],
  ['lambda', onLambda],
] as const)('a Hono app with Berth behind its routes (%s)', (_, start) => {
  const origins: TestOrigin[] = [];
  let door: { readonly url: string; stop(): Promise<void> };

  beforeAll(async () => {
    for (const name of ['eu', 'us', 'ap']) origins.push(await startOrigin(name, originToken));
    const [eu, us, ap] = origins.map(({ url }) => url) as [string, string, string];
    door = await start({
      SESSION_KEYS: JSON.stringify(await freshKeys()),
      ORIGIN_TOKEN: originToken,
      ORIGIN_EU: eu,
      ORIGIN_US: us,
      ORIGIN_AP: ap,
      DEV_HEADERS: '1',
    });
  });
  afterAll(async () => {
    await door?.stop();
    await Promise.all(origins.map((origin) => origin.close()));
  });

  it('answers its own routes, with their bodies', async () => {
    expect(await (await fetch(`${door.url}/hello`)).text()).toBe('hello from the app');
    const echo = await fetch(`${door.url}/echo`, { method: 'POST', body: 'høllo' });
    expect(await echo.text()).toBe('høllo');
  });

  it('passes every other request to an origin, and its middleware sees the reply', async () => {
    const reply = await fetch(`${door.url}/somewhere`);
    expect(reply.status).toBe(200);
    expect(reply.headers.get('x-app')).toBe('mine');
  });

  it('protects pages, signs people in and keeps them at one origin', async () => {
    const client = createClient(door.url, {});
    expect((await client.ask('/account')).status).toBe(401);
    expect((await client.ask('/login', { form: { user: 'ada' } })).status).toBe(303);
    const served = new Set<string>();
    for (let i = 0; i < 3; i++) served.add(String((await client.ask('/account')).json().origin));
    expect(served.size).toBe(1);
    expect((await client.ask('/.session/me')).text()).toContain('ada');
  });
});

it('under an adapter that loses bytes every request is refused', async () => {
  const { createBerth } = await import('../../lambda/berth.ts');
  const berth = createBerth(() => ({}) as never);
  const reply = await berth.request('https://shop.example/', {}, { event: {}, lambdaContext: {} } as never);
  expect(reply.status).toBe(503);
});
