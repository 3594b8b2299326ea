import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fraction, hash } from '../../../../shared/routing/placement/hash.ts';
import { clientKeys } from '../../../support/pools.ts';

interface Vectors {
  hashes: { text: string; hash: string }[];
  fractions: { one: string; other: string; fraction: number }[];
}
const vectors = JSON.parse(readFileSync(new URL('./vectors.json', import.meta.url), 'utf8')) as Vectors;

const hexOf = (text: string): string => {
  const { high, low } = hash(text);
  return high.toString(16).padStart(8, '0') + low.toString(16).padStart(8, '0');
};

describe('the hash', () => {
  it.each(vectors.hashes)('of $text is the one every other machine comes to', ({ text, hash: expected }) => {
    expect(hexOf(text)).toBe(expected);
  });

  it.each(vectors.fractions)('of $one with $other is the fraction every other machine comes to', (vector) => {
    expect(fraction(hash(vector.one), hash(vector.other))).toBe(vector.fraction);
  });

  it('flips every bit of its result with probability one half when one bit of the text flips', () => {
    const samples = 4_000;
    const length = 5;
    const worst = [];
    for (let bit = 0; bit < length * 7; bit++) {
      const flips = new Array<number>(64).fill(0);
      for (let sample = 0; sample < samples; sample++) {
        const text = sample.toString(36).padStart(length, '0');
        const at = Math.floor(bit / 7);
        const flipped = String.fromCharCode(text.charCodeAt(at) ^ (1 << (bit % 7)));
        const [a, b] = [hash(text), hash(text.slice(0, at) + flipped + text.slice(at + 1))];
        for (let i = 0; i < 32; i++) {
          flips[i] = (flips[i] as number) + (((a.low ^ b.low) >>> i) & 1);
          flips[32 + i] = (flips[32 + i] as number) + (((a.high ^ b.high) >>> i) & 1);
        }
      }
      worst.push(Math.max(...flips.map((count) => Math.abs(count / samples - 0.5))));
    }
    // Five standard deviations of a fair coin: 2240 of them are thrown here.
    expect(Math.max(...worst)).toBeLessThan(5 * Math.sqrt(0.25 / samples));
  });

  it('tells texts apart that differ only in length or in order', () => {
    const texts = ['', '\0', '\0\0', 'a', 'a\0', 'ab', 'ba', 'abc', 'acb', 'é', 'e\u0301', '\ud800'];
    expect(new Set(texts.map(hexOf)).size).toBe(texts.length);
  });

  it('has no collision among 200,000 families', () => {
    expect(new Set(clientKeys(200_000).map(hexOf)).size).toBe(200_000);
  });
});

describe('the fraction of a pair', () => {
  it('is spread evenly over a hundred bins, whatever the second hash', () => {
    const count = 100_000;
    for (const other of ['eu', 'eu1', 'eu2', 'x'].map(hash)) {
      const bins = new Array<number>(100).fill(0);
      for (const key of clientKeys(count)) {
        const bin = Math.floor(fraction(hash(key), other) * 100);
        bins[bin] = (bins[bin] as number) + 1;
      }
      const chiSquared = bins.reduce((sum, seen) => sum + (seen - count / 100) ** 2 / (count / 100), 0);
      // 99 degrees of freedom: one fair try in a million is above 180.
      expect(chiSquared).toBeLessThan(180);
    }
  });

  it('for one key does not depend on the fraction for another origin', () => {
    const [a, b] = [hash('eu'), hash('us')];
    const count = 100_000;
    let both = 0;
    for (const key of clientKeys(count)) {
      const client = hash(key);
      if (fraction(client, a) < 0.5 && fraction(client, b) < 0.5) both++;
    }
    expect(Math.abs(both / count - 0.25)).toBeLessThan(0.007);
  });

  it('is never 0 and never 1', () => {
    const zeros = { high: 0, low: 0 };
    const ones = { high: 0xffffffff, low: 0xffffffff };
    for (const one of [zeros, ones])
      for (const other of [zeros, ones]) {
        expect(fraction(one, other)).toBeGreaterThan(0);
        expect(fraction(one, other)).toBeLessThan(1);
      }
    expect((2 ** 52 - 1 + 0.5) / 2 ** 52).toBeLessThan(1);
  });
});
