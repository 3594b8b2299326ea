import { createHmac } from 'node:crypto';
import { base64url as b64, CompactSign, exportSPKI, generateKeyPair, importJWK, SignJWT } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { createMacRing } from '../../../../shared/crypto/key-ring.ts';
import { createTokenCodec } from '../../../../shared/session/token/codec.ts';
import { createClock } from '../../../support/clock.ts';
import { beginningOf, issuer, sealKey, sessionKey, someClient, tokenStrategy } from '../../../support/session-parts.ts';

const key = sessionKey('session-1');
const older = sessionKey('session-0');
const keys = { session: [key, older], seal: [sealKey()] };
const strategy = tokenStrategy(null, keys);
const clock = createClock();
const raw = Buffer.from(key.jwk.k as string, 'base64url');
const header = { alg: 'HS256', typ: 'session+jwt', kid: 'session-1' };
type Members = Record<string, unknown>;

let genuine: string;
let claims: Members;
beforeAll(async () => {
  const begun = await strategy.begin(beginningOf(clock.now()));
  if (begun.kind !== 'begun') throw new Error(begun.kind);
  genuine = begun.value;
  claims = JSON.parse(Buffer.from(genuine.split('.')[1] as string, 'base64url').toString());
});

const encode = (value: unknown): string => b64.encode(typeof value === 'string' ? value : JSON.stringify(value));
/** Signed with the real key, by hand, so that nothing is mended on the way. */
const signed = (head: unknown, payload: unknown, secret: Buffer = raw): string => {
  const text = `${encode(head)}.${encode(payload)}`;
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
};
const look = (value: string) =>
  strategy.authenticate(value, {
    now: clock.now(),
    freshnessMs: 0,
    touch: false,
    safeMethod: true,
    client: () => someClient,
  });
const invalid = { kind: 'rejected', reason: 'invalid', replaced: false };

it('a token that is signed again without a change passes: the tests below refuse for what they name', async () => {
  expect(signed(header, claims)).toBe(genuine);
  expect((await look(signed(header, claims))).kind).toBe('active');
  expect((await look(signed({ ...header, kid: 'session-0' }, claims, rawOf(older)))).kind).toBe('active');
});

const rawOf = ({ jwk }: { jwk: JsonWebKey }): Buffer => Buffer.from(jwk.k as string, 'base64url');

describe('the header', () => {
  it.each<[string, Members]>([
    ['no algorithm', { ...header, alg: 'none' }],
    ['another algorithm', { ...header, alg: 'HS512' }],
    ['an asymmetric algorithm', { ...header, alg: 'RS256' }],
    ['the algorithm left out', { typ: 'session+jwt', kid: 'session-1' }],
    ['the algorithm in other letters', { ...header, alg: 'hs256' }],
    ['another type', { ...header, typ: 'JWT' }],
    ['the type of a command', { ...header, typ: 'session-command+jwt' }],
    ['no type', { alg: 'HS256', kid: 'session-1' }],
    ['a key nobody knows', { ...header, kid: 'session-9' }],
    ['a key of another purpose', { ...header, kid: 'seal-1' }],
    ['no key', { alg: 'HS256', typ: 'session+jwt' }],
    ['a path as the key', { ...header, kid: '../../dev/null' }],
    ['a critical extension', { ...header, crit: ['b64'], b64: true }],
    ['a critical extension nobody knows', { ...header, crit: ['exp'] }],
    ['a place to fetch the key from', { ...header, jku: 'https://evil.example/jwks.json' }],
    ['a certificate to fetch', { ...header, x5u: 'https://evil.example/cert' }],
    ['a key of its own', { ...header, jwk: { kty: 'oct', k: raw.toString('base64url') } }],
  ])('with %s is refused though the signature is good', async (_, head) => {
    expect(await look(signed(head, claims))).toEqual(invalid);
  });

  it('with a member named twice is refused', async () => {
    expect(await look(signed('{"alg":"none","alg":"HS256","typ":"session+jwt","kid":"session-1"}', claims))).toEqual(
      invalid,
    );
  });

  it('in another order is refused', async () => {
    expect(await look(signed({ kid: 'session-1', alg: 'HS256', typ: 'session+jwt' }, claims))).toEqual(invalid);
  });
});

describe('the signature', () => {
  it('may not be missing', async () => {
    const [head, payload] = genuine.split('.');
    for (const value of [`${head}.${payload}.`, `${head}.${payload}`, `${encode({ alg: 'none' })}.${payload}.`]) {
      expect(await look(value)).toEqual(invalid);
    }
  });

  it('has one spelling: no other trailing bits, no padding, no white space', async () => {
    const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const last = letters.indexOf(genuine.at(-1) as string);
    for (const bits of [1, 2, 3]) {
      const other = letters[(last & ~3) | ((last + bits) & 3)] as string;
      expect(Buffer.from(genuine.slice(0, -1) + other, 'base64url').length).toBeGreaterThan(0);
      expect(await look(genuine.slice(0, -1) + other)).toEqual(invalid);
    }
    for (const tail of ['=', '==', '\n', ' ', '\t', '.']) expect(await look(genuine + tail)).toEqual(invalid);
    expect(await look(genuine.replace('.', '\n.'))).toEqual(invalid);
  });

  it('made with a public key as if it were a secret is worth nothing', async () => {
    const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
    const pem = Buffer.from(await exportSPKI(publicKey));
    expect(await look(signed(header, claims, pem))).toEqual(invalid);
    const asymmetric = await new SignJWT(claims).setProtectedHeader({ ...header, alg: 'ES256' }).sign(privateKey);
    expect(await look(asymmetric)).toEqual(invalid);
  });

  it('made with a key for another purpose is worth nothing, under its own name and under ours', async () => {
    const seal = rawOf(keys.seal[0] as { jwk: JsonWebKey });
    expect(await look(signed(header, claims, seal))).toEqual(invalid);
    expect(await look(signed({ ...header, kid: 'seal-1' }, claims, seal))).toEqual(invalid);
  });
});

describe('the claims', () => {
  const seconds = clock.now() / 1000;
  it.each<[string, Members]>([
    ['no exp', { exp: undefined }],
    ['an exp in milliseconds', { exp: clock.now() }],
    ['an exp that is text', { exp: String(seconds + 60) }],
    ['an exp with a fraction', { exp: seconds + 60.5 }],
    ['an exp after the absolute end', { exp: seconds + 13 * 3600 }],
    ['an exp before it was issued', { exp: seconds - 10 }],
    ['no iat', { iat: undefined }],
    ['an iat in the future', { iat: seconds + 120, exp: seconds + 180 }],
    ['an iat long before it was created', { iat: seconds - 122 }],
    ['a negative time', { auth_time: -1 }],
    ['a time before which it is not good', { nbf: seconds + 61 }],
    ['a time before which it is not good, in milliseconds', { nbf: clock.now() }],
    ['a time before which it is not good that is text', { nbf: String(seconds) }],
    ['an authentication in the future', { auth_time: seconds + 61 }],
    ['an end that no configuration allows', { end: seconds + 401 * 86_400 }],
    ['no absolute end', { end: undefined }],
    ['another issuer', { iss: 'https://evil.example' }],
    ['no issuer', { iss: undefined }],
    ['another audience', { aud: 'app' }],
    ['an audience that is a list', { aud: [issuer] }],
    ['no subject', { sub: undefined }],
    ['an empty subject', { sub: '' }],
    ['a subject that is an object', { sub: {} }],
    ['an id that is none', { sid: 'x' }],
    ['claims that are a list', { claims: [] }],
    ['no data', { data: undefined }],
  ])('with %s are refused though the signature is good', async (_, change) => {
    expect(await look(signed(header, JSON.parse(JSON.stringify({ ...claims, ...change }))))).toEqual(invalid);
  });

  it('with a member named twice are refused', async () => {
    const text = JSON.stringify(claims);
    expect(await look(signed(header, `${text.slice(0, -1)},"sub":"root"}`))).toEqual(invalid);
    expect(await look(signed(header, `{"sub":"root",${text.slice(1)}`))).toEqual(invalid);
  });

  it('that are no JSON object, or no UTF-8, are refused', async () => {
    for (const payload of ['null', '[]', '"text"', 'nonsense-nonsense-nonsense', ' {}']) {
      expect(await look(signed(header, payload.padEnd(20)))).toEqual(invalid);
    }
    const bytes = await new CompactSign(new Uint8Array(32).fill(0xff))
      .setProtectedHeader(header)
      .sign(await importJWK(key.jwk as Parameters<typeof importJWK>[0], 'HS256'));
    expect(await look(bytes)).toEqual(invalid);
  });

  it('not good before a moment that has come, or nearly, are fine', async () => {
    for (const nbf of [seconds - 3600, seconds, seconds + 60]) {
      expect((await look(signed(header, { ...claims, nbf, auth_time: seconds + 60 }))).kind).toBe('active');
    }
  });

  it('with an end beyond the absolute lifetime, from when that was longer, end by the one of today', async () => {
    const longer = { ...claims, iat: seconds - 11 * 3600, cre: seconds - 11 * 3600, end: seconds + 24 * 3600 };
    const value = signed(header, { ...longer, iat: seconds });
    expect(await look(value)).toMatchObject({ kind: 'active', session: { endsAt: (seconds + 3600) * 1000 } });
    const over = { ...longer, cre: seconds - 12 * 3600, iat: seconds };
    expect(await look(signed(header, over))).toMatchObject({ kind: 'rejected', reason: 'expired' });
  });

  it('issued a little ahead of our clock are fine: clocks differ', async () => {
    const ahead = { ...claims, iat: seconds + 59, exp: seconds + 59 + 1800 };
    expect((await look(signed(header, ahead))).kind).toBe('active');
  });
});

it('an assertion for origins is not a session', async () => {
  const { privateKey } = await generateKeyPair('ES256');
  const assertion = await new SignJWT({ ...claims })
    .setProtectedHeader({ alg: 'ES256', typ: 'JWT', kid: 'assertion-1' })
    .sign(privateKey);
  expect(await look(assertion)).toEqual(invalid);
});

it('a token over the bound is not even looked at, and none is written', async () => {
  const codec = createTokenCodec(createMacRing(keys.session), [issuer]);
  const big = { ...claims, data: { all: 'x'.repeat(3000) } };
  expect(await codec.read(signed(header, big))).toBeNull();
  expect(await codec.write(big as unknown as Parameters<typeof codec.write>[0])).toBeNull();
});
