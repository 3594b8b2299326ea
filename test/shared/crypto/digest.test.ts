import { expect, it } from 'vitest';
import { hex } from '../../../shared/crypto/bytes.ts';
import { sameSecret, sha256, sha256Base64url } from '../../../shared/crypto/digest.ts';

it('a digest is SHA-256, of text as of bytes', async () => {
  // FIPS 180-2, appendix B.1.
  const abc = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
  expect(hex(await sha256('abc'))).toBe(abc);
  expect(hex(await sha256(new Uint8Array([97, 98, 99])))).toBe(abc);
  expect(await sha256Base64url('abc')).toBe(Buffer.from(abc, 'hex').toString('base64url'));
});

it('two secrets are the same when they are, and not when one is only the beginning of the other', async () => {
  expect(await sameSecret('secret', 'secret')).toBe(true);
  for (const other of ['Secret', 'secre', 'secrets', '', 'secret ']) {
    expect(await sameSecret('secret', other)).toBe(false);
  }
});
