/**
 * The snippets of the page, as they stand there, each in an application of its own that a gateway's assertions and
 * keys reach: every one must take what the gateway signs, and none of what somebody else would like to have signed.
 */
import { spawnSync } from 'node:child_process';
import { createHmac, createPrivateKey, createPublicKey, type JsonWebKey, sign } from 'node:crypto';
import { rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SecretKey } from '../../shared/config/settings.ts';
import { createAssertions } from '../../shared/identity/assertion.ts';
import type { Session } from '../../shared/session/session.ts';
import { freshKeys } from '../../tools/keys.ts';
import { pythonWith } from '../support/apps.ts';
import { startOrigin, type TestOrigin } from '../support/origin.ts';
import { type RunningVerifier, snippetsOf, verifiers } from '../support/verifiers.ts';

const now = Date.now();
const ada: Session = {
  sessionId: 'family-1',
  subject: 'ada',
  claims: { role: 'admin' },
  shownData: {},
  acr: null,
  amr: [],
  createdAt: now,
  authenticatedAt: now,
  lastSeenAt: now,
  idleEndsAt: now + 600_000,
  endsAt: now + 600_000,
  version: 1,
};

const madeKeys = async (kid?: string): Promise<SecretKey[]> =>
  (await freshKeys()).keys
    .filter(({ purpose }) => purpose === 'assertion')
    .map((jwk) => ({ kid: kid ?? jwk.kid, alg: 'ES256', jwk }) as unknown as SecretKey);
const assertionBy = async (keys: SecretKey[], issuer: string, { pool = 'app', at = now } = {}): Promise<string> =>
  (await createAssertions(keys, issuer).assertionFor(ada, pool, at)) as string;

const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const decoded = (part: string): Record<string, unknown> => JSON.parse(Buffer.from(part, 'base64url').toString());
const partsOf = (jwt: string) => jwt.split('.') as [header: string, payload: string, signature: string];

/** Everything that looks like an assertion of `issuer` for the pool `app` and is none. */
async function forgeries(keys: SecretKey[], issuer: string): Promise<[what: string, assertion: string][]> {
  const good = await assertionBy(keys, issuer);
  const [header, payload, signature] = partsOf(good);
  const { kid, jwk } = keys[0] as SecretKey;
  const claims = decoded(payload);
  const publicKey = createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' });
  const pem = publicKey.export({ type: 'spki', format: 'pem' });
  const resigned = (
    change: Record<string, unknown>,
    key = createPrivateKey({ key: jwk as JsonWebKey, format: 'jwk' }),
  ) => {
    const text = `${header}.${encoded({ ...claims, ...change })}`;
    return `${text}.${sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
  };
  const macWith = (secret: string | Buffer) => {
    const text = `${encoded({ alg: 'HS256', typ: 'JWT', kid })}.${payload}`;
    return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
  };
  const ofNobody = encoded({ alg: 'none', typ: 'JWT', kid });
  return [
    ['for another pool', await assertionBy(keys, issuer, { pool: 'canary' })],
    ['of another gateway', await assertionBy(keys, 'https://other.example')],
    ['of yesterday', await assertionBy(keys, issuer, { at: now - 86_400_000 })],
    ['that ran out a minute ago', await assertionBy(keys, issuer, { at: now - 180_000 })],
    ['that never runs out', resigned({ exp: undefined })],
    ['that runs out in words', resigned({ exp: 'never' })],
    ['of nobody', resigned({ sub: undefined })],
    ['of an unknown key', await assertionBy(await madeKeys('unknown'), issuer)],
    ['of another key under the same name', await assertionBy(await madeKeys(kid), issuer)],
    ['without a name of a key', `${encoded({ alg: 'ES256', typ: 'JWT' })}.${payload}.${signature}`],
    ['of no algorithm', `${ofNobody}.${payload}.`],
    ['of no algorithm with a signature', `${ofNobody}.${payload}.${signature}`],
    ['of no algorithm in capitals', `${encoded({ alg: 'NONE', typ: 'JWT', kid })}.${payload}.`],
    ['under the public key as a shared secret', macWith(pem)],
    ['under the public key’s point as a shared secret', macWith(Buffer.from(`${jwk.x}${jwk.y}`, 'base64url'))],
    ['with another subject', `${header}.${encoded({ ...claims, sub: 'eve' })}.${signature}`],
    ['with another signature', `${header}.${payload}.${Buffer.alloc(64, 7).toString('base64url')}`],
    ['with a signature of zeros', `${header}.${payload}.${Buffer.alloc(64).toString('base64url')}`],
    ['with half a signature', `${header}.${payload}.${signature.slice(0, 43)}`],
    ['without a signature', `${header}.${payload}.`],
    ['in two parts', `${header}.${payload}`],
    ['in four parts', `${good}.${signature}`],
    ['that is no JSON', `${header}.bm9uc2Vuc2U.${signature}`],
    ['that is nonsense', 'nonsense'],
    ['that is dots', '..'],
  ];
}

for (const { name, missing } of verifiers) if (missing) console.warn(`${name} cannot run here without ${missing}.`);

describe.each(verifiers.map((verifier) => ({ ...verifier })))('with $name', ({ missing, start }) => {
  let gateway: TestOrigin;
  let app: RunningVerifier;
  let keys: SecretKey[];
  const publish = (published: SecretKey[]): void => {
    const jwks = JSON.stringify(createAssertions(published, gateway.url).publicJwks());
    gateway.on('/.session/jwks.json', (_, response) => response.end(jwks));
  };
  const ask = async (assertion?: string): Promise<unknown> => {
    const reply = await fetch(app.url, assertion === undefined ? {} : { headers: { 'session-assertion': assertion } });
    return reply.status === 200 ? ((await reply.json()) as { sub: unknown }).sub : reply.status;
  };

  beforeAll(async () => {
    if (missing) return;
    gateway = await startOrigin('gateway', '');
    keys = await madeKeys();
    publish(keys);
    app = await start(gateway.url);
  });
  afterAll(async () => {
    await app?.kill();
    await gateway?.close();
    if (app) rmSync(app.folder, { recursive: true });
  });

  it.skipIf(missing)('whoever is signed in is known by name', async () => {
    expect(await ask(await assertionBy(keys, gateway.url))).toBe('ada');
  });

  it.skipIf(missing)('without an assertion the request is a stranger’s', async () => {
    expect(await ask()).toBeNull();
  });

  it.skipIf(missing)('nothing is taken for an assertion that is none', async () => {
    const answers: [string, unknown][] = [];
    for (const [what, assertion] of await forgeries(keys, gateway.url)) answers.push([what, await ask(assertion)]);
    expect(answers).toEqual(answers.map(([what]) => [what, 401]));
    expect(await ask(await assertionBy(keys, gateway.url))).toBe('ada');
  });

  it.skipIf(missing)('the keys are asked for once, however many requests come', async () => {
    const asked = gateway.seen.length;
    for (let i = 0; i < 5; i++) expect(await ask(await assertionBy(keys, gateway.url))).toBe('ada');
    expect(gateway.seen.length).toBe(asked);
  });

  it.skipIf(missing)('strangers who make up names of keys make it ask once and not each time', async () => {
    await app.letTimePass();
    const asked = gateway.seen.length;
    const madeUp = await Promise.all(
      Array.from({ length: 8 }, async (_, i) => assertionBy(await madeKeys(`x-${i}`), gateway.url)),
    );
    for (const assertion of madeUp) expect(await ask(assertion)).toBe(401);
    expect(gateway.seen.length - asked).toBe(1);
  });

  it.skipIf(missing)('a new key is followed, and the old one goes on being good', async () => {
    const fresh = await madeKeys('next');
    publish([...fresh, ...keys]);
    await app.letTimePass();
    expect(await ask(await assertionBy(fresh, gateway.url))).toBe('ada');
    expect(await ask(await assertionBy(keys, gateway.url))).toBe('ada');
  });

  it.skipIf(missing)('the keys it has are good while the gateway cannot be asked', async () => {
    await app.letTimePass();
    gateway.on('/.session/jwks.json', (_, response) => void response.writeHead(503).end('busy'));
    expect(await ask(await assertionBy(await madeKeys('unheard-of'), gateway.url))).toBe(401);
    expect(await ask(await assertionBy(keys, gateway.url))).toBe('ada');
  });
});

/** Where nobody can run them, at least what they say: all of it, so that no word is changed without a second thought. */
describe('configuration', () => {
  const python = pythonWith('yaml');
  if (!python) console.warn('The form of what Spring and Envoy are told cannot be checked without python3-yaml.');
  const said = (heading: string): unknown => {
    const [yaml = ''] = snippetsOf(heading, 'yaml');
    const program = 'import json, sys, yaml; print(json.dumps(yaml.safe_load(sys.stdin)))';
    return JSON.parse(spawnSync(python ?? '', ['-c', program], { input: yaml, encoding: 'utf8' }).stdout);
  };

  it.skipIf(!python)('Spring checks algorithm, issuer and audience, with the keys of the gateway', () => {
    expect(said('Spring')).toEqual({
      'spring.security.oauth2.resourceserver.jwt': {
        'issuer-uri': 'https://www.example.com',
        'jwk-set-uri': 'https://www.example.com/.session/jwks.json',
        audiences: 'app',
        'jws-algorithms': 'ES256',
      },
    });
  });

  it.skipIf(!python)('Envoy lets nobody through to what is protected, and no forgery to the rest', () => {
    const provider = { provider_name: 'berth' };
    expect(said('Envoy')).toEqual({
      http_filters: [
        {
          name: 'envoy.filters.http.jwt_authn',
          typed_config: {
            '@type': 'type.googleapis.com/envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication',
            providers: {
              berth: {
                issuer: 'https://www.example.com',
                audiences: ['app'],
                require_expiration: true,
                from_headers: [{ name: 'Session-Assertion' }],
                forward: true,
                remote_jwks: {
                  http_uri: { uri: 'https://www.example.com/.session/jwks.json', cluster: 'berth', timeout: '5s' },
                  cache_duration: '300s',
                },
              },
            },
            rules: [
              { match: { prefix: '/account' }, requires: provider },
              {
                match: { prefix: '/' },
                requires: { requires_any: { requirements: [provider, { allow_missing: {} }] } },
              },
            ],
          },
        },
      ],
    });
  });
});
