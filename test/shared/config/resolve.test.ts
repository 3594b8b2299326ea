import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { defineGateway } from '../../../shared/config/define.ts';
import { readSettings } from '../../../shared/config/resolve.ts';
import {
  complaints,
  configured,
  goodEnv,
  minimal,
  origins,
  problemsOf,
  settingsOf,
  withPool,
  withRoute,
} from './examples.ts';

describe('a configuration', () => {
  test('needs public origins, a pool with an origin and a route, and nothing else', () => {
    expect(complaints(minimal)).toEqual([]);
    expect(complaints({} as never)).toEqual(['publicOrigins is missing', 'pools is missing', 'routes is missing']);
  });

  test('has everything that is wrong with it told at once, from every layer', () => {
    const definition = configured({
      publicOrigins: ['http://shop.example'],
      sesion: {},
      pools: {
        app: {
          origins: [
            { id: 'eu', url: 'ftp://eu.example' },
            { id: 'eu', url: 'https://eu.example', weight: -1 },
          ],
        },
      },
      routes: [
        { path: '/a', pool: 'ap' },
        { path: '/a', pool: 'app', maxAuthAge: 'soon' },
      ],
    });
    expect(complaints(definition, {})).toEqual([
      'publicOrigins[0] is not secure',
      'pools.app.origins[0].url is not an http or https URL',
      'pools.app.origins[1].weight is out of bounds',
      'routes[1].maxAuthAge is not a duration',
      'sesion is not a setting',
      'pools.app.origins[1].id is the id of origins[0] too',
      'routes[1].path has the same match as routes[0], which comes first',
      'routes[1] is the last route and does not match everything',
      'routes[0].pool is not a pool',
      'SESSION_KEYS is a secret that is undefined',
    ]);
  });

  test('has each problem told with its value and a way to mend it', () => {
    const definition = withPool({ origins: [{ id: 'eu', url: 'ftp://eu.example' }] });
    expect(problemsOf(definition)).toEqual([
      {
        path: 'pools.app.origins[0].url',
        value: '"ftp://eu.example"',
        message: 'is not an http or https URL',
        remedy: "Write where the origin is, such as 'https://eu.origin.example.com'.",
      },
    ]);
  });

  test('with a misspelt word is answered with the word that was meant', () => {
    expect(problemsOf(configured({ publicOrigin: [] }))[0]?.remedy).toBe("Did you mean 'publicOrigins'?");
    expect(problemsOf(withRoute({ path: '/a', pool: 'appp' }))[0]?.remedy).toBe("Did you mean 'app'?");
    expect(problemsOf(withRoute({ path: '/a', session: 'requried' }))[0]?.remedy).toMatch(/^Did you mean 'required'\?/);
  });

  test('that reads a variable which is not set is told the name of it', () => {
    const definition = defineGateway((env) => ({
      publicOrigins: [env.PUBLIC_ORIGIN ?? 'https://shop.example'],
      pools: { app: { origins: [{ id: 'eu', url: env.ORIGIN_EU }], commands: { token: env.ORIGIN_TOKEN } } },
      routes: [{ path: '/*' }],
    }));
    const [url, token] = problemsOf(definition);
    expect(url).toMatchObject({ path: 'pools.app.origins[0].url', message: 'is undefined' });
    expect(url?.remedy).toMatch(/^Set ORIGIN_EU: /);
    expect(token).toMatchObject({ path: 'pools.app.commands.token', message: 'is a secret that is undefined' });
    expect(token?.remedy).toMatch(/^Set ORIGIN_TOKEN: /);
  });

  test('that throws is a problem like any other', () => {
    const definition = defineGateway((env) => {
      throw new Error(`no good: ${env.ORIGIN_TOKEN} ${env.MISSING}`);
    });
    const [problem] = problemsOf(definition, { ...goodEnv, ORIGIN_TOKEN: 'a-very-secret-token' });
    expect(problem?.message).toBe('could not be made, because its function threw Error: no good: … undefined');
    expect(problem?.remedy).toContain('MISSING');
    expect(complaints((async () => minimal) as never)).toEqual(['the configuration is a promise']);
  });

  test('that is no configuration at all is a problem like any other', () => {
    for (const nothing of [undefined, null, 7, 'x', [], new Date()]) {
      expect(problemsOf(nothing as never).length).toBeGreaterThan(0);
    }
  });

  test('with a name that JavaScript keeps for itself is refused', () => {
    expect(complaints(configured({ pools: { constructor: { origins: [] } } }))).toContain(
      'pools has a name that JavaScript keeps for itself',
    );
  });

  test('never makes the reader throw, whatever stands where', () => {
    const anything = fc.oneof(
      fc.anything(),
      fc.constantFrom<unknown>('', '/', '0s', [], {}, null, undefined, Number.NaN, -1, 'token', 'off', { split: {} }),
    );
    const places = [
      ['publicOrigins'],
      ['publicOrigins', 0],
      ['session'],
      ['session', 'store'],
      ['session', 'strategy'],
      ['session', 'cookie'],
      ['session', 'limit'],
      ['pools'],
      ['pools', 'app'],
      ['pools', 'app', 'origins'],
      ['pools', 'app', 'origins', 0],
      ['pools', 'app', 'origins', 0, 'id'],
      ['pools', 'app', 'affinity'],
      ['pools', 'app', 'affinity', 'by'],
      ['pools', 'app', 'affinity', 'domain'],
      ['pools', 'app', 'commands'],
      ['pools', 'app', 'health'],
      ['routes'],
      ['routes', 0],
      ['routes', 0, 'path'],
      ['routes', 0, 'pool'],
      ['routes', 0, 'methods'],
      ['routes', 0, 'claims'],
      ['login'],
      ['trust'],
      ['status'],
    ];
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom(...places), anything), { minLength: 1, maxLength: 4 }),
        (changes) => {
          const config: unknown = structuredClone({
            ...minimal,
            session: {},
            pools: { app: { ...minimal.pools.app, affinity: {} } },
          });
          for (const [path, value] of changes) put(config, path, value);
          const { kind } = readSettings(config as never, goodEnv, 'worker');
          expect(['ok', 'problems']).toContain(kind);
        },
      ),
      { numRuns: 2000 },
    );
  });
});

function put(into: unknown, path: readonly (string | number)[], value: unknown): void {
  let at = into as Record<string | number, unknown>;
  for (const key of path.slice(0, -1)) {
    const next = at[key];
    if (typeof next !== 'object' || next === null) return;
    at = next as Record<string | number, unknown>;
  }
  if (Object.isExtensible(at)) at[path.at(-1) as string] = value;
}

describe('the revision of a configuration', () => {
  const base = settingsOf(minimal);

  test('is the same on both doors', () => {
    expect(base.revision).toMatch(/^[0-9a-f]{16}$/);
    expect(settingsOf(minimal, goodEnv, 'lambda').revision).toBe(base.revision);
  });

  test('stays the same from release to release: pins carry it', () => {
    const shop = { publicOrigins: ['https://shop.example'], routes: [{ path: '/*', pool: 'app' }] };
    expect(settingsOf({ ...shop, pools: { app: { origins } } } as never).revision).toBe('da0227ee077b2c94');
    const full = {
      publicOrigins: ['https://shop.example', 'https://www.shop.example'],
      matching: 'exact',
      trust: { proxies: ['10.0.0.0/8'], cloudfront: { secret: 'edge' } },
      session: {
        store: { worker: 'durable-object', lambda: 'redis' },
        freshness: '5s',
        rotate: { every: '10m' },
        anonymous: true,
      },
      pools: {
        app: {
          origins: [
            { ...origins[0], weight: 2, state: 'draining', drainBy: '2026-12-01T04:00:00Z' },
            { id: 'us', url: 'https://us.example', at: [1, 2] },
          ],
          affinity: { by: 'header', name: 'X-Pin', idle: '1h' },
          health: { probe: { path: '/up' } },
          retry: { maxBody: 0 },
          host: { lambda: 'client' },
          commands: { token: 't', claims: ['role'] },
        },
        canary: {
          origins,
          affinity: { by: 'ip' },
          commands: { jwks: { keys: [{ kty: 'EC', crv: 'P-256', x: 'eA', y: 'eQ' }] }, may: ['update'] },
        },
      },
      routes: [
        {
          path: '/a/*',
          pool: { split: { app: 90, canary: 10 } },
          session: 'required',
          claims: { role: ['admin'] },
          crossSite: ['https://a.example:443'],
          timeout: '5m',
        },
        ...shop.routes,
      ],
      identity: { data: ['plan'] },
      login: { page: '/login' },
    };
    expect(settingsOf(full as never).revision).toBe('c1e66c398f394eb2');
  });

  test('changes with the configuration, and not with its secrets', () => {
    expect(settingsOf(withPool({ timeout: '24s' })).revision).not.toBe(settingsOf(withPool({})).revision);
    expect(settingsOf(withPool({ commands: { token: 'another' } })).revision).toBe(settingsOf(withPool({})).revision);
    const cloudfront = (secret: string) => settingsOf(configured({ trust: { cloudfront: { secret } } })).revision;
    expect(cloudfront('one')).toBe(cloudfront('two'));
    expect(cloudfront('one')).not.toBe(settingsOf(configured({})).revision);
    const withTokens = { ...goodEnv, GATEWAY_TOKENS: '[]' };
    expect(settingsOf(minimal, withTokens).revision).toBe(base.revision);
  });

  test('does not depend on the order in which settings are written', () => {
    const turned = { routes: minimal.routes, pools: minimal.pools, publicOrigins: minimal.publicOrigins };
    expect(settingsOf(turned).revision).toBe(base.revision);
    const [app, beta] = [{ origins }, { origins, timeout: '5s' }];
    const guarded = (claims: object, pools: object) =>
      settingsOf(configured({ pools, routes: [{ path: '/*', pool: 'app', claims }] })).revision;
    expect(guarded({ role: ['a'], plan: ['b'] }, { app, beta })).toBe(
      guarded({ plan: ['b'], role: ['a'] }, { beta, app }),
    );
  });
});
