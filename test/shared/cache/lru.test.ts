import { expect, it } from 'vitest';
import { createRecent, finalKey, firstKey, nextKey } from '../../../shared/cache/lru.ts';

it('keeps the latest under a number, and what is in use longer than what is not', () => {
  const recent = createRecent<string>(10);
  recent.set(1, 'used');
  recent.set(2, 'unused');
  for (let i = 3; i < 40; i++) {
    recent.set(i, 'other');
    recent.get(1);
  }
  expect([recent.get(1), recent.get(2), recent.get(39)]).toEqual(['used', undefined, 'other']);
});

it('never more than it has room for', () => {
  const recent = createRecent<number>(10);
  for (let i = 0; i < 100; i++) recent.set(i, i);
  expect(
    Array.from({ length: 100 }, (_, i) => recent.get(i)).filter((value) => value !== undefined).length,
  ).toBeLessThanOrEqual(10);
});

it('the later of two under one number stays', () => {
  const recent = createRecent<string>(10);
  recent.set(1, 'one');
  recent.set(1, 'other');
  expect(recent.get(1)).toBe('other');
});

it('keys tell orders and lengths apart, and fit into a small integer', () => {
  const keyOf = (...parts: number[]) => finalKey(parts.reduce(nextKey, firstKey));
  const keys = [keyOf(), keyOf(0), keyOf(1, 2), keyOf(2, 1), keyOf(1, 2, 0)];
  expect(new Set(keys).size).toBe(keys.length);
  for (const key of keys) expect(key >= 0 && key < 2 ** 30).toBe(true);
});
