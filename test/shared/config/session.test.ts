import { describe, expect, test } from 'vitest';
import { complaints, configured, goodEnv, origins, settingsOf, withSession } from './examples.ts';

describe('the times of a session', () => {
  test('have an idle end that is not after the absolute one', () => {
    expect(settingsOf(withSession({ idle: '12h' })).session.idleMs).toBe(43_200_000);
    expect(complaints(withSession({ idle: '13h' }))).toEqual([
      'session.idle lets a session idle for longer than it may live',
    ]);
    expect(complaints(withSession({ absolute: '20m' }))).toEqual([
      'session.absolute lets a session idle for longer than it may live',
    ]);
  });

  test.each(['0s', '401d'])('are out of bounds at %s', (absolute) => {
    expect(complaints(withSession({ absolute }))).toContain('session.absolute is out of bounds');
  });

  test.each(['1.5h', '30', 30, 'soon'])('are refused as %j', (idle) => {
    expect(complaints(withSession({ idle }))).toEqual(['session.idle is not a duration']);
  });
});

describe('sessions for strangers', () => {
  const withCookie = (sameSite: string, anonymous: boolean) =>
    complaints(withSession({ anonymous, cookie: { sameSite } }));

  test('need a cookie that comes along where a link of another site leads here', () => {
    expect(withCookie('Strict', true)).toEqual([
      expect.stringMatching(/^session\.cookie\.sameSite cannot go with anonymous: true: browsers keep the cookie back/),
    ]);
    expect([withCookie('Strict', false), withCookie('Lax', true), withCookie('None', true)]).toEqual([[], [], []]);
  });
});

describe('a store', () => {
  test('is kv on Workers and dynamodb on Lambda unless another is named', () => {
    expect(settingsOf(configured({}), goodEnv, 'worker').session.store).toBe('kv');
    expect(settingsOf(configured({}), goodEnv, 'lambda').session.store).toBe('dynamodb');
    const half = withSession({ store: { worker: 'memory' } });
    expect(settingsOf(half, goodEnv, 'worker').session.store).toBe('memory');
    expect(settingsOf(half, goodEnv, 'lambda').session.store).toBe('dynamodb');
  });

  test('named once has to be one that the running door can reach', () => {
    expect(complaints(withSession({ store: 'kv' }), goodEnv, 'worker')).toEqual([]);
    expect(complaints(withSession({ store: 'kv' }), goodEnv, 'lambda')).toEqual([
      'session.store cannot be reached from a Lambda',
    ]);
    expect(complaints(withSession({ store: 'redis' }), goodEnv, 'worker')).toEqual([
      'session.store cannot be reached from a Worker',
    ]);
    for (const door of ['worker', 'lambda'] as const) {
      expect(complaints(withSession({ store: 'dynamodb', freshness: '0s' }), goodEnv, door)).toEqual([]);
    }
    expect(complaints(withSession({ store: 'memory' }), goodEnv, 'lambda')).toEqual([]);
  });

  test('named for a door has to suit that door, whichever is running', () => {
    const crossed = withSession({ store: { worker: 'redis', lambda: 'kv' } });
    for (const door of ['worker', 'lambda'] as const) {
      expect(complaints(crossed, goodEnv, door)).toEqual([
        'session.store.worker cannot be reached from a Worker',
        'session.store.lambda cannot be reached from a Lambda',
      ]);
    }
  });

  test('is not asked for a freshness that it cannot promise', () => {
    const route = { path: '/now', pool: 'app', freshness: '0s' };
    const rest = { path: '/*', pool: 'app' };
    expect(complaints(withSession({ freshness: '119s' }))).toEqual([
      "session.freshness is a promise that the store 'kv' cannot keep",
    ]);
    expect(complaints(configured({ routes: [route, rest] }), goodEnv, 'lambda')).toEqual([
      "routes[0].freshness is a promise that the store 'kv' cannot keep",
    ]);
    const onDynamo = configured({ session: { store: 'dynamodb', freshness: '0s' }, routes: [route, rest] });
    expect(complaints(onDynamo, goodEnv, 'lambda')).toEqual([]);
    expect(settingsOf(onDynamo, goodEnv, 'lambda').routes.map(({ freshnessMs }) => freshnessMs)).toEqual([0, 0]);
  });
});

describe('a token without a store', () => {
  test('is what the token strategy means', () => {
    expect(settingsOf(withSession({ strategy: 'token' })).session.store).toBeNull();
  });

  test('cannot have what needs a store', () => {
    const definition = configured({
      session: {
        strategy: 'token',
        freshness: '10m',
        limit: { perSubject: 20 },
        whenStoreIsDown: { safeMethods: '5m' },
      },
      pools: { app: { origins } },
      routes: [{ path: '/now', freshness: '5m' }, { path: '/*' }],
    });
    const message = 'needs a store, and a token without a store has none';
    expect(complaints(definition)).toEqual([
      `session.freshness ${message}`,
      `routes[0].freshness ${message}`,
      `session.limit ${message}`,
      `session.whenStoreIsDown ${message}`,
    ]);
  });
});

describe('the limit of sessions per subject', () => {
  const withLimit = (perSubject: number, store: string | object) => withSession({ store, limit: { perSubject } });

  test('is what the store can keep, and the refusal says why it cannot keep more', () => {
    expect(complaints(withLimit(300, 'kv'), goodEnv, 'worker')).toEqual([]);
    expect(complaints(withLimit(301, 'kv'), goodEnv, 'worker')).toEqual([
      "session.limit.perSubject is more than the store 'kv' can keep for a subject: a request to a Worker may make 1,000 operations on KV, and no more",
    ]);
    expect(complaints(withLimit(3_000, 'durable-object'), goodEnv, 'worker')).toEqual([]);
    expect(complaints(withLimit(3_001, 'durable-object'), goodEnv, 'worker')).toEqual([
      "session.limit.perSubject is more than the store 'durable-object' can keep for a subject: a subject's list of sessions is one row, and more do not fit into it",
    ]);
  });

  test('counts for the stores of both doors, whichever is running', () => {
    for (const door of ['worker', 'lambda'] as const) {
      expect(complaints(withSession({ limit: { perSubject: 3_001 } }), goodEnv, door)).toHaveLength(2);
      expect(complaints(withSession({ limit: { perSubject: 3_000 } }), goodEnv, door)).toHaveLength(1);
    }
  });
});

describe('a jurisdiction', () => {
  test('is for Durable Objects', () => {
    const objects = { worker: 'durable-object', lambda: 'dynamodb' };
    expect(settingsOf(withSession({ jurisdiction: 'eu', store: objects }), goodEnv, 'worker').session).toMatchObject({
      jurisdiction: 'eu',
    });
    expect(settingsOf(withSession({ store: objects }), goodEnv, 'worker').session).not.toHaveProperty('jurisdiction');
    expect(complaints(withSession({ jurisdiction: 'mars', store: objects }))).toEqual([
      'session.jurisdiction is not one of the choices',
    ]);
  });

  test('is refused where the records are in another store', () => {
    const message = 'is for the store durable-object: no other one can be told where to keep its data';
    for (const definition of [
      withSession({ jurisdiction: 'us' }),
      withSession({ jurisdiction: 'us', store: { worker: 'kv', lambda: 'dynamodb' } }),
      withSession({ jurisdiction: 'us', strategy: 'token' }),
    ]) {
      expect(complaints(definition, goodEnv, 'worker')).toEqual([`session.jurisdiction ${message}`]);
    }
  });
});

describe('what is not built yet', () => {
  test.each<[string, ReturnType<typeof configured>]>([
    ['login.issuer', configured({ login: { issuer: 'https://id.example', clientId: 'shop' } })],
  ])('%s is refused', (path, definition) => {
    expect(complaints(definition)).toContain(`${path} is not built yet at this value`);
  });

  test('is accepted at its default', () => {
    const definition = configured({
      session: {
        anonymous: false,
        binding: { userAgent: 'notify', network: 'off', ipv4Prefix: 24, ipv6Prefix: 48 },
        limit: { perSubject: 20, onLimit: 'evict-oldest' },
        rotate: { every: '60m', grace: '30s' },
      },
      pools: {
        app: {
          origins,
          affinity: { by: 'cookie', onFailure: 'repin' },
          health: { slowStart: '0m' },
          sockets: 'off',
        },
      },
      status: { claims: { role: ['auditor'] } },
    });
    expect(complaints(definition)).toEqual([]);
  });
});
