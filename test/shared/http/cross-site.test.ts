import { expect, it } from 'vitest';
import { isCrossSite, isWebSocketUpgrade } from '../../../shared/http/cross-site.ts';

const ours = [{ origin: 'https://shop.example', host: 'shop.example', scheme: 'https' as const }];
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
  [{ 'sec-fetch-site': 'cross-site', origin: 'https://shop.example' }, true],
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
