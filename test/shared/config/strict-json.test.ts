import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readStrictJson } from '../../../shared/config/strict-json.ts';

test('JSON is read as JSON', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = JSON.stringify(value);
      expect(readStrictJson(text)).toEqual({ kind: 'json', value: JSON.parse(text) });
    }),
  );
});

test.each([
  '{"a":1,"a":2}',
  '{"a":{"b":1,"b":1}}',
  '[{"x":0},{"a":"}","a":2}]',
  '{"a":1,"\\u0061":2}',
  '{"a" : 1, "a"\n: 2}',
])('%s names a member twice', (text) => {
  expect(readStrictJson(text)).toEqual({ kind: 'duplicate' });
});

test.each(['{"a":{"a":1},"b":{"a":1}}', '["a","a"]', '{"a":"a","b":"\\"a\\":"}', '[{"a":1},{"a":1}]'])(
  '%s names none twice',
  (text) => {
    expect(readStrictJson(text)).toMatchObject({ kind: 'json' });
  },
);

test.each(['', '{', '{"a":1,}', "{'a':1}", 'undefined'])('%j is malformed', (text) => {
  expect(readStrictJson(text)).toEqual({ kind: 'malformed' });
});
