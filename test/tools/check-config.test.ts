import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { checkConfig, configWarnings, formatProblems, formatWarnings } from '../../tools/check-config.ts';
import { freshKeys } from '../../tools/keys.ts';

const folder = mkdtempSync(join(tmpdir(), 'check-config-'));
afterAll(() => rmSync(folder, { recursive: true }));
const define = JSON.stringify(fileURLToPath(new URL('../../shared/config/define.ts', import.meta.url)));
let count = 0;

/** A file that exports what is written. */
function file(code: string): string {
  const path = join(folder, `config-${count++}.ts`);
  writeFileSync(path, `import { defineGateway } from ${define};\n${code}`);
  return path;
}
const paths = (problems: readonly { path: string }[]) => problems.map(({ path }) => path);

const SESSION_KEYS = JSON.stringify(await freshKeys());
const origins = {
  ORIGIN_EU: 'http://127.0.0.1:9001',
  ORIGIN_US: 'http://127.0.0.1:9002',
  ORIGIN_AP: 'http://127.0.0.1:9003',
};
const variables = ['PUBLIC_ORIGIN', 'ORIGIN_EU', 'ORIGIN_US', 'ORIGIN_AP', 'ORIGIN_TOKEN'];

describe("the project's own configuration", () => {
  test('is good for both doors where every variable is set', async () => {
    const env = { ...origins, ORIGIN_TOKEN: 'proof-of-origin', SESSION_KEYS };
    expect(await checkConfig(env, { strictSecrets: true })).toEqual({ problems: [], variables, notChecked: [] });
  });

  test('is good on a machine that holds nothing, which says what it did not check', async () => {
    expect(await checkConfig({}, { strictSecrets: false })).toEqual({
      problems: [],
      variables,
      notChecked: ['SESSION_KEYS', ...variables],
    });
  });

  test('has everything that is not set told where it has to be', async () => {
    const { problems } = await checkConfig(origins, { strictSecrets: true });
    expect(paths(problems)).toEqual(['pools.app.commands.token', 'SESSION_KEYS']);
  });

  test('is held to the variables that are set', async () => {
    const { problems } = await checkConfig({ ORIGIN_EU: 'ftp://eu', SESSION_KEYS: '{}' }, { strictSecrets: false });
    expect(paths(problems)).toEqual(['pools.app.origins[0].url', 'SESSION_KEYS']);
  });

  test('is not blamed for development headers when the public origin is not known', async () => {
    const { problems } = await checkConfig({ DEV_HEADERS: '1' }, { strictSecrets: false });
    expect(problems).toEqual([]);
    const open = { DEV_HEADERS: '1', PUBLIC_ORIGIN: 'https://shop.example' };
    expect(paths((await checkConfig(open, { strictSecrets: false })).problems)).toEqual(['DEV_HEADERS']);
  });
});

describe('a configuration for one door', () => {
  const config = file(`export default defineGateway({
    publicOrigins: ['https://shop.example'],
    session: { store: 'redis', freshness: '1s' },
    pools: { app: { origins: [{ id: 'eu', url: 'https://eu.example' }], host: 'client' } },
    routes: [{ path: '/*' }],
  });`);

  test('is good for that door and not for the other', async () => {
    const check = (door?: 'worker' | 'lambda') =>
      checkConfig({ SESSION_KEYS }, { strictSecrets: true, config, ...(door && { door }) });
    expect((await check('lambda')).problems).toEqual([]);
    expect(paths((await check('worker')).problems)).toEqual(['session.store', 'pools.app.host']);
    expect(paths((await check()).problems)).toEqual(['session.store', 'pools.app.host']);
  });
});

describe('a file', () => {
  test.each([
    ['export const gateway = {};', 'has no default export'],
    ['export default defineGateway({', 'could not be loaded'],
    ["import './nowhere.ts';", 'could not be loaded'],
  ])('%j is a problem and no crash', async (code, message) => {
    const { problems } = await checkConfig({}, { strictSecrets: false, config: file(code) });
    expect(problems).toHaveLength(1);
    expect(problems[0]?.message).toContain(message);
  });
});

test('problems are printed with path, value, message and remedy', () => {
  const problem = { path: 'routes[0].path', value: '"a"', message: 'does not begin with /', remedy: "Write '/a'." };
  expect(formatProblems([problem])).toBe(
    `The configuration has a problem:\n\n  routes[0].path ("a") does not begin with /.\n    Write '/a'.\n`,
  );
});

describe('a warning', () => {
  const warningsFor = (routes: string, more = '') =>
    configWarnings(
      { SESSION_KEYS },
      {
        strictSecrets: true,
        door: 'lambda',
        config: file(`export default defineGateway({
          publicOrigins: ['https://shop.example'],
          session: { store: 'dynamodb' },
          pools: { app: { origins: [{ id: 'eu', url: 'https://eu.example' }] } },
          routes: [${routes}${routes && ','} { path: '/*' }],
          ${more}
        });`),
      },
    );
  const told = async (routes: string, more?: string) =>
    (await warningsFor(routes, more)).map(({ path, message }) => `${path} ${message}`);

  test('is given for a pattern that is written as routers of applications have it', async () => {
    expect(await told("{ path: '/user/:id', session: 'required' }")).toEqual([
      "routes[0].path matches only the literal text ':id'; it is not a parameter",
    ]);
    expect(await told("{ path: '/user/:id/orders/*', session: 'required' }")).toHaveLength(1);
    expect(await told("{ path: '/a:b/*', session: 'required' }, { path: '/v1/users/x:lookup' }")).toEqual([]);
  });

  test('is given for a protected page with an open folder of its name', async () => {
    const open = 'protects this one page, but routes[1] (/x/*) leaves everything below it open';
    expect(await told("{ path: '/x', session: 'required' }, { path: '/x/*' }")).toEqual([`routes[0] ${open}`]);
    expect(await told("{ path: '/X/', maxAuthAge: '5m' }, { path: '/x/*', session: 'off' }")).toEqual([
      `routes[0] ${open}`,
    ]);
    for (const methods of ["['HEAD']", "['GET', 'POST']"]) {
      const routes = `{ path: '/x', methods: ${methods}, session: 'required' }, { path: '/x/*', methods: ['GET'] }`;
      expect(await told(routes)).toEqual([`routes[0] ${open}`]);
    }
    const partly = "{ path: '/x/*', methods: ['GET'], session: 'required' }, { path: '/x/*' }";
    expect(await told(`{ path: '/x', session: 'required' }, ${partly}`)).toEqual([
      `routes[0] ${open.replace('routes[1]', 'routes[2]')}`,
    ]);
    for (const fine of [
      "{ path: '/x', session: 'required' }",
      "{ path: '/x', methods: ['GET'], session: 'required' }, { path: '/x/*', methods: ['GET'], session: 'required' }, { path: '/x/*' }",
      "{ path: '/x', session: 'required' }, { path: '/x/*', session: 'required' }",
      "{ path: '/x' }, { path: '/x/*' }",
      "{ path: '/x', methods: ['POST'], session: 'required' }, { path: '/x/*', methods: ['GET'] }",
    ]) {
      expect(await told(fine)).toEqual([]);
    }
    expect(await told("{ path: '/X', session: 'required' }, { path: '/x/*' }", "matching: 'exact'")).toEqual([]);
  });

  test('is given for several public origins when tokens name the first as their issuer', async () => {
    const origins = "publicOrigins: ['https://shop.example', 'https://www.shop.example']";
    expect(await told('', `${origins}, session: { strategy: 'token' }`)).toEqual([
      'publicOrigins[0] is the issuer of session tokens; removing it from the list signs out clients whose tokens name it',
    ]);
    expect(await told('', origins)).toEqual([]);
    expect(await told('', "session: { strategy: 'token' }")).toEqual([]);
  });

  test('is printed like a problem, and is none', async () => {
    const [warning] = await warningsFor("{ path: '/user/:id' }");
    expect(formatWarnings(warning ? [warning] : [])).toBe(
      `The configuration has a warning:\n\n  routes[0].path ("/user/:id") matches only the literal text ':id'; it is not a parameter.\n    Write '/user/*', which matches everything below.\n`,
    );
  });

  test('is not given for what has problems, or for both doors twice', async () => {
    expect(await warningsFor("{ path: '/user/:id', session: 'sometimes' }")).toEqual([]);
    const both = file(`export default defineGateway({
      publicOrigins: ['https://shop.example'],
      session: { strategy: 'token' },
      pools: { app: { origins: [{ id: 'eu', url: 'https://eu.example' }] } },
      routes: [{ path: '/user/:id' }, { path: '/*' }],
    });`);
    expect(await configWarnings({ SESSION_KEYS }, { strictSecrets: true, config: both })).toHaveLength(1);
  });

  test('is given too where a local run has left its .dev.vars, with development headers and no public origin', async () => {
    const config = file(`export default defineGateway((env) => ({
      publicOrigins: [env.PUBLIC_ORIGIN],
      pools: { app: { origins: [{ id: 'eu', url: env.ORIGIN_EU }] } },
      routes: [{ path: '/user/:id' }, { path: '/*' }],
    }));`);
    const env = { SESSION_KEYS, DEV_HEADERS: '1' };
    expect(await configWarnings(env, { strictSecrets: false, config })).toHaveLength(1);
  });
});
