import { createHmac } from 'node:crypto';
import { compactVerify, importJWK } from 'jose';
import { describe, expect, it } from 'vitest';
import type { SecretKey } from '../../../../shared/config/settings.ts';
import { createMacRing } from '../../../../shared/crypto/key-ring.ts';
import { createTokenCodec } from '../../../../shared/session/token/codec.ts';
import { hs256OfRfc7515, hs256OfRfc7520, unsigned, type Vector } from '../../../support/jose-vectors.ts';
import { beginningOf, issuer, sessionKey, tokenStrategy } from '../../../support/session-parts.ts';

const keyOf = ({ jwk }: Vector): SecretKey => ({
  kid: jwk.kid ?? 'rfc',
  alg: 'HS256',
  jwk: { kty: 'oct', k: jwk.k as string },
});
const codecWith = (...keys: SecretKey[]) => createTokenCodec(createMacRing(keys), [issuer]);
const now = Date.UTC(2026, 0, 1, 12);

async function genuine(key: SecretKey): Promise<string> {
  const begun = await tokenStrategy(null, { session: [key], seal: [] }).begin(beginningOf(now));
  if (begun.kind !== 'begun') throw new Error(begun.kind);
  return begun.value;
}

describe.each([hs256OfRfc7515, hs256OfRfc7520])('$name', (vector) => {
  it('has a good signature and is no session, even under its own key', async () => {
    await compactVerify(vector.jws, await importJWK(vector.jwk, 'HS256'));
    expect(await codecWith(keyOf(vector)).read(vector.jws)).toBeNull();
  });

  it('has a key that makes good sessions', async () => {
    const value = await genuine(keyOf(vector));
    expect((await codecWith(keyOf(vector)).read(value))?.token.sub).toBe('ada');
  });

  it('has a header that makes no session of our claims', async () => {
    const key = keyOf(vector);
    const text = `${vector.jws.split('.')[0]}.${(await genuine(key)).split('.')[1]}`;
    const mac = createHmac('sha256', Buffer.from(vector.jwk.k as string, 'base64url'))
      .update(text)
      .digest('base64url');
    await compactVerify(`${text}.${mac}`, await importJWK(vector.jwk, 'HS256'));
    expect(await codecWith(key).read(`${text}.${mac}`)).toBeNull();
  });
});

it.each(unsigned)('%s is no session', async (_, jws) => {
  expect(await codecWith(keyOf(hs256OfRfc7515)).read(jws)).toBeNull();
});

it('no single changed bit of a token is overlooked', async () => {
  const key = sessionKey();
  const codec = codecWith(key);
  const value = await genuine(key);
  const [head = '', payload = '', mac = ''] = value.split('.');
  const flippedIn = (part: string): string[] => {
    const bytes = Buffer.from(part, 'base64url');
    return Array.from({ length: bytes.length * 8 }, (_, bit) => {
      const other = Buffer.from(bytes);
      other[bit >> 3] = (other[bit >> 3] as number) ^ (1 << (bit & 7));
      return other.toString('base64url');
    });
  };
  const changed = [
    ...flippedIn(mac).map((other) => `${head}.${payload}.${other}`),
    ...flippedIn(payload).map((other) => `${head}.${other}.${mac}`),
    ...flippedIn(head).map((other) => `${other}.${payload}.${mac}`),
  ];
  expect(await codec.read(value)).not.toBeNull();
  const taken = await Promise.all(changed.map(async (other) => (await codec.read(other)) !== null));
  expect(taken.filter(Boolean)).toEqual([]);
});
