/** What docs/configuration.md shows works as it stands there. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import type { GatewayDefinition } from '../../../shared/config/define.ts';
import type { Pool } from '../../../shared/config/settings.ts';
import { complaints, goodEnv, minimal, settingsOf } from './examples.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const define = JSON.stringify(join(root, 'shared/config/define.ts'));
const page = readFileSync(join(root, 'docs/configuration.md'), 'utf8');
const blocks = [...page.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code]) => code as string);
const [least, every] = blocks as [string, string];

const folder = mkdtempSync(join(tmpdir(), 'documented-'));
afterAll(() => rmSync(folder, { recursive: true }));

function saved(name: string, code: string): string {
  const file = join(folder, name);
  const imported = code.includes('import ')
    ? code.replace("'./shared/config/define.ts'", define)
    : `import { defineGateway } from ${define};\n${code}`;
  writeFileSync(file, imported);
  return file;
}
const files = { least: saved('least.ts', least), every: saved('every.ts', every) };

const load = async (file: string): Promise<GatewayDefinition> =>
  ((await import(/* @vite-ignore */ pathToFileURL(file).href)) as { default: GatewayDefinition }).default;

const fullEnv = {
  ...goodEnv,
  ORIGIN_EU: 'https://eu.origin.example',
  ORIGIN_US: 'https://us.origin.example',
  ORIGIN_AP: 'https://ap.origin.example/base/',
  ORIGIN_NEXT: 'https://next.origin.example',
  ORIGIN_TOKEN: 'proof-of-origin',
};

describe('the documented configuration', () => {
  test.each(['worker', 'lambda'] as const)('with every setting is accepted by the %s door', async (door) => {
    expect(complaints(await load(files.every), fullEnv, door)).toEqual([]);
  });

  test('with the least settings is accepted', async () => {
    expect(complaints(await load(files.least))).toEqual([]);
  });

  test('satisfies the type checker', () => {
    const settings = {
      extends: join(root, 'tsconfig.base.json'),
      compilerOptions: { lib: ['es2023', 'webworker'] },
      files: Object.values(files),
    };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(settings));
    expect(() => execFileSync(join(root, 'node_modules/.bin/tsc'), ['-p', folder], { stdio: 'pipe' })).not.toThrow();
  });

  test('shows the defaults: leaving a setting out changes nothing', async () => {
    const shown = settingsOf(await load(files.every), fullEnv);
    const left = settingsOf(minimal);
    expect(left.session).toEqual(shown.session);
    expect(left.prefix).toBe(shown.prefix);
    expect(left.trust).toEqual(shown.trust);
    expect(left.identity).toEqual(shown.identity);
    expect(left.residencyClaim).toBe(shown.residencyClaim);
    expect(left.statusClaims).toEqual(shown.statusClaims);
    // The shown pool has three origins and commands, and another beside it that puts its name into the cookie's.
    const { origins, commands, affinity, ...pool } = shown.pools.get('app') as Pool;
    expect(left.pools.get('app')).toMatchObject({ ...pool, affinity: { ...affinity, by: { kind: 'cookie' } } });
    expect([origins.length, commands?.proof.kind]).toEqual([3, 'token']);
  });

  test('is resolved to units, places and names', async () => {
    const { pools, routes } = settingsOf(await load(files.every), fullEnv);
    const app = pools.get('app');
    expect(app?.origins.map(({ url }) => url)).toEqual([
      'https://eu.origin.example',
      'https://us.origin.example',
      'https://ap.origin.example/base',
    ]);
    expect(app?.origins[2]?.place).toEqual({ latitude: 35.7, longitude: 139.7 });
    expect(app?.affinity.by).toMatchObject({ kind: 'cookie', name: '__Host-affinity-app' });
    expect(routes[4]?.target.branches).toEqual([
      { pool: 'app', share: 90 },
      { pool: 'canary', share: 10 },
    ]);
    expect(routes[0]).toMatchObject({ number: 1, maxAuthAgeMs: 900_000, claims: { role: ['admin'] } });
  });
});
