import { describe, expect, it } from 'vitest';
import { clearCookie, clearTwins, writeCookie } from '../../../../shared/http/cookies/set-cookie.ts';

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
  it('the twins of a cookie are all that differ from it in the partition or the domain', () => {
    expect(clearTwins('n', { sameSite: 'Lax' }, [])).toEqual([
      'n=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0; Partitioned',
    ]);
    expect(clearTwins('n', { sameSite: 'None', partitioned: true, domain: 'b.example' }, ['b.example'])).toEqual([
      'n=; Path=/; Secure; HttpOnly; SameSite=None; Max-Age=0',
      'n=; Path=/; Secure; HttpOnly; SameSite=None; Max-Age=0; Partitioned',
      'n=; Path=/; Secure; HttpOnly; SameSite=None; Domain=b.example; Max-Age=0',
    ]);
  });
  it('a cookie is cleared under the attributes it was written with', () => {
    expect(clearCookie('n', { sameSite: 'Strict', path: '/x', domain: 'shop.example', partitioned: true })).toBe(
      'n=; Path=/x; Secure; HttpOnly; SameSite=Strict; Domain=shop.example; Max-Age=0; Partitioned',
    );
  });
  it.each([
    ['', 'v', {}],
    ['a b', 'v', {}],
    ['a;b', 'v', {}],
    ['a=b', 'v', {}],
    ['n', 'a b', {}],
    ['n', 'a;b', {}],
    ['n', 'a,b', {}],
    ['n', '"v"', {}],
    ['n', 'caf\u00e9', {}],
    ['n', 'a\r\nSet-Cookie: x=y', {}],
    ['n', 'v', { path: '/; Domain=evil.example' }],
    ['n', 'v', { domain: 'a.example\r\n' }],
    ['__Host-session', 'v', { domain: 'shop.example' }],
    ['__Host-session', 'v', { path: '/app' }],
  ])('a cookie that browsers would refuse or misread is a bug of the caller: %j=%j %j', (name, value, attributes) => {
    expect(() => writeCookie(name, value, { sameSite: 'Lax', ...attributes })).toThrow(TypeError);
  });
});
