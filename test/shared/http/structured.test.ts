import { describe, expect, test } from 'vitest';
import { dictionary, token } from '../../../shared/http/structured.ts';

describe('a dictionary of RFC 9651', () => {
  test('is written member by member, in the order given', () => {
    expect(dictionary({ origin: token('eu'), epoch: 3, next: token('us') })).toBe('origin=eu, epoch=3, next=us');
  });

  test('leaves out members that are null', () => {
    expect(dictionary({ origin: null, epoch: 0, next: null })).toBe('epoch=0');
    expect(dictionary({ origin: null })).toBe('');
  });

  test('spells booleans and strings as the standard does', () => {
    expect(dictionary({ a: true, b: false, c: 'say "hi" \\o/' })).toBe('a, b=?0, c="say \\"hi\\" \\\\o/"');
  });

  test.each([
    ['a token with a space', () => token('a b')],
    ['a token that begins with a digit', () => token('1a')],
    ['an empty token', () => token('')],
    ['a string with a line end', () => dictionary({ a: 'x\r\ny' })],
    ['a string beyond ASCII', () => dictionary({ a: 'é' })],
    ['a fraction', () => dictionary({ a: 1.5 })],
    ['an integer of 16 digits', () => dictionary({ a: 1e15 })],
    ['a key with a capital', () => dictionary({ A: 1 })],
  ])('refuses %s', (_, write) => {
    expect(write).toThrow(TypeError);
  });
});
