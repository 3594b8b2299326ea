import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readJson, readJsonObject } from '../../../shared/http/json.ts';

test.each([
  ['{}', {}],
  [' {"a": {"b": 1}, "c": {"b": 2}} ', { a: { b: 1 }, c: { b: 2 } }],
  ['{"a":["a","a",{"a":"a"}],"b":"{\\"b\\":1,\\"b\\":2}"}', { a: ['a', 'a', { a: 'a' }], b: '{"b":1,"b":2}' }],
  ['{"a\\"":1,"a":2,"":3}', { 'a"': 1, a: 2, '': 3 }],
])('%s is read', (text, value) => {
  expect(readJsonObject(text)).toEqual(value);
});

test.each([
  ['', 'nothing'],
  ['[]', 'an array'],
  ['null', 'null'],
  ['"a"', 'a string'],
  ['{"a":1', 'half an object'],
  ['{"a":1,"a":1}', 'a member named twice'],
  ['{"a":{"b":1,"c":{},"b":2}}', 'a member named twice, further in'],
  ['{"a":[{"b":1,"b":2}]}', 'a member named twice, in an array'],
  ['{"sub":1,"\\u0073ub":2}', 'a member named twice in two spellings'],
  ['{"__proto__":{}}', '__proto__'],
  ['{"a":{"__proto_\\u005f":{}}}', '__proto__ in disguise'],
])('%s is refused: %s', (text) => {
  expect(readJsonObject(text)).toBeNull();
});

test('JSON is read as JSON', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = JSON.stringify(value);
      expect(readJson(text)).toEqual({ kind: 'json', value: JSON.parse(text) });
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
  expect(readJson(text)).toEqual({ kind: 'duplicate' });
});

test.each(['{"a":{"a":1},"b":{"a":1}}', '["a","a"]', '{"a":"a","b":"\\"a\\":"}', '[{"a":1},{"a":1}]'])(
  '%s names none twice',
  (text) => {
    expect(readJson(text)).toMatchObject({ kind: 'json' });
  },
);

test.each(['', '{', '{"a":1,}', "{'a':1}", 'undefined'])('%j is malformed', (text) => {
  expect(readJson(text)).toEqual({ kind: 'malformed' });
});
