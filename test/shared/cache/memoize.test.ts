import { expect, it } from 'vitest';
import { byItsEnd, byThePartAt, createRemembered, remembering } from '../../../shared/cache/memoize.ts';

it('what was set is there, and what was not is not', () => {
  const remembered = createRemembered<number>(byItsEnd);
  remembered.set('a', 1);
  expect([remembered.get('a'), remembered.get('b')]).toEqual([1, undefined]);
});

it('a text that ends like another is another', () => {
  const remembered = createRemembered<number>(byItsEnd);
  const end = 'x'.repeat(100);
  remembered.set(`a${end}`, 1);
  expect(remembered.get(`b${end}`)).toBeUndefined();
  remembered.set(`b${end}`, 2);
  expect(remembered.get(`b${end}`)).toBe(2);
});

it('memory is bounded, and what is in use outlives what is not', () => {
  const remembered = createRemembered<number>(byItsEnd);
  remembered.set('used', 1);
  remembered.set('unused', 1);
  for (let i = 0; i < 5_000; i++) {
    remembered.set(`x${i}`, i);
    if (i % 100 === 0) remembered.get('used');
  }
  expect(remembered.get('used')).toBe(1);
  expect(remembered.get('unused')).toBeUndefined();
  const kept = Array.from({ length: 5_000 }, (_, i) => remembered.get(`x${i}`)).filter((value) => value !== undefined);
  expect(kept.length).toBeLessThanOrEqual(2_000);
});

it('texts that end alike stay beside each other when they are told apart by another part', () => {
  const remembered = createRemembered<number>(byThePartAt(2));
  const [one, other] = ['a', 'b'].map((random) => `v.${random.repeat(30)}${'x'.repeat(50)}`) as [string, string];
  remembered.set(one, 1);
  remembered.set(other, 2);
  expect([remembered.get(one), remembered.get(other)]).toEqual([1, 2]);
});

it('work is done once for a text, and each time for one that is too long to keep', () => {
  const worked: string[] = [];
  const isShort = remembering((text) => worked.push(text) > 0 && text.length < 3, { most: 10, longest: 4 });
  expect(['a', 'abcd', 'abcde', 'a', 'abcd', 'abcde'].map(isShort)).toEqual([true, false, false, true, false, false]);
  expect(worked).toEqual(['a', 'abcd', 'abcde', 'abcde']);
});
