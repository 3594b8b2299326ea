import { describe, expect, test } from 'vitest';
import { complaints, configured, goodEnv, origins, problemsOf, routes, settingsOf, withPool } from './examples.ts';

const origin = (part: object) => withPool({ origins: [{ id: 'eu', url: 'https://eu.example', ...part }] });

describe('an origin', () => {
  test.each([
    [{ url: 'https://eu.example/' }, 'https://eu.example'],
    [{ url: 'http://10.0.0.1:8080/base/' }, 'http://10.0.0.1:8080/base'],
    [{ url: 'https://EU.example/a/../b' }, 'https://eu.example/b'],
  ])('%j is asked at %s', (part, url) => {
    expect(settingsOf(origin(part)).pools.get('app')?.origins[0]?.url).toBe(url);
  });

  test.each([
    [{ url: 'https://user@eu.example' }, 'url carries credentials'],
    [{ url: 'https://eu.example/?a=b' }, 'url has a query or a fragment'],
    [{ url: 'https://eu.example/#' }, 'url has a query or a fragment'],
    [{ url: 'ws://eu.example' }, 'url is not an http or https URL'],
    [{ url: '//eu.example' }, 'url is not an http or https URL'],
    [{ url: 'https://eu.exa mple' }, 'url is not an http or https URL'],
    [{ url: '' }, 'url is not an http or https URL'],
    [{ id: '1eu' }, 'id is not a name we can use'],
    [{ id: 'e'.repeat(33) }, 'id is not a name we can use'],
    [{ id: 'e.u' }, 'id is not a name we can use'],
    [{ weight: -0.1 }, 'weight is out of bounds'],
    [{ weight: Number.NaN }, 'weight is not a number'],
    [{ weight: Number.POSITIVE_INFINITY }, 'weight is out of bounds'],
    [{ state: 'activ' }, 'state is not one of the choices'],
    [{ state: 'draining', drainBy: '2026-02-30T00:00:00Z' }, 'drainBy is not a moment'],
    [{ state: 'draining', drainBy: '2026-12-01' }, 'drainBy is not a moment'],
    [
      { state: 'active', drainBy: '2026-12-01T04:00:00Z' },
      "drainBy says when a drain ends, and the origin's state is 'active'",
    ],
    [{ drainBy: '2026-12-01T04:00:00Z' }, "drainBy says when a drain ends, and the origin's state is 'active'"],
    [{ at: [91, 0] }, 'at[0] is out of bounds'],
    [{ at: '35,139' }, 'at is not a place'],
    [{ region: 'a region' }, 'region is not the name of a region'],
    [{ zone: 'a' }, 'zone is not a setting'],
  ])('%j is refused', (part, message) => {
    expect(complaints(origin(part))).toEqual([`pools.app.origins[0].${message}`]);
  });

  test('drains until a moment', () => {
    const draining = origin({ state: 'draining', drainBy: '2026-12-01T05:00:00.5+01:00' });
    expect(settingsOf(draining).pools.get('app')?.origins[0]?.drainBy).toBe(Date.UTC(2026, 11, 1, 4, 0, 0, 500));
  });

  test('is where its region is, or where it says', () => {
    const placeOf = (part: object) => settingsOf(origin(part)).pools.get('app')?.origins[0]?.place;
    expect(placeOf({ region: 'us-east-1' })).toEqual({ latitude: 38.9, longitude: -77.5 });
    expect(placeOf({ region: 'us-east-1', at: [1, 2] })).toEqual({ latitude: 1, longitude: 2 });
    expect(placeOf({ region: 'tokyo' })).toBeNull();
    expect(placeOf({})).toBeNull();
  });

  test('has an id of its own in its pool, which another pool may use too', () => {
    const twice = [...origins, ...origins];
    expect(complaints(withPool({ origins: twice }))).toEqual(['pools.app.origins[1].id is the id of origins[0] too']);
    expect(complaints(configured({ pools: { app: { origins }, beta: { origins } } }))).toEqual([]);
  });
});

describe('a pool', () => {
  test.each([
    [{ origins: [] }, 'origins is an empty list'],
    [{ steer: 'near' }, 'steer is not one of the choices'],
    [{ timeout: '16m' }, 'timeout is out of bounds'],
    [{ retry: { attempts: 6 } }, 'retry.attempts is out of bounds'],
    [{ retry: { attempts: 1.5 } }, 'retry.attempts is not a whole number'],
    [{ retry: { statuses: [404] } }, 'retry.statuses[0] is out of bounds'],
    [{ health: { maxEjected: 1.1 } }, 'health.maxEjected is out of bounds'],
    [{ health: { probe: { path: 'healthz' } } }, 'health.probe.path does not begin with /'],
    [{ health: { probe: { timeout: '31s' } } }, 'health.probe.timeout is out of bounds'],
    [{ affinity: { by: 'cookies' } }, 'affinity.by is not one of the choices'],
  ])('%j is refused', (part, message) => {
    expect(complaints(withPool(part))).toEqual([`pools.app.${message}`]);
  });

  test("can hand on the client's host on Lambda alone", () => {
    expect(complaints(withPool({ host: 'client' }), goodEnv, 'lambda')).toEqual([]);
    expect(complaints(withPool({ host: 'client' }), goodEnv, 'worker')).toHaveLength(1);
  });
});

describe('commands', () => {
  const publicKey = { kty: 'EC', crv: 'P-256', x: 'eA', y: 'eQ' };

  test('are proved by a token or by public keys', () => {
    const proofOf = (commands: object) => settingsOf(withPool({ commands })).pools.get('app')?.commands?.proof;
    expect(proofOf({ token: 'a-token' })).toEqual({ kind: 'token', token: 'a-token' });
    expect(proofOf({ jwks: { keys: [publicKey] } })).toEqual({ kind: 'jwks', jwks: { keys: [publicKey] } });
  });

  test.each([
    [{ token: '' }, 'token is empty, or has characters that a header cannot carry'],
    [{ token: 'two words' }, 'token is empty, or has characters that a header cannot carry'],
    [{ token: undefined }, 'token is a secret that is undefined'],
    [{}, 'token is missing'],
    [{ token: 'a-token', jwks: { keys: [publicKey] } }, 'jwks stands beside token'],
    [{ jwks: { keys: [] } }, 'jwks.keys is an empty list'],
    [{ jwks: { keys: [{ ...publicKey, d: 'ZA' }] } }, 'jwks.keys[0] is a private key'],
    [{ jwks: { keys: [{ kty: 'oct', k: 'aw' }] } }, 'jwks.keys[0] is not a public key'],
    [{ jwks: 'https://keys.example' }, 'jwks is not a JWK Set'],
    [{ token: 'a-token', may: ['isue'] }, 'may[0] is not one of the choices'],
    [{ token: 'a-token', may: [] }, 'may is an empty list'],
    [{ token: 'a-token', may: ['end', 'end'] }, 'may names something twice'],
  ])('%j are refused', (commands, message) => {
    expect(complaints(withPool({ commands }))).toEqual([`pools.app.commands.${message}`]);
  });

  test('never have their secrets repeated', () => {
    const secret = 'tell no body';
    const wrong = [
      { token: secret },
      { tokn: secret },
      { token: 'fine', jwks: secret },
      { jwks: { keys: [{ kty: 'oct', k: secret }] } },
      secret,
    ];
    for (const commands of wrong) expect(JSON.stringify(problemsOf(withPool({ commands })))).not.toContain(secret);
    const strayed = { ...goodEnv, ORIGIN_TOKEN: secret };
    expect(JSON.stringify(problemsOf(withPool({ steer: `x${secret}` }), strayed))).not.toContain(secret);
  });

  test('say which claims they set where several pools may begin sessions', () => {
    const token = 'a-token';
    const both = (one: object, other: object) =>
      configured({
        pools: { app: { origins, commands: { token, ...one } }, beta: { origins, commands: { token, ...other } } },
        routes,
      });
    const missing = 'commands.claims is missing, and several pools may begin sessions';
    expect(complaints(both({}, {}))).toEqual([`pools.app.${missing}`, `pools.beta.${missing}`]);
    expect(complaints(both({ claims: ['role'] }, { claims: [] }))).toEqual([]);
    expect(complaints(both({}, { may: ['update'] }))).toEqual([]);
  });
});
