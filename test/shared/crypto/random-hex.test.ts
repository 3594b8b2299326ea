import { expect, it } from 'vitest';
import { randomHex } from '../../../shared/crypto/random-hex.ts';

it('two digits a byte, and none of them come twice', () => {
  const drawn = Array.from({ length: 3_000 }, () => randomHex(8));
  for (const text of drawn) expect(text).toMatch(/^[0-9a-f]{16}$/);
  expect(new Set(drawn).size).toBe(drawn.length);
});

it('as many at once as anybody asks for', () => {
  expect(randomHex(5_000)).toMatch(/^[0-9a-f]{10000}$/);
});

it('every digit at every place', () => {
  const drawn = Array.from({ length: 1_000 }, () => randomHex(4));
  for (let place = 0; place < 8; place++) expect(new Set(drawn.map((text) => text[place])).size).toBe(16);
});
