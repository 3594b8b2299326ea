import { expect, it } from 'vitest';
import { mergeData } from '../../../shared/session/data.ts';

it('keys merge, the last one wins, null removes, and only at the top', () => {
  const data = { kept: 1, changed: { a: 1, b: 2 }, gone: 3 };
  expect(mergeData(data, { changed: { a: null }, gone: null, never: null, fresh: [] })).toEqual({
    kept: 1,
    changed: { a: null },
    fresh: [],
  });
  expect(data).toEqual({ kept: 1, changed: { a: 1, b: 2 }, gone: 3 });
});

it('no name is magic', () => {
  const merged = mergeData({}, JSON.parse('{"__proto__":{"admin":true}}'));
  expect((merged as { admin?: boolean }).admin).toBeUndefined();
  expect(Object.getPrototypeOf(merged)).toBe(Object.prototype);
});
