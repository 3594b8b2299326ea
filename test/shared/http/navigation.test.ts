import { expect, it } from 'vitest';
import { isPreflight, isTopLevelNavigation, wantsPage } from '../../../shared/http/navigation.ts';

const html = { accept: 'text/html,*/*;q=0.8' };

it.each<[string, Record<string, string>, boolean]>([
  ['GET', html, true],
  ['HEAD', html, true],
  ['GET', { ...html, 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }, true],
  ['POST', html, false],
  ['OPTIONS', html, false],
  ['GET', {}, false],
  ['GET', { accept: '*/*' }, false],
  ['GET', { ...html, 'sec-fetch-mode': 'cors' }, false],
  ['GET', { ...html, 'sec-fetch-mode': 'no-cors' }, false],
  ['GET', { ...html, 'sec-fetch-mode': 'websocket' }, false],
  ['GET', { ...html, 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' }, false],
  ['GET', { ...html, 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'embed' }, false],
  ['GET', { ...html, upgrade: 'websocket' }, false],
  ['GET', { ...html, 'x-requested-with': 'XMLHttpRequest' }, false],
])('%s with %j may be sent to a login: %s', (method, headers, expected) => {
  expect(isTopLevelNavigation(method, new Headers(headers))).toBe(expected);
});

it.each<[Record<string, string>, boolean]>([
  [{ 'sec-fetch-mode': 'navigate' }, true],
  [{ 'sec-fetch-mode': 'cors', accept: 'text/html' }, false],
  [{ accept: 'text/html' }, true],
  [{ accept: 'application/json' }, false],
  [{}, false],
])('with %j somebody wants to see a page: %s', (headers, expected) => {
  expect(wantsPage(new Headers(headers))).toBe(expected);
});

it('a preflight has method, origin and the question', () => {
  const asked = { origin: 'https://a.example', 'access-control-request-method': 'PUT' };
  expect(isPreflight('OPTIONS', new Headers(asked))).toBe(true);
  expect(isPreflight('GET', new Headers(asked))).toBe(false);
  expect(isPreflight('OPTIONS', new Headers({ origin: 'https://a.example' }))).toBe(false);
  expect(isPreflight('OPTIONS', new Headers({ 'access-control-request-method': 'PUT' }))).toBe(false);
});
