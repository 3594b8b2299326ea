import { CompactSign, compactVerify, importJWK } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Proof } from '../../../shared/identity/command-proof.ts';
import { createJwsProof } from '../../../shared/identity/jws-proof.ts';
import {
  es256OfRfc7515,
  es512OfRfc7515,
  hs256OfRfc7515,
  hs256OfRfc7520,
  unsigned,
  type Vector,
} from '../../support/jose-vectors.ts';

const audience = 'https://shop.example';
const now = Date.UTC(2026, 0, 1, 12);
const requestId = 'request-1';
const claims = {
  iss: 'https://origin.example',
  aud: audience,
  iat: now / 1000,
  exp: now / 1000 + 60,
  req: requestId,
  end: 'all',
};

const publicPart = ({ jwk }: Vector) => Object.fromEntries(Object.entries(jwk).filter(([name]) => name !== 'd'));
const prove = (jws: string, vector: Vector, id = requestId): Promise<Proof> =>
  createJwsProof([publicPart(vector)], [audience])('end', jws, {
    headers: new Headers(),
    requestId: id,
    now,
  });

describe.each([es256OfRfc7515, es512OfRfc7515, hs256OfRfc7515, hs256OfRfc7520])('$name', (vector) => {
  it('has a good signature and is no command, even under its own key', async () => {
    await compactVerify(vector.jws, await importJWK(publicPart(vector), vector.alg));
    expect(await prove(vector.jws, vector)).toMatchObject({ kind: 'unproven' });
  });
});

it.each(unsigned)('%s is no command', async (_, jws) => {
  expect(await prove(jws, es256OfRfc7515)).toMatchObject({ kind: 'unproven' });
});

describe('a command under the key of RFC 7515, A.3', () => {
  let good: string;
  let parts: string[];
  beforeAll(async () => {
    good = await new CompactSign(new TextEncoder().encode(JSON.stringify(claims)))
      .setProtectedHeader({ alg: 'ES256', typ: 'session-command+jwt' })
      .sign(await importJWK(es256OfRfc7515.jwk, 'ES256'));
    parts = good.split('.');
  });
  const withSignature = (bytes: Uint8Array): string =>
    `${parts[0]}.${parts[1]}.${Buffer.from(bytes).toString('base64url')}`;
  const signature = (): Buffer => Buffer.from(parts[2] as string, 'base64url');

  it('is believed', async () => {
    expect(await prove(good, es256OfRfc7515)).toEqual({ kind: 'authentic', content: 'all' });
  });

  it('is not believed with any bit of its signature changed', async () => {
    const flipped = Array.from({ length: signature().length * 8 }, (_, bit) => {
      const other = signature();
      other[bit >> 3] = (other[bit >> 3] as number) ^ (1 << (bit & 7));
      return withSignature(other);
    });
    const proofs = await Promise.all(flipped.map((jws) => prove(jws, es256OfRfc7515)));
    expect(proofs.filter(({ kind }) => kind !== 'unproven')).toEqual([]);
  });

  const zero = Buffer.alloc(32);
  it.each<[string, (whole: Buffer) => Buffer]>([
    ['of zeroes (CVE-2022-21449)', () => Buffer.alloc(64)],
    ['with r of zero', (whole) => Buffer.concat([zero, whole.subarray(32)])],
    ['with s of zero', (whole) => Buffer.concat([whole.subarray(0, 32), zero])],
    ['cut short', (whole) => whole.subarray(0, 63)],
    ['with a byte more', (whole) => Buffer.concat([whole, Buffer.alloc(1)])],
    ['with its halves exchanged', (whole) => Buffer.concat([whole.subarray(32), whole.subarray(0, 32)])],
    ['in DER', (whole) => Buffer.concat([Buffer.from('304402200220', 'hex'), whole])],
  ])('is not believed with a signature %s', async (_, spoil) => {
    expect(await prove(withSignature(spoil(signature())), es256OfRfc7515)).toMatchObject({ kind: 'unproven' });
  });

  // Of each ECDSA signature (r, s) the twin (r, n - s) is good too. So nothing may be known by a signature's text: a command
  // is bound to its request, and its twin says the same thing to the same request.
  it('says the same with its signature mirrored, and nothing to another request', async () => {
    const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
    const whole = signature();
    const mirrored = order - BigInt(`0x${whole.subarray(32).toString('hex')}`);
    const twin = withSignature(
      Buffer.concat([whole.subarray(0, 32), Buffer.from(mirrored.toString(16).padStart(64, '0'), 'hex')]),
    );
    expect(twin).not.toBe(good);
    expect(await prove(twin, es256OfRfc7515)).toEqual(await prove(good, es256OfRfc7515));
    expect(await prove(twin, es256OfRfc7515, 'request-2')).toMatchObject({ kind: 'unproven' });
  });

  it.each<[string, object]>([
    ['another algorithm of the same family', { alg: 'ES384', typ: 'session-command+jwt' }],
    ['a symmetric one', { alg: 'HS256', typ: 'session-command+jwt' }],
    ['none', { alg: 'none', typ: 'session-command+jwt' }],
    ['none, in other letters', { alg: 'NONE', typ: 'session-command+jwt' }],
    ['its algorithm in a list', { alg: ['ES256'], typ: 'session-command+jwt' }],
  ])('is not believed when its header names %s', async (_, header) => {
    const head = Buffer.from(JSON.stringify(header)).toString('base64url');
    expect(await prove(`${head}.${parts[1]}.${parts[2]}`, es256OfRfc7515)).toMatchObject({ kind: 'unproven' });
  });

  it.each(['"alg":"none","alg":"ES256"', '"alg":"ES256","alg":"ES256"'])(
    'is not believed when its header says %s',
    async (members) => {
      const head = Buffer.from(`{${members},"typ":"session-command+jwt"}`).toString('base64url');
      const key = await crypto.subtle.importKey(
        'jwk',
        es256OfRfc7515.jwk as JsonWebKey,
        { name: 'ECDSA', namedCurve: 'P-256' },
        false,
        ['sign'],
      );
      const text = new TextEncoder().encode(`${head}.${parts[1]}`);
      const signed = await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, key, text);
      const jws = `${head}.${parts[1]}.${Buffer.from(signed).toString('base64url')}`;
      expect(await prove(jws, es256OfRfc7515)).toMatchObject({ kind: 'unproven' });
    },
  );
});
