import { describe, expect, test } from 'vitest';
import { isFromCache, keepOutOfSharedCaches, preventCaching } from '../../../shared/http/caching.ts';

describe('a reply to somebody in particular', () => {
  test.each([
    [null, 'private'],
    ['public, max-age=60', 'private, max-age=60'],
    ['max-age=60, s-maxage=600, Public', 'private, max-age=60'],
    ['s-maxage="600" , must-revalidate', 'private, must-revalidate'],
    ['no-cache', 'private, no-cache'],
    ['no-cache="set-cookie, public", public', 'private, no-cache="set-cookie, public"'],
    ['private="set-cookie", max-age=5', 'private, max-age=5'],
    ['no-store, must-understand, max-age=5', 'private, no-store, must-understand, max-age=5'],
    ['', 'private'],
  ])('with Cache-Control %j is sent with %j, and varies with the cookie', (sent, kept) => {
    const headers = new Headers(sent === null ? {} : { 'cache-control': sent });
    keepOutOfSharedCaches(headers);
    expect(headers.get('cache-control')).toBe(kept);
    expect(headers.get('vary')).toBe('Cookie');
  });

  test.each(['no-store', 'public, no-store', 'private', 'PRIVATE, max-age=60', 'max-age=60,private'])(
    'that no shared cache may store (%s) stays as it is',
    (sent) => {
      const headers = new Headers({ 'cache-control': sent });
      keepOutOfSharedCaches(headers);
      expect(headers.get('cache-control')).toBe(sent);
      expect(headers.has('vary')).toBe(false);
    },
  );

  test.each([
    ['Accept-Encoding', 'Accept-Encoding, Cookie'],
    ['Accept, cookie', 'Accept, cookie'],
    ['*', '*'],
    ['X-Cookie', 'X-Cookie, Cookie'],
  ])('with Vary %j is sent with %j', (sent, kept) => {
    const headers = new Headers({ vary: sent });
    keepOutOfSharedCaches(headers);
    expect(headers.get('vary')).toBe(kept);
  });

  test('takes back what was said to one kind of shared cache alone, even where Cache-Control is strict', () => {
    const headers = new Headers({
      'cache-control': 'no-store',
      'cdn-cache-control': 'max-age=60',
      'cloudflare-cdn-cache-control': 'max-age=60',
      'surrogate-control': 'max-age=60',
      'x-accel-expires': '60',
    });
    keepOutOfSharedCaches(headers);
    expect([...headers.keys()]).toEqual(['cache-control']);
  });
});

test('a reply that writes a cookie of ours is kept by nobody', () => {
  const headers = new Headers({ 'cache-control': 'public, max-age=60', 'cdn-cache-control': 'max-age=60' });
  preventCaching(headers);
  expect([...headers]).toEqual([['cache-control', 'private, no-store']]);
});

test('a reply with an age, or for public storage, may be the reply to somebody else', () => {
  expect(isFromCache(new Headers({ age: '0' }))).toBe(true);
  expect(isFromCache(new Headers({ 'cache-control': 'max-age=5, PUBLIC' }))).toBe(true);
  expect(isFromCache(new Headers({ 'cache-control': 'private, max-age=5' }))).toBe(false);
  expect(isFromCache(new Headers())).toBe(false);
});
