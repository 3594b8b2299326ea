import { expect, it } from 'vitest';
import {
  base64url,
  concat,
  equalInConstantTime,
  fromBase64url,
  fromUtf8,
  hex,
  randomBytes,
  utf8,
} from '../../../shared/crypto/bytes.ts';

// RFC 4648, section 10, without padding.
it.each([
  ['', ''],
  ['f', 'Zg'],
  ['fo', 'Zm8'],
  ['foo', 'Zm9v'],
  ['foobar', 'Zm9vYmFy'],
])('%j is %j in base64url', (text, encoded) => {
  expect(base64url(utf8(text))).toBe(encoded);
  expect(fromUtf8(fromBase64url(encoded) as Uint8Array)).toBe(text);
});

it('every byte survives', () => {
  const all = new Uint8Array(256).map((_, i) => i);
  expect(base64url(all)).toBe(Buffer.from(all).toString('base64url'));
  expect(fromBase64url(base64url(all))).toEqual(all);
});

it.each(['Zg=', 'Zg==', 'Zh', 'Zm9', 'Z', 'Zm9vA', 'Zm 9v', 'Zm9v\n', 'Zm+v', 'Zm/v', 'Zmé'])(
  '%j is not the one spelling of anything',
  (text) => {
    expect(fromBase64url(text)).toBeNull();
  },
);

it('what is not UTF-8 is nothing, and a mark at the front stays', () => {
  expect(fromUtf8(new Uint8Array([0xc0, 0x80]))).toBeNull();
  expect(fromUtf8(new Uint8Array([0xed, 0xa0, 0x80]))).toBeNull();
  expect(fromUtf8(new Uint8Array([0xef, 0xbb, 0xbf, 0x61]))).toBe('\ufeffa');
});

it('bytes are equal when every one of them is', () => {
  const one = new Uint8Array([1, 2, 3]);
  expect(equalInConstantTime(one, new Uint8Array([1, 2, 3]))).toBe(true);
  for (const other of [[0, 2, 3], [1, 2, 4], [1, 2], [1, 2, 3, 0], []]) {
    expect(equalInConstantTime(one, new Uint8Array(other))).toBe(false);
  }
});

it('hex has two digits per byte, and parts are joined in order', () => {
  expect(hex(concat(new Uint8Array([0, 15]), new Uint8Array(), new Uint8Array([255])))).toBe('000fff');
});

it('random bytes are as many as asked for and never the same', () => {
  expect(randomBytes(32)).toHaveLength(32);
  expect(base64url(randomBytes(32))).not.toBe(base64url(randomBytes(32)));
});
