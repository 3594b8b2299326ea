import { expect, it } from 'vitest';
import { readReturnTo, safeReturnTo } from '../../../shared/http/return-to.ts';

const shop = { origin: 'https://shop.example', host: 'shop.example', scheme: 'https' } as const;
const admin = { origin: 'https://admin.shop.example:8443', host: 'admin.shop.example:8443', scheme: 'https' } as const;
const ours = [shop, admin];

it.each([
  ['/', 'https://shop.example/'],
  ['/a/b?c=d#e', 'https://shop.example/a/b?c=d#e'],
  ['/a/../b', 'https://shop.example/b'],
  ['/a//b', 'https://shop.example/a//b'],
  ['/%2F%2Fevil.example', 'https://shop.example/%2F%2Fevil.example'],
  ['/?next=//evil.example', 'https://shop.example/?next=//evil.example'],
  ['/é', 'https://shop.example/%C3%A9'],
  ['https://shop.example', 'https://shop.example/'],
  ['HTTPS://SHOP.EXAMPLE/x', 'https://shop.example/x'],
  ['https://shop.example:443/x', 'https://shop.example/x'],
  ['https://admin.shop.example:8443/x', 'https://admin.shop.example:8443/x'],
])('%j leads to %j', (wish, url) => {
  expect(readReturnTo(wish, ours, shop)).toBe(url);
  expect(safeReturnTo(wish, ours, shop)).toBe(url);
});

it.each([
  '',
  'account',
  './account',
  '//evil.example',
  '//shop.example/x',
  '///evil.example',
  '/\\evil.example',
  '\\\\evil.example',
  '\\/evil.example',
  '/\t/evil.example',
  '/\n/evil.example',
  '\t//evil.example',
  ' /account',
  '/account\u0000',
  '/..//evil.example',
  '/.//evil.example',
  '/a/..//evil.example',
  '/%2e%2e//evil.example',
  'https:evil.example',
  'https:/evil.example',
  'https:///evil.example',
  'https:\\\\evil.example',
  'https://evil.example/',
  'https://evil.example/https://shop.example/',
  'https://shop.example.evil.example/',
  'https://shop.example@evil.example/',
  'https://user:pw@shop.example/',
  'https://shop.example:8443/',
  'https://admin.shop.example/',
  'https://shop.example//evil.example',
  'http://shop.example/',
  'javascript:alert(1)',
  'JaVaScRiPt:alert(1)//https://shop.example',
  'data:text/html,x',
  'blob:https://shop.example/x',
  'ftp://shop.example/',
  'https://[::1/',
  `/${'x'.repeat(2048)}`,
])('%j ends at the front page', (wish) => {
  expect(readReturnTo(wish, ours, shop)).toBeNull();
  expect(safeReturnTo(wish, ours, admin)).toBe('https://admin.shop.example:8443/');
});

it('no wish ends at the front page', () => {
  expect(safeReturnTo(null, ours, shop)).toBe('https://shop.example/');
});

it('from https leads to no http origin, though it is ours', () => {
  const local = { origin: 'http://localhost:8787', host: 'localhost:8787', scheme: 'http' } as const;
  const all = [...ours, local];
  expect(readReturnTo('http://localhost:8787/x', all, shop)).toBeNull();
  expect(readReturnTo('http://localhost:8787/x', all, local)).toBe('http://localhost:8787/x');
  expect(readReturnTo('https://shop.example/x', all, local)).toBe('https://shop.example/x');
});
