import { describe, expect, test } from 'vitest';
import { listHeaders } from '../../../shared/http/header-snapshot.ts';
import { createReplyHeaders } from '../../../shared/proxy/reply-headers.ts';
import { settingsFor } from '../../support/proxy-settings.ts';

type Lines = readonly (readonly [name: string, value: string])[];

function received(lines: Lines, personal = false, settings = settingsFor(), withCredentials = false): Headers {
  const fromOrigin = new Headers();
  for (const [name, value] of lines) fromOrigin.append(name, value);
  const headers = new Headers(fromOrigin);
  createReplyHeaders(settings)(headers, { fields: listHeaders(headers), personal, withCredentials });
  return headers;
}

test('the application’s own headers pass, every Set-Cookie apart and in order', () => {
  const headers = received([
    ['Content-Type', 'text/html'],
    ['Content-Encoding', 'gzip'],
    ['Content-Length', '12'],
    ['Location', '//elsewhere'],
    ['Set-Cookie', 'a=1; Expires=Thu, 01 Jan 2026 00:00:00 GMT'],
    ['Set-Cookie', 'b=2; Path=/x'],
    ['Set-Cookie', 'a=1'],
    ['WWW-Authenticate', 'Basic realm="x"'],
    ['X-Session-Id', 'y'],
  ]);
  expect(headers.getSetCookie()).toEqual(['a=1; Expires=Thu, 01 Jan 2026 00:00:00 GMT', 'b=2; Path=/x', 'a=1']);
  expect([...headers.keys()].filter((name) => name !== 'set-cookie')).toEqual([
    'content-encoding',
    'content-length',
    'content-type',
    'location',
    'www-authenticate',
    'x-session-id',
  ]);
});

test('an origin cannot set a cookie of ours, and its others stay', () => {
  const headers = received([
    ['Set-Cookie', 'a=1'],
    ['Set-Cookie', '__Host-session=planted; Path=/; Secure'],
    ['Set-Cookie', '\t__Host-affinity = planted'],
    ['Set-Cookie', '=__Host-affinity-canary=planted'],
    ['Set-Cookie', '__Secure-login-2=planted'],
    ['Set-Cookie', 'b=2'],
  ]);
  expect(headers.getSetCookie()).toEqual(['a=1', 'b=2']);
});

test.each([
  'Session-Issue',
  'Session-Update',
  'Session-Rotate',
  'Session-End',
  'Session-Origin-Token',
  'Session-Explained',
  'Session-Status',
  'Session-Assertion',
  'Session-Affinity',
  'Session-Renewed',
])('%s never reaches a client', (name) => {
  for (const spelling of [name, name.toUpperCase(), name.replaceAll('-', '_')]) {
    expect([...received([[spelling, 'x']])]).toEqual([]);
  }
});

test('what belongs to the connection, or is listed there, ends here', () => {
  const headers = received([
    ['Connection', 'close, X-Hop'],
    ['Keep-Alive', 'timeout=5'],
    ['Transfer-Encoding', 'chunked'],
    ['Trailer', 'x'],
    ['Upgrade', 'h2c'],
    ['Proxy-Authenticate', 'Basic'],
    ['X-Hop', '1'],
    ['X-End', '2'],
  ]);
  expect([...headers]).toEqual([['x-end', '2']]);
});

test('an origin cannot set the header that carries a sealed pin', () => {
  const settings = settingsFor({ affinity: { kind: 'header', name: 'X-Berth', value: 'pin' } });
  expect(received([['x-berth', 'forged']], false, settings).has('x-berth')).toBe(false);
});

describe('a reply that a shared cache could store', () => {
  const lines: Lines = [
    ['Cache-Control', 'public, s-maxage=600, max-age=60'],
    ['CDN-Cache-Control', 'max-age=600'],
    ['Vary', 'Accept'],
  ];

  test('becomes private when it is personal', () => {
    const headers = received(lines, true);
    expect(headers.get('cache-control')).toBe('private, max-age=60');
    expect(headers.has('cdn-cache-control')).toBe(false);
    expect(headers.get('vary')).toBe('Accept, Cookie');
  });

  test('stays as it is when it is for everybody', () => {
    const headers = received(lines, false);
    expect([...headers].map(([, value]) => value)).toEqual([
      'public, s-maxage=600, max-age=60',
      'max-age=600',
      'Accept',
    ]);
  });
});

describe('a reply to a request with credentials', () => {
  const toCredentials = (lines: Lines) => received(lines, false, settingsFor(), true);

  test('becomes private when it says nothing of caches', () => {
    expect([...toCredentials([['ETag', '"1"']])]).toEqual([
      ['cache-control', 'private'],
      ['etag', '"1"'],
    ]);
    expect(toCredentials([['Cache-Control', '']]).get('cache-control')).toBe('private');
  });

  test.each(['Cache-Control', 'Expires', 'Pragma', 'CDN-Cache-Control'])('stays as it is when it has %s', (name) => {
    expect([...toCredentials([[name, 'max-age=5']])]).toEqual([[name.toLowerCase(), 'max-age=5']]);
  });

  test('becomes private when it says of caches what is for its connection alone', () => {
    const headers = toCredentials([
      ['Connection', 'Expires'],
      ['Expires', '0'],
    ]);
    expect([...headers]).toEqual([['cache-control', 'private']]);
  });
});

test('the origin’s own headers are left as they were', () => {
  const fromOrigin = new Headers({ 'session-end': 'all', 'cache-control': 'public' });
  createReplyHeaders(settingsFor())(new Headers(fromOrigin), {
    fields: listHeaders(fromOrigin),
    personal: true,
    withCredentials: true,
  });
  expect([...fromOrigin]).toEqual([
    ['cache-control', 'public'],
    ['session-end', 'all'],
  ]);
});

test.each(['no-store', 'private, max-age=60'])(
  'what an origin says of caching (%s) to its connection alone does not stand in for what the client is told',
  (said) => {
    const headers = received(
      [
        ['Connection', 'close, Cache-Control, Vary'],
        ['Cache-Control', said],
        ['Vary', 'Cookie'],
      ],
      true,
    );
    expect([headers.get('cache-control'), headers.get('vary')]).toEqual(['private', 'Cookie']);
  },
);
