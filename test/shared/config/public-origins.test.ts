import { describe, expect, test } from 'vitest';
import { complaints, configured, goodEnv, problemsOf, settingsOf, withRoute } from './examples.ts';

const named = (...publicOrigins: readonly unknown[]) => configured({ publicOrigins });

describe('a public origin', () => {
  test.each([
    ['https://shop.example', 'shop.example', 'https'],
    ['https://Shop.Example:443', 'shop.example', 'https'],
    ['https://shop.example:8443', 'shop.example:8443', 'https'],
    ['http://localhost:8787', 'localhost:8787', 'http'],
    ['http://shop.localhost', 'shop.localhost', 'http'],
    ['http://127.0.0.1:1', '127.0.0.1:1', 'http'],
    ['http://[::1]:8787', '[::1]:8787', 'http'],
  ])('%s is answered for as %s', (text, host, scheme) => {
    expect(settingsOf(named(text)).publicOrigins[0]).toEqual({ origin: `${scheme}://${host}`, host, scheme });
  });

  test.each([
    ['https://shop.example/', 'is more than an origin'],
    ['https://shop.example/path', 'is more than an origin'],
    ['https://shop.example?x', 'is more than an origin'],
    ['https://shop.example#', 'is more than an origin'],
    ['http://shop.example', 'is not secure'],
    ['http://10.0.0.1', 'is not secure'],
    ['https://*.shop.example', 'has a wildcard'],
    ['https://user:word@shop.example', 'carries credentials'],
    ['ftp://shop.example', 'is not an origin'],
    ['shop.example', 'is not an origin'],
    ['https://shop.example\n', 'is not an origin'],
    ['', 'is not an origin'],
    [7, 'is not text'],
  ])('%j is refused', (text, message) => {
    expect(complaints(named(text))).toEqual([`publicOrigins[0] ${message}`]);
  });

  test('is there at least once and at most once', () => {
    expect(complaints(named())).toEqual(['publicOrigins is an empty list']);
    expect(complaints(named('https://a.example', 'https://b.example', 'https://A.example:443'))).toEqual([
      'publicOrigins[2] is the same as publicOrigins[0]',
    ]);
  });

  test('is the only host that a route can ask for', () => {
    expect(complaints(withRoute({ path: '/a', host: 'shop.example' }))).toEqual([]);
    expect(complaints(withRoute({ path: '/a', host: 'other.example' }))).toEqual([
      'routes[0].host is not the host of a public origin',
    ]);
  });

  test('has its credentials left out of the problem', () => {
    expect(JSON.stringify(problemsOf(named('https://user:word@shop.example')))).not.toMatch(/user|word/);
  });
});

describe('the development headers', () => {
  const dev = { ...goodEnv, DEV_HEADERS: '1' };

  test('are honoured when every public origin is a loopback address', () => {
    expect(settingsOf(named('http://localhost:8787', 'https://127.0.0.1'), dev).devHeaders).toBe(true);
    expect(settingsOf(named('http://localhost:8787')).devHeaders).toBe(false);
  });

  test('are refused when one is not', () => {
    expect(complaints(named('http://localhost:8787', 'https://shop.example'), dev)).toEqual([
      'DEV_HEADERS is on, and a public origin is not a loopback address',
    ]);
    expect(complaints(named('https://localhost.shop.example'), dev)).toHaveLength(1);
  });

  test('are off or on, and nothing between', () => {
    for (const off of ['', '0']) {
      expect(settingsOf(configured({}), { ...goodEnv, DEV_HEADERS: off }).devHeaders).toBe(false);
    }
    expect(complaints(named('http://localhost'), { ...goodEnv, DEV_HEADERS: 'true' })).toEqual([
      'DEV_HEADERS is neither 0 nor 1',
    ]);
  });
});
