import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hash } from '../../../shared/routing/placement/hash.ts';
import { rank } from '../../../shared/routing/placement/rendezvous.ts';
import { raceTwice, type Weights } from '../../../tools/plan/race.ts';

const weights = (given: Record<string, number>): Weights => new Map(Object.entries(given));
const shares = (before: Record<string, number>, after: Record<string, number>): Record<string, number> =>
  Object.fromEntries(
    raceTwice(weights(before), weights(after)).map((outcome) => [`${outcome.before}>${outcome.after}`, outcome.share]),
  );
const close = (actual: Record<string, number>, expected: Record<string, number>): void => {
  expect(Object.keys(actual).sort()).toEqual(Object.keys(expected).sort());
  for (const [key, share] of Object.entries(expected)) expect(actual[key], key).toBeCloseTo(share, 12);
};

describe('two races with the same draws', () => {
  it('that are the same race have the same winner', () => {
    close(shares({ a: 1, b: 3 }, { a: 1, b: 3 }), { 'a>a': 1 / 4, 'b>b': 3 / 4 });
  });

  it('are the same race whatever the weights are measured in', () => {
    close(shares({ a: 1, b: 3 }, { a: 100, b: 300 }), { 'a>a': 1 / 4, 'b>b': 3 / 4 });
  });

  it('part where one leaves: its share goes to the others by their weights', () => {
    close(shares({ a: 1, b: 1, c: 2 }, { a: 1, c: 2 }), {
      'a>a': 1 / 4,
      'c>c': 1 / 2,
      'b>a': (1 / 4) * (1 / 3),
      'b>c': (1 / 4) * (2 / 3),
    });
  });

  it('part where one joins: it takes its due from everybody alike', () => {
    close(shares({ a: 1, b: 3 }, { a: 1, b: 3, c: 1 }), {
      'a>a': 1 / 5,
      'a>c': 1 / 4 - 1 / 5,
      'b>b': 3 / 5,
      'b>c': 3 / 4 - 3 / 5,
    });
  });

  it('part where a weight grows: it draws in what it gains and nobody else moves', () => {
    close(shares({ a: 90, b: 10 }, { a: 80, b: 20 }), { 'a>a': 0.8, 'a>b': 0.1, 'b>b': 0.1 });
  });

  it('have nothing to do with each other where nobody runs in both', () => {
    close(shares({ a: 1, b: 3 }, { c: 1, d: 1 }), { 'a>c': 1 / 8, 'a>d': 1 / 8, 'b>c': 3 / 8, 'b>d': 3 / 8 });
  });

  it('two leave and one joins: worked out by hand', () => {
    // D(s) = 2 + s from 0 on: a leaver's clients are all that the joiner gets.
    close(shares({ a: 1, b: 1 }, { c: 1 }), { 'a>c': 1 / 2, 'b>c': 1 / 2 });
    // r: c 0, a 1, b infinite. D(s) = 2 + s up to 1, then 1 + 2s. Up to 1: 1/6, from there on: 1/6.
    close(shares({ a: 1, b: 1 }, { a: 1, c: 1 }), { 'a>a': 1 / 3, 'a>c': 1 / 6, 'b>a': 1 / 6, 'b>c': 1 / 3 });
  });

  const race = fc.dictionary(
    fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
    fc.oneof(fc.integer({ min: 1, max: 9 }), fc.double({ min: 1e-3, max: 1e6, noNaN: true })),
    { minKeys: 1 },
  );

  it('give each its share by weight in the first and in the second, whatever changes', () => {
    fc.assert(
      fc.property(race, race, (before, after) => {
        const outcomes = raceTwice(weights(before), weights(after));
        for (const [side, given] of [
          ['before', before],
          ['after', after],
        ] as const) {
          const all = Object.values(given).reduce((sum, weight) => sum + weight, 0);
          for (const [name, weight] of Object.entries(given)) {
            const share = outcomes
              .filter((outcome) => outcome[side] === name)
              .reduce((sum, each) => sum + each.share, 0);
            expect(Math.abs(share - weight / all)).toBeLessThan(1e-9);
          }
        }
        for (const { share } of outcomes) expect(share).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 500 },
    );
  });

  it('end as they do for a hundred thousand keys', () => {
    const [before, after] = [
      { a: 1, b: 2, c: 3, d: 0.5, e: 4 },
      { a: 2, b: 1, c: 3, e: 0.7, f: 2 },
    ] as const;
    const contenders = ['a', 'b', 'c', 'd', 'e', 'f'].map((id) => ({ hash: hash(id), origin: { id } }));
    const winner = (key: string, given: Record<string, number>) =>
      rank(hash(key), contenders, ({ origin }) => given[origin.id] ?? 0, 1)[0]?.entry.origin.id;
    const counts: Record<string, number> = {};
    for (let i = 0; i < 100_000; i++) {
      const way = `${winner(`key ${i}`, before)}>${winner(`key ${i}`, after)}`;
      counts[way] = (counts[way] ?? 0) + 1;
    }
    const expected = shares(before, after);
    expect(Object.keys(counts).filter((way) => !(way in expected))).toEqual([]);
    for (const [way, share] of Object.entries(expected)) {
      const off = Math.abs((counts[way] ?? 0) / 100_000 - share);
      expect(off, way).toBeLessThan(4 * Math.sqrt((share * (1 - share)) / 100_000) + 1e-5);
    }
  });
});
