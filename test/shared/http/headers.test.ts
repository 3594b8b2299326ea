import { expect, test } from 'vitest';
import { connectionListed, contentLengthOf, fieldName, surveyOf } from '../../../shared/http/headers.ts';

test('the names that Connection lists are compared without case and space', () => {
  expect([...connectionListed('close, X-Hop ,\tKeep-Alive')]).toEqual(['close', 'x-hop', 'keep-alive']);
  expect(connectionListed(null).size).toBe(0);
});

test('a survey of a header answers as the header does', () => {
  const survey = surveyOf(
    new Headers([
      ['X-Berth', 'a'],
      ['x-berth', 'b'],
    ]),
  );
  expect([survey.get('x-berth'), survey.get(fieldName('X-Berth')), survey.get('other')]).toEqual([
    'a, b',
    'a, b',
    null,
  ]);
  expect([survey.has('x-berth'), survey.has('other')]).toEqual([true, false]);
});

test('headers are counted as they stand on the wire', () => {
  expect(surveyOf(new Headers())).toMatchObject({ names: [], bytes: 0 });
  expect(surveyOf(new Headers({ host: 'a.example', accept: '*/*' }))).toMatchObject({
    names: ['accept', 'host'],
    bytes: 'host: a.example\r\naccept: */*\r\n'.length,
  });
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
