import { expect, test } from 'vitest';
import { connectionListed, contentLengthOf } from '../../../shared/http/headers.ts';

test('the names that Connection lists are compared without case and space', () => {
  expect([...connectionListed('close, X-Hop ,\tKeep-Alive')]).toEqual(['close', 'x-hop', 'keep-alive']);
  expect(connectionListed(null).size).toBe(0);
});

test.each([
  ['0', 0],
  ['65536', 65_536],
  ['1e3', null],
  ['-1', null],
  ['+1', null],
  ['5, 5', null],
  ['', null],
  ['9999999999999999', null],
])('a Content-Length of %j is read as %j', (value, length) => {
  expect(contentLengthOf(new Headers({ 'content-length': value }))).toBe(length);
});

test('without a Content-Length there is none', () => {
  expect(contentLengthOf(new Headers())).toBeNull();
});
