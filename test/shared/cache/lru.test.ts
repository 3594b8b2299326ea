import { expect, it } from 'vitest';
import { createLru, memoize } from '../../../shared/cache/lru.ts';

it('a cache answers for what was set, and for nothing else', () => {
  const cache = createLru<number>();
  cache.set('a', 1);
  expect([cache.get('a'), cache.get('b')]).toEqual([1, undefined]);
});

it('a cache compares the whole text', () => {
  const cache = createLru<number>();
  const end = 'x'.repeat(100);
  cache.set(`a${end}`, 1);
  expect(cache.get(`b${end}`)).toBeUndefined();
  cache.set(`b${end}`, 2);
  expect([cache.get(`a${end}`), cache.get(`b${end}`)]).toEqual([1, 2]);
});

it('the later of two values for one text stays', () => {
  const cache = createLru<string>({ maxEntries: 10 });
  cache.set('a', 'one');
  cache.set('a', 'other');
  expect(cache.get('a')).toBe('other');
});

const keptOf = (cache: { get(key: string): number | undefined }) =>
  Array.from({ length: 5_000 }, (_, i) => cache.get(`x${i}`)).filter((value) => value !== undefined);

it('a cache is bounded, and an entry in use outlives one that is not', () => {
  const cache = createLru<number>();
  cache.set('used', 1);
  cache.set('unused', 1);
  for (let i = 0; i < 5_000; i++) {
    cache.set(`x${i}`, i);
    if (i % 100 === 0) cache.get('used');
  }
  expect(cache.get('used')).toBe(1);
  expect(cache.get('unused')).toBeUndefined();
  expect(keptOf(cache).length).toBeLessThanOrEqual(2_000);
});

it('a cache is bounded by the characters of its keys too', () => {
  const cache = createLru<number>({ maxCharacters: 100 });
  for (let i = 0; i < 5_000; i++) cache.set(`x${i}`, i);
  expect(cache.get('x4999')).toBe(4_999);
  expect(keptOf(cache).length).toBeLessThanOrEqual(100 / 'x4999'.length);
});

it('an entry that would take most of the cache is not kept', () => {
  const cache = createLru<number>({ maxCharacters: 100 });
  cache.set('small', 1);
  cache.set('l'.repeat(51), 1);
  expect([cache.get('small'), cache.get('l'.repeat(51))]).toEqual([1, undefined]);
});

it('keys may be numbers, with a length of their values', () => {
  const cache = createLru<number, string>({ maxCharacters: 20, lengthOf: (_, value) => value.length });
  for (let i = 0; i < 10; i++) cache.set(i, 'abcde');
  expect([cache.get(9), cache.get(0)]).toEqual(['abcde', undefined]);
});

it('work is done once for a text, and each time for one that is too long to keep', () => {
  const worked: string[] = [];
  const isShort = memoize((text) => worked.push(text) > 0 && text.length < 3, { maxEntries: 10, maxLength: 4 });
  expect(['a', 'abcd', 'abcde', 'a', 'abcd', 'abcde'].map(isShort)).toEqual([true, false, false, true, false, false]);
  expect(worked).toEqual(['a', 'abcd', 'abcde', 'abcde']);
});
