import { createLocalJWKSet, exportJWK, generateKeyPair, type JSONWebKeySet, jwtVerify } from 'jose';
import { beforeAll, describe, expect, test } from 'vitest';
import type { SecretKey } from '../../../shared/config/settings.ts';
import { createAssertions } from '../../../shared/identity/assertion.ts';
import type { Session } from '../../../shared/session/session.ts';

const issuer = 'https://shop.example';
const minute = 60_000;
const noon = Date.parse('2026-03-01T12:00:00Z');

const session: Session = {
  sessionId: 'family-1',
  subject: 'alice',
  claims: { role: 'admin' },
  shownData: {},
  acr: null,
  amr: [],
  createdAt: noon - minute,
  authenticatedAt: noon - minute,
  lastSeenAt: noon,
  idleEndsAt: noon + 30 * minute,
  endsAt: noon + 600 * minute,
  version: 1,
};

let keys: SecretKey[];
beforeAll(async () => {
  keys = await Promise.all(
    ['new', 'old'].map(async (kid) => {
      const { privateKey } = await generateKeyPair('ES256', { extractable: true });
      // As a key set may have it: members of ours, and a `use` and `key_ops` of somebody else's tool.
      const jwk = {
        ...(await exportJWK(privateKey)),
        kid,
        alg: 'ES256',
        use: 'sig',
        key_ops: ['verify'],
        purpose: 'assertion',
      };
      return { kid, alg: 'ES256', jwk: jwk as JsonWebKey };
    }),
  );
});

async function verified(given: Partial<Session> = {}, poolId = 'app', now = noon) {
  const assertions = createAssertions(keys, issuer);
  const jwt = (await assertions.assertionFor({ ...session, ...given }, poolId, now)) as string;
  const jwks = createLocalJWKSet(assertions.publicJwks() as unknown as JSONWebKeySet);
  return jwtVerify(jwt, jwks, { issuer, audience: poolId, currentDate: new Date(now) });
}

describe('an origin', () => {
  test('verifies the assertion with the public keys alone', async () => {
    const { payload, protectedHeader } = await verified({ acr: 'high', amr: ['pwd', 'otp'], shownData: { cart: 3 } });
    expect(protectedHeader).toEqual({ alg: 'ES256', typ: 'JWT', kid: 'new' });
    const seconds = noon / 1000;
    expect(payload).toEqual({
      iss: issuer,
      aud: 'app',
      sub: 'alice',
      sid: expect.stringMatching(/^[A-Za-z0-9_-]{22}$/),
      jti: expect.stringMatching(/^[0-9a-f-]{36}$/),
      iat: seconds,
      exp: seconds + 120,
      auth_time: seconds - 60,
      acr: 'high',
      amr: ['pwd', 'otp'],
      claims: { role: 'admin' },
      data: { cart: 3 },
    });
  });

  test('is not told what is not known', async () => {
    const { payload } = await verified();
    expect(Object.keys(payload)).not.toEqual(expect.arrayContaining(['acr']));
    expect(['acr', 'amr', 'data'].filter((name) => name in payload)).toEqual([]);
  });

  test('knows a session by a name that another pool does not know, and that is the same every time', async () => {
    const sidOf = async (sessionId: string, poolId: string) => (await verified({ sessionId }, poolId)).payload.sid;
    expect(await sidOf('family-1', 'app')).toBe(await sidOf('family-1', 'app'));
    expect(await sidOf('family-1', 'app')).not.toBe(await sidOf('family-1', 'canary'));
    expect(await sidOf('family-1', 'app')).not.toBe(await sidOf('family-2', 'app'));
    expect(await sidOf('family-1', 'app')).not.toContain('family-1');
  });

  test('is never told of a session beyond its absolute end', async () => {
    const { payload } = await verified({ endsAt: noon + 30_500 });
    expect(payload.exp).toBe(noon / 1000 + 31);
  });

  test('gets the data that fits into 1 KB, and a large value does not hide the small ones', async () => {
    const { payload } = await verified({
      shownData: { a: 1, big: 'x'.repeat(1020), b: 'y'.repeat(500), c: 'z'.repeat(600), d: 2 },
    });
    expect(Object.keys(payload.data as object)).toEqual(['a', 'b', 'd']);
  });
});

test('an anonymous session has nobody to vouch for', async () => {
  expect(await createAssertions(keys, issuer).assertionFor({ ...session, subject: null }, 'app', noon)).toBeNull();
});

test('the public keys are public: no private member, nothing of ours', () => {
  const { keys: shown } = createAssertions(keys, issuer).publicJwks();
  expect(shown.map(({ kid }) => kid)).toEqual(['new', 'old']);
  for (const jwk of shown) expect(Object.keys(jwk).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
});

describe('an assertion is signed', () => {
  test('once a minute, and is always good for another one', async () => {
    const assertions = createAssertions(keys, issuer);
    const first = await assertions.assertionFor(session, 'app', noon);
    expect(await assertions.assertionFor(session, 'app', noon + minute - 1)).toBe(first);
    expect(await assertions.assertionFor(session, 'app', noon + minute)).not.toBe(first);
  });

  test.each<[string, Partial<Session>, string]>([
    ['for another pool', {}, 'canary'],
    ['for another session', { sessionId: 'family-2' }, 'app'],
    ['when the data or claims have changed', { version: 2 }, 'app'],
    ['when the subject has proved itself again', { authenticatedAt: noon }, 'app'],
  ])('anew %s', async (_, given, poolId) => {
    const assertions = createAssertions(keys, issuer);
    const first = await assertions.assertionFor(session, 'app', noon);
    expect(await assertions.assertionFor({ ...session, ...given }, poolId, noon)).not.toBe(first);
  });
});

test('without a key nothing is signed', async () => {
  await expect(createAssertions([], issuer).assertionFor(session, 'app', noon)).rejects.toThrow('no assertion key');
});
