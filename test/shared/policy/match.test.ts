import { describe, expect, it } from 'vitest';
import type { Route } from '../../../shared/config/settings.ts';
import { createMatcher } from '../../../shared/policy/match.ts';
import { routeWith } from '../../support/proxy-settings.ts';

const route = (number: number, path: string, more: Partial<Route> = {}): Route =>
  routeWith({
    number,
    path,
    host: null,
    methods: null,
    maxAuthAgeMs: null,
    claims: {},
    crossSite: 'refuse',
    cache: 'none',
    regions: null,
    freshnessMs: 0,
    touch: true,
    sockets: null,
    ...more,
  });
const matcherOf = (...routes: Route[]) => {
  const match = createMatcher(routes);
  return (path: string, method = 'GET', host = 'shop.example') => {
    const found = match({ path, method, host });
    return found.kind === 'route' ? found.route.number : found.kind;
  };
};

describe('patterns', () => {
  const match = matcherOf(
    route(1, '/exact'),
    route(2, '/below/*'),
    route(3, '/café/*'),
    route(4, '/post', { methods: ['POST'] }),
    route(5, '/hosted', { host: 'admin.example' }),
    route(6, '/*'),
  );
  it.each([
    ['/exact', 1],
    ['/exact/', 6],
    ['/exact/x', 6],
    ['/Exact', 6],
    ['/below', 2],
    ['/below/', 2],
    ['/below/x/y', 2],
    ['/belowx', 6],
    ['/caf%C3%A9/x', 3],
    ['/', 6],
    ['/anything', 6],
  ])('%s is route %i', (path, number) => {
    expect(match(path)).toBe(number);
  });
  it('methods and hosts narrow a route, and the first that fits wins', () => {
    expect([match('/post', 'POST'), match('/post', 'GET')]).toEqual([4, 6]);
    expect([match('/hosted', 'GET', 'admin.example'), match('/hosted', 'GET', 'admin.example:8443')]).toEqual([5, 5]);
    expect(match('/hosted')).toBe(6);
  });
  it('what nothing matches is no route', () => {
    expect(matcherOf(route(1, '/only'))('/other')).toBe('none');
  });
});

describe('paths with more than one reading', () => {
  const guarded = matcherOf(route(1, '/admin/*', { session: 'required' }), route(2, '/public/*'), route(3, '/*'));
  it.each([
    '/public/..%2fadmin',
    '/public/%252e%252e/admin',
    '/%61dmin',
    '/admin%2fx',
    '/admin;x',
    '/public/..;/admin',
    '//admin',
    '/public%5c..%5cadmin',
    '/admin/%2e%2e/public',
  ])('%s falls on routes of different protection and is refused', (path) => {
    expect(guarded(path)).toBe('bad-path');
  });
  it.each([
    ['/public/a%2fb', 2],
    ['/public/..%2fother', 2],
    ['/x%20y', 3],
    ['/admin/a%2fb', 1],
    ['/a;b', 3],
  ])('%s is harmless and passes as route %i', (path, number) => {
    expect(guarded(path)).toBe(number);
  });
  it('control characters are refused everywhere', () => {
    expect([guarded('/x%00'), guarded('/x%0d%0a'), guarded('/x%2500')]).toEqual(Array(3).fill('bad-path'));
  });
});
