import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { privateFolder } from '../../tools/private-folder.ts';
import { configIn } from '../../tools/wrangler-arguments.ts';
import { cacheProblems, wranglerFiles } from '../../tools/wrangler-cache.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = privateFolder();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function written(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}
const found = async (name: string, text: string): Promise<string[]> =>
  (await cacheProblems([written(name, text)])).map(({ path }) => path.replace(`${name}: `, ''));

describe('Workers Cache is found', () => {
  it.each([
    ['[cache]\nenabled = true', ['cache.enabled']],
    ['cache.enabled = true', ['cache.enabled']],
    ['cache = { enabled = true, cross_version_cache = true }', ['cache.enabled']],
    ['[ "cache" ]\n"enabled" = true', ['cache.enabled']],
    ['["c\\u0061che"]\nenabled = true', ['cache.enabled']],
    ['[cache]\ncross_version_cache = true', ['cache.enabled']],
    ['[env.production.cache]\nenabled = true', ['env.production.cache.enabled']],
    ['[env.production]\ncache = { enabled = true }', ['env.production.cache.enabled']],
    ['[cache]\nenabled = false\n[env.a.cache]\nenabled = true\n[env.b]', ['env.a.cache.enabled']],
    ['[exports.default]\ntype = "worker"\ncache.enabled = true', ['exports.default.cache.enabled']],
    ['[env.a.exports.Admin]\ntype = "worker"\ncache = { enabled = true }', ['env.a.exports.Admin.cache.enabled']],
    ['[[exports]]\nname = "default"\ncache.enabled = true', ['exports.0.cache.enabled']],
    ['[previews.cache]\nenabled = true', ['previews.cache.enabled']],
    ['[env.a.previews]\ncache = { enabled = true }', ['env.a.previews.cache.enabled']],
    [
      'cache.enabled = true\n[env.a.cache]\nenabled = true\n[exports.default.cache]\nenabled = true',
      ['cache.enabled', 'exports.default.cache.enabled', 'env.a.cache.enabled'],
    ],
  ])('in wrangler.toml: %j', async (text, places) => {
    expect(await found('wrangler.toml', text)).toEqual(places);
  });

  it.each([
    ['wrangler.json', '{ "cache": { "enabled": true } }'],
    ['wrangler.json', '{ "\\u0063ache": { "enabled": true } }'],
    ['wrangler.jsonc', '{ // as Cloudflare shows it\n  "cache": { "enabled": true, },\n}'],
  ])('in %s: %j', async (name, text) => {
    expect(await found(name, text)).toEqual(['cache.enabled']);
  });

  it('and the reason is given', async () => {
    const [problem] = await cacheProblems([written('wrangler.toml', '[cache]\nenabled = true')]);
    expect(problem).toMatchObject({ message: expect.stringContaining('neither Host, Cookie nor Authorization') });
  });
});

describe('Workers Cache is not found', () => {
  it.each([
    'name = "berth"',
    '[cache]\nenabled = false',
    '[exports.default]\ntype = "worker"\ncache.enabled = false',
    '# cache = { enabled = true }',
    '[vars]\ncache = { enabled = true }',
    '[[kv_namespaces]]\nbinding = "cache"',
    '[exports.Admin]\ntype = "worker"\n[env.a]\nname = "cache"',
  ])('in %j', async (text) => {
    expect(await found('wrangler.toml', text)).toEqual([]);
  });

  it("in the project's own file", async () => {
    expect(await cacheProblems(wranglerFiles(root, null))).toEqual([]);
  });
});

it('a file that wrangler could not read either is told as such', async () => {
  await expect(found('wrangler.toml', '[cache')).rejects.toThrow();
});

it('every file that wrangler might take is looked at, or the one it was told of', () => {
  const files = ['wrangler.json', 'wrangler.jsonc', 'wrangler.toml', 'other.toml'].map((name) => written(name, ''));
  expect(wranglerFiles(folder, null)).toEqual(files.slice(0, 3));
  expect(wranglerFiles(folder, 'other.toml')).toEqual([files[3]]);
});

it.each([
  [['node', 'cli.js', 'deploy'], null],
  [['deploy', '--config', 'a.toml', '--dry-run'], 'a.toml'],
  [['deploy', '-c', 'a.toml'], 'a.toml'],
  [['deploy', '--config=a b.toml'], 'a b.toml'],
  [['deploy', '-c=a.toml'], 'a.toml'],
])('wrangler was told with %j of the file %j', (args, file) => {
  expect(configIn(args)).toBe(file);
});

describe('wrangler deploy', () => {
  const wrangler = join(createRequire(import.meta.url).resolve('wrangler/package.json'), '../bin/wrangler.js');
  const deploy = (more: string) => {
    const own = readFileSync(join(root, 'wrangler.toml'), 'utf8').replace(/^main = "(.*)"$/m, `main = "${root}$1"`);
    const config = written('wrangler.mine.toml', `${own}\n${more}\n`);
    const outdir = join(folder, 'out');
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [wrangler, 'deploy', '--dry-run', '--outdir', outdir, '--config', config],
      {
        cwd: root,
        encoding: 'utf8',
        env: {
          PATH: process.env.PATH,
          HOME: folder,
          WRANGLER_SEND_METRICS: 'false',
          WRANGLER_HIDE_BANNER: 'true',
          CLOUDFLARE_CF_FETCH_ENABLED: 'false',
        },
      },
    );
    return { status, said: stdout + stderr };
  };

  it('is stopped by a file of any name that turns it on for one environment', () => {
    const { status, said } = deploy('[env.production.cache]\nenabled = true');
    expect(status).not.toBe(0);
    expect(said).toContain('wrangler.mine.toml: env.production.cache.enabled');
  });

  it('goes on without', () => {
    const { status, said } = deploy('[cache]\nenabled = false');
    expect(said).toContain('is good for the worker door');
    expect(status).toBe(0);
  });
});
