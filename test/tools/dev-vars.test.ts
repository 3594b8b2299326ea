import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readSecrets } from '../../shared/config/secrets.ts';
import { scopes } from '../../shared/config/settings.ts';
import { loadDevVars } from '../../tools/dev-vars.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dev vars-'));
  file = join(folder, '.dev.vars');
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('.dev.vars', () => {
  it('is made when it is missing, for its owner alone', async () => {
    await loadDevVars(file, {});
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['.dev.vars']);
  });

  it('holds keys and tokens that the gateway accepts', async () => {
    const variables = await loadDevVars(file, {});
    expect(readSecrets(variables).issues).toEqual([]);
    const [token] = JSON.parse(variables.GATEWAY_TOKENS ?? '');
    expect(token.scopes).toEqual([...scopes]);
    expect(token.sha256).toBe(
      createHash('sha256')
        .update(variables.DEV_SERVICE_TOKEN ?? '')
        .digest('hex'),
    );
    expect(variables.ORIGIN_TOKEN).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(variables.DEV_HEADERS).toBe('1');
  });

  it('is left alone when it is there', async () => {
    writeFileSync(file, 'MINE=1\n');
    expect(await loadDevVars(file, {})).toEqual({ MINE: '1' });
    expect(readFileSync(file, 'utf8')).toBe('MINE=1\n');
  });

  it('is made once by two that start together', async () => {
    const [one, other] = await Promise.all([loadDevVars(file, {}), loadDevVars(file, {})]);
    expect(one).toEqual(other);
  });

  it('yields to the process environment', async () => {
    writeFileSync(file, 'ORIGIN_TOKEN=file\nMINE=1\n');
    const variables = await loadDevVars(file, {
      ORIGIN_TOKEN: 'environment',
      ORIGIN_NEXT: 'http://x',
      UNSET: undefined,
    });
    expect(variables).toEqual({ ORIGIN_TOKEN: 'environment', MINE: '1', ORIGIN_NEXT: 'http://x' });
  });
});
