import { describe, expect, it } from 'vitest';
import { clearCookie, readCookie, writeCookie } from '../../../shared/http/cookies.ts';

describe('reading', () => {
  it.each<[string | null, string | null]>([
    [null, null],
    ['', null],
    ['a=1', '1'],
    ['b=2; a=1', '1'],
    ['b=2;a=1;c=3', '1'],
    ['b=2;\ta=1', '1'],
    ['a=', ''],
    ['a=x=y==', 'x=y=='],
    ['a= 1 ; b=2', '1'],
    ['a=first; a=second', 'first'],
    ['xa=1', null],
    ['a.b=1', null],
    ['A=1', null],
    ['b=a=1', null],
    ['b="; a=1', '1'],
    ['aa=1; a=2', '2'],
    ['a', null],
    ['aaaa', null],
  ])('%j holds a=%j', (header, value) => {
    expect(readCookie(header, 'a')).toBe(value);
  });
});

describe('writing', () => {
  it('every cookie is Secure and HttpOnly and has no Domain unless one is given', () => {
    expect(writeCookie('__Host-session', 'v', { sameSite: 'Lax' })).toBe(
      '__Host-session=v; Path=/; Secure; HttpOnly; SameSite=Lax',
    );
  });
  it('the rest is as it was asked for', () => {
    const attributes = { sameSite: 'None', path: '/x', domain: 'shop.example', partitioned: true, maxAgeSeconds: 60 };
    expect(writeCookie('n', 'v', attributes as Parameters<typeof writeCookie>[2])).toBe(
      'n=v; Path=/x; Secure; HttpOnly; SameSite=None; Domain=shop.example; Max-Age=60; Partitioned',
    );
  });
  it('a cookie is cleared under the attributes it was written with', () => {
    expect(clearCookie('n', { sameSite: 'Strict', path: '/x', domain: 'shop.example', partitioned: true })).toBe(
      'n=; Path=/x; Secure; HttpOnly; SameSite=Strict; Domain=shop.example; Max-Age=0; Partitioned',
    );
  });
});
