import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePort, isTaken } from '../../tools/free-port.ts';
import { startWranglerDev } from '../../tools/wrangler-dev.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'wrangler-dev-test-'));
  writeFileSync(join(folder, 'index.ts'), 'export default { fetch: (request, env) => Response.json(env) };');
  writeFileSync(join(folder, '.dev.vars'), 'FROM_DEV_VARS=1');
  writeFileSync(join(folder, 'wrangler.toml'), toml('index.ts'));
  writeFileSync(join(folder, 'broken.toml'), toml('missing.ts'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const toml = (main: string) => `name = "test"
main = "${main}"
compatibility_date = "2026-10-23"
[vars]
ORIGIN = "placeholder"
`;

test('A Worker gets exactly the variables it is given, and nothing is left when it has been stopped', async () => {
  const variables = { ORIGIN: 'http://127.0.0.1:1', TOKEN: 'a$HOME', KEYS: '{"keys": "it\'s"}\n', PATH_INFO: '' };
  const port = await freePort();
  const configFile = join(folder, 'wrangler.toml');
  const wrangler = startWranglerDev({ port, configFile, persistTo: join(folder, 'state'), variables });
  await wrangler.ready;
  expect(await (await fetch(wrangler.url)).json()).toEqual(variables);
  await wrangler.stop();
  expect(await isTaken(port)).toBe(false);
  expect(privateFolders()).toEqual([]);
});

test('A Worker that cannot start says why', async () => {
  const configFile = join(folder, 'broken.toml');
  const wrangler = startWranglerDev({ port: await freePort(), configFile, variables: {} });
  await expect(wrangler.ready).rejects.toThrow(/missing\.ts/);
  await wrangler.ended;
  expect(privateFolders()).toEqual([]);
});

function privateFolders(): string[] {
  const parent = new URL('../../.wrangler', import.meta.url);
  return existsSync(parent) ? readdirSync(parent).filter((name) => name.startsWith(`run-${process.pid}-`)) : [];
}
