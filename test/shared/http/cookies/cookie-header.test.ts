import { describe, expect, it } from 'vitest';
import { cookieValues, maxCookies, piecesOf } from '../../../../shared/http/cookies/cookie-header.ts';

describe('the values of a cookie of ours', () => {
  it.each<[string | null, readonly string[]]>([
    [null, []],
    ['', []],
    ['a=1', ['1']],
    ['b=2; a=1', ['1']],
    ['b=2;a=1;c=3', ['1']],
    ['b=2;\ta=1', ['1']],
    ['a=', ['']],
    ['a=x=y==', ['x=y==']],
    ['a= 1 ; b=2', ['1']],
    ['a \t= 1', ['1']],
    ['xa=1', []],
    ['a.b=1', []],
    ['A=1', []],
    ['b=a=1', []],
    ['b="; a=1', ['1']],
    ['aa=1; a=2', ['2']],
    ['a', []],
    ['aaaa', []],
    ['=a=1', []],
    ['\u00a0a=1', []],
  ])('in %j are %j', (header, values) => {
    expect(cookieValues(header, 'a')).toEqual(values);
  });

  it.each<[string, readonly string[]]>([
    ['a=first; a=second', ['first', 'second']],
    ['a=first; b=2; a=second; a=first', ['first', 'second', 'first']],
    [Array.from({ length: 20 }, (_, i) => `a=${i}`).join('; '), Array.from({ length: maxCookies }, (_, i) => `${i}`)],
  ])('are all there, eight of them at the most, where several came: %j', (header, values) => {
    expect(cookieValues(header, 'a')).toEqual(values);
  });

  it.each<[string, readonly string[]]>([
    ['b=2, a=1', ['1']],
    ['b=2,a=1; c=3', ['1']],
    ['a=1, b=2; c=3', ['1']],
    ['a=1, a=2', ['1']],
    ['b=2, a=1, a=2, c=3', ['1', '2']],
    ['b=2, a=1; a=2', ['2']],
    ['b=2, a=1; c=3; a=', ['']],
    ['b=5" tv, a=1', ['1']],
  ])('are read behind a comma where no other came: %j', (header, values) => {
    expect(cookieValues(header, 'a')).toEqual(values);
  });

  it.each([
    'b="2, a=1"',
    'b="2, a=1", c=3',
    'b={"k":"v, a=1"}',
    'b="2\\", a=1"',
    'b="2, a=1; c="3, a=1"; d="',
    'b="2, c=3, a=1"',
  ])("are believed in nobody's quotes: %j", (header) => {
    expect(cookieValues(header, 'a').filter((value) => value.startsWith('1'))).toEqual(
      header.includes('a=1; ') ? ['1'] : [],
    );
  });

  it.each<[string, readonly string[]]>([
    ['a="1"', ['1']],
    ['a= "1" ; b=2', ['1']],
    ['a="1", b="2"', ['1']],
    ['a="1"; a=2', ['1', '2']],
    ['a="x, y"', ['x, y']],
    ['a="', ['"']],
    ['a=""', ['']],
    ['a="1; b=2', ['"1']],
  ])('come without quotes around them: %j', (header, values) => {
    expect(cookieValues(header, 'a')).toEqual(values);
  });
});

it('the pieces and the separators between them are the header', () => {
  for (const header of ['', ';', ',,', ' a = 1 ,b="2, c";; d ', 'a="1;2, 3"', '\u00e4=\u00ff, x']) {
    const pieces = piecesOf(header);
    const text = pieces
      .map(({ start, end, separator }, i) => (i === 0 ? '' : separator) + header.slice(start, end))
      .join('');
    expect(text).toBe(header);
  }
});
