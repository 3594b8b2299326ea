/** `npm run plan` as people run it: two files, a process, a text and an exit status. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { freshKeys } from '../../../tools/keys.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'plan-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, origins: string): string {
  const path = join(folder, name);
  writeFileSync(
    path,
    `import { defineGateway } from ${JSON.stringify(`${root}shared/config/define.ts`)};
export default defineGateway((env) => ({
  publicOrigins: [env.PUBLIC_ORIGIN],
  session: { strategy: 'token' },
  pools: { app: { origins: ${origins} } },
  routes: [{ path: '/*' }],
}));
`,
  );
  return path;
}

const old = file(
  'old.config.ts',
  `[
    { id: 'eu', url: env.ORIGIN_EU, region: 'eu' },
    { id: 'us', url: env.ORIGIN_US, region: 'us' },
  ]`,
);
const next = file(
  'new.config.ts',
  `[
    { id: 'eu', url: env.ORIGIN_EU, region: 'eu' },
    { id: 'us', url: env.ORIGIN_US, region: 'us', state: 'draining', drainBy: '2030-06-01T04:00:00Z' },
    { id: 'us2', url: env.ORIGIN_US, region: 'us' },
  ]`,
);
const wrong = file('wrong.config.ts', `[{ id: 'eu', url: 'ftp://eu.example' }]`);
const envFile = join(folder, 'plan.vars');
writeFileSync(
  envFile,
  `SESSION_KEYS='${JSON.stringify(await freshKeys())}'\nPUBLIC_ORIGIN=https://shop.example\nORIGIN_EU=https://eu.example\nORIGIN_US=https://us.example\nDEV_HEADERS=1\n`,
);

const { scripts } = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as { scripts: Record<string, string> };
const [program, script] = (scripts.plan as string).split(' ');

function plan(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  expect(program).toBe('node');
  return new Promise((done) => {
    execFile(process.execPath, [script as string, ...args], { cwd: root, env: {} }, (error, out, err) =>
      done({ code: error === null ? 0 : (error.code as number), out, err }),
    );
  });
}

describe('npm run plan', () => {
  it('says who would move where and why', async () => {
    const { code, out, err } = await plan(old, next, '--at', '2030-06-01T05:00:00Z', '--env-file', envFile);
    expect([code, err]).toEqual([0, '']);
    expect(out).toBe(`/*
exact; as many clients near each region

clients without a pin: 50.0 % move
   50.0 %  app/us  -> app/us2

clients with a pin: 50.0 % move
   50.0 %  app/us  -> app/us2  drained

  drained       its origin, or its branch of the split, no longer keeps its clients
`);
  });

  it('needs no variables, and lets a drain go on that is not over', async () => {
    const { code, out } = await plan(old, next, '--at', '2030-06-01T03:00:00Z');
    expect(code).toBe(0);
    expect(out).toContain('clients without a pin: 50.0 % move\n');
    expect(out).toContain('clients with a pin: nobody moves\n');
  });

  it('weighs places by the clients who are there', async () => {
    const { out } = await plan(old, next, '--clients', '48.1,11.6=90', '--clients', '42.4,-71.1=10');
    expect(out).toContain('clients where they were said to be');
    expect(out).toContain('   10.0 %  app/us  -> app/us2');
  });

  it('fails where more clients move than it was told to allow', async () => {
    expect((await plan(old, next, '--max-moved', '50')).code).toBe(0);
    expect(await plan(old, next, '--max-moved', '49.9')).toMatchObject({
      code: 1,
      err: expect.stringContaining('--max-moved'),
    });
    expect((await plan(old, old, '--max-moved', '0')).code).toBe(0);
  });

  it('shows the problems of a file that cannot be used', async () => {
    const { code, err } = await plan(old, wrong);
    expect(code).toBe(1);
    expect(err).toContain('wrong.config.ts');
    expect(err).toContain('pools.app.origins[0].url ("ftp://eu.example")');
    expect(await plan(old, join(folder, 'absent.config.ts'))).toMatchObject({ code: 1 });
  });

  it('does not go on without the variables that it was told to read', async () => {
    // Node itself reads this option too, also behind the name of a script, and fails first.
    const { code, out } = await plan(old, next, '--env-file', join(folder, 'absent.vars'));
    expect(code).toBeGreaterThan(0);
    expect(out).toBe('');
  });

  it('says how it is used', async () => {
    expect(await plan('--help')).toMatchObject({
      code: 0,
      err: '',
      out: expect.stringContaining('Usage: npm run plan'),
    });
    for (const args of [
      [old],
      [old, next, '--door', 'cellar'],
      [old, next, '--at', 'tomorrow'],
      [old, next, '--clients', 'munich=1'],
      [old, next, '--clients', '48.1,11.6=0'],
      [old, next, '--max-moved', 'many'],
      [old, next, '--no-such-option'],
    ]) {
      const { code, out, err } = await plan(...args);
      expect({ args, code, out }).toEqual({ args, code: 2, out: '' });
      expect(err).toContain('Usage: npm run plan');
    }
  });
});
