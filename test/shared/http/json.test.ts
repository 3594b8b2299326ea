import { expect, test } from 'vitest';
import { readJsonObject } from '../../../shared/http/json.ts';

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
