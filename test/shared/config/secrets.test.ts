import { describe, expect, test } from 'vitest';
import { readSecrets } from '../../../shared/config/secrets.ts';
import { complaints, configured, problemsOf, sessionKeys, settingsOf } from './examples.ts';

type Jwk = Record<string, unknown>;
const [session, seal, assertion] = (JSON.parse(sessionKeys) as { keys: [Jwk, Jwk, Jwk] }).keys;
const asText = (...keys: readonly unknown[]) => JSON.stringify({ keys });
const about = (SESSION_KEYS: string | undefined) => complaints(configured({}), { SESSION_KEYS });
const aboutTokens = (GATEWAY_TOKENS: string) =>
  complaints(configured({}), { SESSION_KEYS: sessionKeys, GATEWAY_TOKENS });

describe('SESSION_KEYS', () => {
  test('sorts keys by purpose and keeps their order', () => {
    const older = { ...session, kid: 'older' };
    const { secrets } = settingsOf(configured({}), { SESSION_KEYS: asText(seal, session, assertion, older) });
    expect(secrets.session.map(({ kid }) => kid)).toEqual([session.kid, 'older']);
    expect(secrets.seal.map(({ alg }) => alg)).toEqual(['A256GCM']);
    expect(secrets.assertion[0]?.jwk).toMatchObject({ kty: 'EC', crv: 'P-256', alg: 'ES256', d: assertion.d });
  });

  test('may be laid out over several lines', () => {
    expect(about(JSON.stringify(JSON.parse(sessionKeys), null, 2))).toEqual([]);
  });

  test.each([
    [undefined, 'is a secret that is undefined'],
    ['', 'is a secret that is undefined'],
    ['{"keys":', 'is not JSON'],
    ['[]', 'is not a JWK Set: { "keys": [ … ] }'],
    ['{"keys":[],"keys":[]}', 'names a member of an object twice'],
    ['{"keys":[]}', 'has no key for session, seal and assertion'],
    [asText(session, seal), 'has no key for assertion'],
    [asText(...Array(9).fill(session)), 'has 9 keys, and 8 is the most'],
  ])('as %j is refused', (text, message) => {
    expect(about(text)).toEqual([`SESSION_KEYS ${message}`]);
  });

  test.each<[Jwk | string, string]>([
    [{ ...session, kid: undefined }, 'kid is not a name of 1 to 64 plain characters'],
    [{ ...session, kid: seal.kid }, 'kid is the kid of an earlier key too'],
    [{ ...session, purpose: 'everything' }, 'purpose is not a purpose'],
    [{ ...session, purpose: 'toString' }, 'purpose is not a purpose'],
    [{ ...session, alg: 'HS512' }, 'alg does not go with session'],
    [{ ...session, alg: 'none' }, 'alg does not go with session'],
    [{ ...session, alg: 'A256GCM' }, 'alg does not go with session'],
    [{ ...session, k: 'c2hvcnQ' }, 'k is not base64url of 32 bytes or more'],
    [{ ...session, k: `${session.k}=` }, 'k is not base64url of 32 bytes or more'],
    [{ ...seal, kid: 'other', k: 'A'.repeat(64) }, 'k is not base64url of exactly 32 bytes'],
    [{ ...assertion, d: undefined }, 'd is missing: the private half is needed'],
    [{ ...assertion, crv: 'P-384' }, "crv is not 'P-256'"],
    [{ ...assertion, kty: 'oct' }, 'kty does not go with assertion'],
    ['key', ' is not a JWK'],
  ])('with %j in it is refused', (jwk, message) => {
    const dot = message.startsWith(' ') ? '' : '.';
    const text = asText(seal, jwk, { ...session, kid: 'good-session' }, { ...assertion, kid: 'good-assertion' });
    expect(about(text)).toEqual([`SESSION_KEYS[1]${dot}${message}`]);
  });

  test('is never repeated, whatever is wrong with it', () => {
    const material = 'bm90LWxvbmctZW5vdWdo';
    const texts = [
      material,
      `{"keys":"${material}"}`,
      asText(
        { ...session, k: material },
        material,
        { ...seal, alg: material },
        { kid: `${material} `, purpose: material },
      ),
    ];
    for (const SESSION_KEYS of texts) {
      expect(JSON.stringify(problemsOf(configured({}), { SESSION_KEYS }))).not.toContain(material);
    }
    const strayed = configured({ publicOrigins: [sessionKeys] });
    expect(JSON.stringify(problemsOf(strayed, { SESSION_KEYS: sessionKeys }))).not.toMatch(/kty|kid/);
  });

  test('makes keys that the platform can use', async () => {
    const { secrets } = readSecrets({ SESSION_KEYS: sessionKeys });
    const use = (jwk: JsonWebKey | undefined, algorithm: object | string, usage: KeyUsage) =>
      crypto.subtle.importKey('jwk', jwk as JsonWebKey, algorithm as never, false, [usage]);
    await use(secrets.session[0]?.jwk, { name: 'HMAC', hash: 'SHA-256' }, 'sign');
    await use(secrets.seal[0]?.jwk, 'AES-GCM', 'encrypt');
    await use(secrets.assertion[0]?.jwk, { name: 'ECDSA', namedCurve: 'P-256' }, 'sign');
  });
});

describe('GATEWAY_TOKENS', () => {
  const token = { id: 'billing', sha256: 'ab'.repeat(32), scopes: ['sessions:read', 'explain'] };

  test('may be left out, be empty, and name one id twice', () => {
    expect(settingsOf(configured({})).secrets.serviceTokens).toEqual([]);
    expect(aboutTokens('')).toEqual([]);
    expect(aboutTokens('[]')).toEqual([]);
    expect(aboutTokens(JSON.stringify([token, token]))).toEqual([]);
    const env = { SESSION_KEYS: sessionKeys, GATEWAY_TOKENS: JSON.stringify([token]) };
    expect(settingsOf(configured({}), env).secrets.serviceTokens).toEqual([token]);
  });

  test.each([
    ['{', ' is not JSON'],
    ['{}', ' is not a list'],
    ['[7]', '[0] is not an object'],
    [`[{"id":"a","id":"b","sha256":"${token.sha256}","scopes":["explain"]}]`, ' names a member of an object twice'],
    [JSON.stringify([{ ...token, token: 'plain' }]), '[0].token is not a member of a service token'],
    [JSON.stringify([{ ...token, id: '' }]), '[0].id is not a name of 1 to 64 plain characters'],
    [JSON.stringify([{ ...token, sha256: 'AB'.repeat(32) }]), '[0].sha256 is not 64 lower-case hex digits'],
    [JSON.stringify(Array(101).fill(token)), ' has more than 100 entries'],
  ])('as %j is refused', (text, message) => {
    expect(aboutTokens(text)).toEqual([`GATEWAY_TOKENS${message}`]);
  });

  test('has scopes that exist', () => {
    for (const scopes of [[], ['everything'], 'explain', undefined]) {
      expect(aboutTokens(JSON.stringify([{ ...token, scopes }]))[0]).toMatch(
        /^GATEWAY_TOKENS\[0\]\.scopes is not a list/,
      );
    }
  });
});
