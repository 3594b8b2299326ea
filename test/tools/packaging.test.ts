import { execFile, spawn } from 'node:child_process';
import { cpSync, existsSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../../tools/free-port.ts';
import { privateFolder } from '../../tools/private-folder.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
const shipped = [
  'gateway.config.ts',
  'wrangler.toml',
  'serverless.yml',
  'package.json',
  'shared',
  'worker',
  'lambda',
  'tools',
  'demo',
];
const require = createRequire(import.meta.url);
const bin = (name: string, path: string) => join(dirname(require.resolve(`${name}/package.json`)), path);
const limitMs = 60_000;

// A copy of its own, because packaging writes where deploying reads.
let folder: string;
beforeAll(() => {
  folder = privateFolder();
  for (const name of shipped) cpSync(join(root, name), join(folder, name), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Offline and without an account; Node as `npx` would choose it. */
async function inFolder(script: string, ...args: string[]): Promise<{ good: boolean; said: string }> {
  const env = {
    PATH: [dirname(process.execPath), process.env.PATH].join(delimiter),
    HOME: folder,
    WRANGLER_SEND_METRICS: 'false',
    WRANGLER_HIDE_BANNER: 'true',
    CLOUDFLARE_CF_FETCH_ENABLED: 'false',
    NO_COLOR: '1',
    CI: '1',
  };
  return run(process.execPath, [script, ...args], { cwd: folder, env, timeout: limitMs }).then(
    ({ stdout, stderr }) => ({ good: true, said: stdout + stderr }),
    ({ stdout = '', stderr = '' }) => ({ good: false, said: stdout + stderr }),
  );
}

const packWorker = () => inFolder(bin('wrangler', 'bin/wrangler.js'), 'deploy', '--dry-run', '--outdir', 'dist/worker');
const packLambda = () => inFolder(bin('osls', 'bin/serverless.js'), 'package');

describe('with the configuration that is shipped', () => {
  test('wrangler packs the Worker', { timeout: limitMs }, async () => {
    const { good, said } = await packWorker();
    expect(said).toContain('gateway.config.ts is good for the worker door');
    expect(good, said).toBe(true);
    expect(existsSync(join(folder, 'dist/worker/index.js'))).toBe(true);
  });

  test('osls packs the function', { timeout: limitMs }, async () => {
    const { good, said } = await packLambda();
    expect(good, said).toBe(true);
    expect(existsSync(join(folder, '.serverless/berth.zip'))).toBe(true);
  });
});

describe('with a bad configuration', () => {
  beforeAll(() => {
    for (const made of ['dist', '.serverless']) rmSync(join(folder, made), { recursive: true, force: true });
    const config = join(folder, 'gateway.config.ts');
    writeFileSync(config, readFileSync(config, 'utf8').replace("strategy: 'stored'", "strategy: 'strored'"));
  });

  test('wrangler packs nothing, and says what to mend', { timeout: limitMs }, async () => {
    const { good, said } = await packWorker();
    expect(good).toBe(false);
    expect(said).toContain('session.strategy');
    expect(existsSync(join(folder, 'dist/worker'))).toBe(false);
  });

  test('osls packs nothing, and says what to mend', { timeout: limitMs }, async () => {
    const { good, said } = await packLambda();
    expect(good).toBe(false);
    expect(said).toContain('session.strategy');
    expect(existsSync(join(folder, '.serverless/berth.zip'))).toBe(false);
  });
});

describe('with a configuration that only a Lambda can have', () => {
  beforeAll(() => {
    for (const made of ['dist', '.serverless']) rmSync(join(folder, made), { recursive: true, force: true });
    const config = join(folder, 'gateway.config.ts');
    const original = readFileSync(join(root, 'gateway.config.ts'), 'utf8');
    writeFileSync(
      config,
      original
        .replace("strategy: 'stored'", "strategy: 'stored', store: 'redis'")
        .replace('commands:', "host: 'client',\n      commands:"),
    );
  });

  test('osls packs the function', { timeout: limitMs }, async () => {
    const { good, said } = await packLambda();
    expect(good, said).toBe(true);
    expect(existsSync(join(folder, '.serverless/berth.zip'))).toBe(true);
  });

  test('the function starts on this machine', { timeout: limitMs }, async () => {
    const port = await freePort();
    const started = spawn(process.execPath, ['tools/start-lambda.ts', '--port', String(port)], {
      cwd: folder,
      env: { PATH: process.env.PATH, HOME: folder },
    });
    const closed = new Promise((resolve) => started.once('close', resolve));
    let said = '';
    const ready = new Promise<boolean>((resolve) => {
      for (const stream of [started.stdout, started.stderr]) {
        stream.on('data', (data) => {
          said += data;
          if (said.includes(`http://localhost:${port}`)) resolve(true);
        });
      }
      void closed.then(() => resolve(false));
    });
    try {
      expect(await ready, said).toBe(true);
      expect((await fetch(`http://localhost:${port}/.session/healthz`)).status).toBe(200);
    } finally {
      started.kill('SIGTERM');
      await closed;
    }
  });

  test('wrangler packs nothing, and says which settings are not for Workers', { timeout: limitMs }, async () => {
    const { good, said } = await packWorker();
    expect(good).toBe(false);
    expect(said).toContain('pools.app.host');
    expect(said).toContain('session.store');
  });
});
