import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { readSecrets } from '../../shared/config/secrets.ts';
import { freshKeys, rotatedKeys } from '../../tools/keys.ts';

const run = promisify(execFile);
const script = fileURLToPath(new URL('../../tools/keys.ts', import.meta.url));
const now = Date.UTC(2026, 10, 21, 9);
const findingsIn = (text: string) => readSecrets({ SESSION_KEYS: text }).issues;

describe('npm run keys', () => {
  test('prints a key set that the gateway accepts as it stands', async () => {
    const { stdout } = await run(process.execPath, [script], { env: {} });
    expect(findingsIn(stdout)).toEqual([]);
    expect(stdout.trim()).toBe(JSON.stringify(JSON.parse(stdout), null, 2));
  });

  test('names every key after its purpose and day, and never makes one twice', async () => {
    const [one, other] = await Promise.all([freshKeys(now), freshKeys(now)]);
    expect(one.keys.map(({ kid }) => kid.slice(0, -4))).toEqual([
      'session-2026-11-21-',
      'seal-2026-11-21-',
      'assertion-2026-11-21-',
    ]);
    expect(new Set([...one.keys, ...other.keys].map(({ k, d }) => k ?? d)).size).toBe(6);
  });
});

describe('npm run keys -- rotate', () => {
  test('puts fresh keys first and keeps the old ones', async () => {
    const old = await freshKeys(now);
    const child = run(process.execPath, [script, 'rotate'], { env: {} });
    child.child.stdin?.end(JSON.stringify(old));
    const rotated = JSON.parse((await child).stdout) as typeof old;
    expect(rotated.keys).toHaveLength(6);
    expect(rotated.keys.slice(3)).toEqual(old.keys);
    expect(findingsIn(JSON.stringify(rotated))).toEqual([]);
  });

  test('takes the set from SESSION_KEYS when that is there', async () => {
    const old = JSON.stringify(await freshKeys(now));
    const { stdout } = await run(process.execPath, [script, 'rotate'], { env: { SESSION_KEYS: old } });
    expect(JSON.parse(stdout).keys).toHaveLength(6);
  });

  test('never prints more than eight, and drops the oldest', async () => {
    let set = await freshKeys(now);
    const generations = [set];
    for (let i = 0; i < 4; i++) {
      set = await rotatedKeys(JSON.stringify(set), now);
      generations.push(set);
      expect(findingsIn(JSON.stringify(set))).toEqual([]);
    }
    expect(set.keys).toHaveLength(8);
    const kept = new Set(set.keys.map(({ kid }) => kid));
    for (const { kid } of generations[3]?.keys.slice(0, 3) ?? []) expect(kept).toContain(kid);
    for (const { kid } of generations[0]?.keys ?? []) expect(kept).not.toContain(kid);
  });

  test('drops what is oldest of its purpose, so that no purpose loses its newest', async () => {
    const { keys } = await freshKeys(now);
    const more = await Promise.all([1, 2, 3, 4].map(async () => (await freshKeys(now)).keys[0]));
    const old = [keys[0], ...more, keys[1], keys[2]];
    const kept = (await rotatedKeys(JSON.stringify({ keys: old }), now)).keys.slice(3);
    expect(kept).toEqual([keys[0], more[0], more[1], keys[1], keys[2]]);
  });

  test('refuses a set that is not good, without repeating it', async () => {
    const child = run(process.execPath, [script, 'rotate'], { env: { SESSION_KEYS: '{"keys":["hush"]}' } });
    const failure = (await child.catch((error: unknown) => error)) as { code: number; stdout: string; stderr: string };
    expect(failure.code).toBe(1);
    expect(failure.stdout).toBe('');
    expect(failure.stderr).toContain('SESSION_KEYS');
    expect(failure.stderr).not.toContain('hush');
  });
});
