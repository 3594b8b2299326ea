import { describe, expect, it } from 'vitest';
import { publicOriginOf } from '../../../shared/config/urls.ts';
import { allowReading, createTrust, isCrossSite, isWebSocketUpgrade } from '../../../shared/http/cross-site.ts';

const ours = [publicOriginOf('https://shop.example')];
const refused = (method: string, headers: Record<string, string>) => isCrossSite(method, new Headers(headers), ours);

it.each(['GET', 'HEAD', 'OPTIONS', 'TRACE'])('%s does nothing and passes, wherever it comes from', (method) => {
  expect(refused(method, { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' })).toBe(false);
});

it.each(['POST', 'PUT', 'PATCH', 'DELETE', 'PURGE', 'get'])('%s is judged', (method) => {
  expect(refused(method, { 'sec-fetch-site': 'cross-site' })).toBe(true);
});

it.each<[Record<string, string>, boolean]>([
  [{}, false],
  [{ 'sec-fetch-site': 'same-origin' }, false],
  [{ 'sec-fetch-site': 'none' }, false],
  [{ 'sec-fetch-site': 'same-site' }, true],
  [{ 'sec-fetch-site': 'cross-site' }, true],
  [{ 'sec-fetch-site': '' }, true],
  [{ 'sec-fetch-site': 'Same-Origin' }, true],
  [{ 'sec-fetch-site': 'same-origin', origin: 'null' }, false],
  [{ 'sec-fetch-site': 'cross-site', origin: 'https://shop.example' }, false],
  [{ 'sec-fetch-site': 'same-site', origin: 'https://shop.example' }, false],
  [{ 'sec-fetch-site': 'same-site', origin: 'https://shop.example:443' }, false],
  [{ 'sec-fetch-site': 'same-site', origin: 'https://shop.example:80' }, true],
  [{ 'sec-fetch-site': 'same-site', origin: 'https://www.shop.example' }, true],
  [{ 'sec-fetch-site': 'same-site', origin: 'null' }, true],
  [{ origin: 'https://shop.example' }, false],
  [{ origin: 'http://shop.example' }, true],
  [{ origin: 'https://shop.example:444' }, true],
  [{ origin: 'https://shop.example.evil.example' }, true],
  [{ origin: 'https://shop.example, https://evil.example' }, true],
  [{ origin: 'null' }, true],
  [{ origin: '' }, true],
])('a POST with %j is refused: %s', (headers, expected) => {
  expect(refused('POST', headers)).toBe(expected);
});

it('a WebSocket upgrade is judged although it is a GET', () => {
  expect(refused('GET', { upgrade: 'WebSocket', origin: 'https://evil.example' })).toBe(true);
  expect(refused('GET', { upgrade: 'websocket', origin: 'https://shop.example' })).toBe(false);
  expect(isWebSocketUpgrade(new Headers({ upgrade: 'h2c' }))).toBe(false);
});

describe('trust', () => {
  const shop = publicOriginOf('https://shop.example');
  const local = publicOriginOf('http://localhost:8787');
  const trust = createTrust([shop, publicOriginOf('https://app.example'), local]);
  const listed = ['https://partner.example', 'http://localhost:5173'];
  const names = (origins: readonly { origin: string }[]) => origins.map(({ origin }) => origin);

  it('is among our own public origins, but no http one is trusted by an https one', () => {
    expect(names(trust(shop))).toEqual(['https://shop.example', 'https://app.example']);
    expect(names(trust(local))).toEqual(['https://shop.example', 'https://app.example', 'http://localhost:8787']);
  });

  it('takes in what a route lists, under the same rule, and nothing from one that lists nothing', () => {
    expect(names(trust(shop, listed))).toEqual([
      'https://shop.example',
      'https://app.example',
      'https://partner.example',
    ]);
    expect(names(trust(local, listed)).slice(3)).toEqual(listed);
    for (const word of ['refuse', 'allow'] as const) expect(trust(shop, word)).toEqual(trust(shop));
  });
});

describe('a reply of ours', () => {
  const readable = (origin: string | null, vary: Record<string, string> = {}) => {
    const reply = new Headers(vary);
    allowReading(reply, new Headers(origin === null ? {} : { origin }), ours);
    return Object.fromEntries(reply);
  };

  it('is read by scripts of a trusted origin, and by no others', () => {
    expect(readable('https://shop.example')).toEqual({
      'access-control-allow-origin': 'https://shop.example',
      'access-control-allow-credentials': 'true',
      vary: 'Origin',
    });
    for (const origin of [null, 'null', '*', 'https://evil.example', 'https://shop.example.evil.example', '']) {
      expect(readable(origin)).toEqual({});
    }
  });

  it('varies with the origin besides whatever else it varies with', () => {
    expect(readable('https://shop.example', { vary: 'Cookie' }).vary).toBe('Cookie, Origin');
  });
});
