import { describe, expect, it } from 'vitest';
import { nameSetBy, readAttributes, writeAttributes } from '../../../../shared/http/cookies/set-cookie-line.ts';

const now = Date.UTC(2026, 0, 15, 12);
const pathOf = (path: string, after = ''): string | null => readAttributes(after, path, now)?.attributes ?? null;

describe('a Set-Cookie line', () => {
  it.each([
    ['SID=1; Path=/', 'SID'],
    [' SID = 1', 'SID'],
    ['SID=', 'SID'],
    ['=SID', ''],
    ['SID; Path=/a=b', ''],
  ])('is about the cookie that stands before its first equals sign: %s', (line, name) => {
    expect(nameSetBy(line)).toBe(name);
  });
});

describe('how a cookie was set', () => {
  it.each([
    ['/', '; Path=/'],
    ['/index', '; Path=/'],
    ['/shop/cart', '; Path=/shop'],
    ['/shop/cart/', '; Path=/shop/cart'],
    ['//', '; Path=/'],
    ['*', '; Path=/'],
    ['/shop;v=1/cart', null],
  ])('has the folder of the request for a path where none was named: %s', (path, expected) => {
    expect(pathOf(path)).toBe(expected);
  });

  it('has the last path that was named, and everything else as it was written', () => {
    expect(pathOf('/x/y', '; Path=/a;HttpOnly;  path = /b ; Odd="x=1"; Secure')).toBe(
      '; Path=/b;HttpOnly; Odd="x=1"; Secure',
    );
    expect(pathOf('/x/y', '; Path=; Secure')).toBe('; Path=/x; Secure');
    expect(pathOf('/shop;v=1/cart', '; Path=/shop')).toBe('; Path=/shop');
  });

  it.each([
    ['; Max-Age=60', now + 60_000],
    ['; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT', now + 60_000],
    ['; Expires=Thu, 15 Jan 2026 12:01:00 GMT', now + 60_000],
    ['; EXPIRES=Thursday, 15-Jan-26 12:01:00 GMT', now + 60_000],
    ['; Secure', null],
  ])('has an end that is a moment: %s', (after, endsAt) => {
    expect(readAttributes(after, '/', now)?.endsAt).toBe(endsAt);
  });

  it.each(['; Max-Age=soon', '; Max-Age=', '; Expires=soon', '; Expires', '; Path=/\u00e9', '; Path=/\u0007'])(
    'is not known where browsers may read it otherwise: %j',
    (after) => {
      expect(readAttributes(after, '/', now)).toBeNull();
    },
  );
});

describe('setting it again', () => {
  it('leaves it what it has left', () => {
    const setAs = { attributes: '; Path=/; Secure', endsAt: now + 60_500 };
    expect(writeAttributes(setAs, now)).toBe('; Path=/; Secure; Expires=Thu, 15 Jan 2026 12:01:00 GMT; Max-Age=60');
    expect(writeAttributes(setAs, now + 60_000)).toBeNull();
    expect(writeAttributes({ ...setAs, endsAt: null }, now)).toBe('; Path=/; Secure');
  });
});
