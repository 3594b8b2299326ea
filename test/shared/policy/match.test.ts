import { describe, expect, it } from 'vitest';
import type { Route, Settings } from '../../../shared/config/settings.ts';
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
const matcherOf = (...routes: Route[]) => matcherWith('folded', ...routes);
const matcherWith = (matching: Settings['matching'], ...routes: Route[]) => {
  const match = createMatcher(routes, matching);
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
    ['/exact/', 1],
    ['/exact//', 1],
    ['/exact/x', 6],
    ['/Exact', 1],
    ['/below', 2],
    ['/below/', 2],
    ['/below/x/y', 2],
    ['/BELOW/x/', 2],
    ['/CAF%C3%89/x', 3],
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
  it('a route for GET is for HEAD too, and methods are told in any case', () => {
    const reading = matcherOf(
      route(1, '/r', { methods: ['GET'] }),
      route(2, '/r', { methods: ['PATCH'] }),
      route(3, '/*'),
    );
    expect(['GET', 'HEAD', 'PATCH', 'patch', 'POST'].map((method) => reading('/r', method))).toEqual([1, 1, 2, 2, 3]);
  });
  it('a pattern with escapes is found however its letters are written', () => {
    const spaced = matcherOf(route(1, '/my%20files/*', { session: 'off' }), route(2, '/*', { session: 'required' }));
    expect([spaced('/my%20files/x'), spaced('/MY%20files')]).toEqual([1, 1]);
    const escaped = matcherOf(route(1, '/%61dmin/*', { session: 'required' }), route(2, '/*'));
    expect(['/admin', '/ADMIN/x', '/%41dmin'].map((path) => escaped(path))).toEqual([1, 1, 1]);
  });
  it('with exact matching letter case and the last slash count', () => {
    const exact = matcherWith(
      'exact',
      route(1, '/x'),
      route(2, '/X'),
      route(3, '/x/'),
      route(4, '/a%2Fb'),
      route(5, '/*'),
    );
    expect(['/x', '/X', '/x/', '/X/', '/a%2fb', '/x;v=1'].map((path) => exact(path))).toEqual([1, 2, 3, 5, 4, 1]);
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
    '/admin%2fx',
    '/public/..;/admin',
    '/public/..;x=1/admin',
    '/public%5c..%5cadmin',
    '/admin/%2e%2e/public',
    '/admin/..%2fpublic',
    '/admin/..;/public',
  ])('%s hides where it leads, to routes of different protection, and is refused', (path) => {
    expect(guarded(path)).toBe('bad-path');
  });
  it.each([
    '/%61dmin',
    '/%41DMIN',
    '/%2561dmin',
    '/admin;x',
    '/admin;x/y',
    '/;/admin',
    '/admin%3bx',
    '//admin',
    '/admin%3fx',
    '/ADMIN//;x',
    '/admin;v=a%2Fb',
    '/admin;v=1/a%2Fb',
  ])('%s is guarded as the strictest of its routes', (path) => {
    expect(guarded(path)).toBe(1);
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

describe('of the routes that a path can be read as', () => {
  const between = (path: string, ...routes: Partial<Route>[]) => {
    const list = routes.map((each, i) => route(i + 1, each.path ?? '/*', each));
    const found = createMatcher(list)({ path, method: 'POST', host: 'shop.example' });
    if (found.kind !== 'route') throw new Error(found.kind);
    return found.route;
  };
  const x = (more: Partial<Route>): Partial<Route> => ({ path: '/x/*', ...more });
  const rest = (more: Partial<Route> = {}): Partial<Route> => ({ path: '/*', ...more });

  it('required comes before optional before off, whichever stands first', () => {
    const strict = { session: 'required' } as const;
    expect(between('/x;v', x(strict), rest()).number).toBe(1);
    expect(between('/x;v', x({}), rest(strict)).number).toBe(2);
    expect(between('/x;v', x({ session: 'off' }), rest()).number).toBe(2);
    expect(between('/x;v', x({}), rest({ session: 'off' })).number).toBe(1);
  });

  it('then what asks for claims or for a recent login', () => {
    const claims = { role: ['admin'] };
    expect(between('/x;v', x({}), rest({ claims })).number).toBe(2);
    expect(between('/x;v', x({}), rest({ maxAuthAgeMs: 1 })).number).toBe(2);
    expect(between('/x;v', x({ session: 'required' }), rest({ claims })).number).toBe(1);
  });

  it('among equals that of the reading without parameters decides, then the first in the file', () => {
    const login = x({ issues: true, path: '/login', methods: ['POST'] });
    expect(between('/login;jsessionid=A', login, rest())).toMatchObject({ number: 1, issues: true });
    expect(between('/x;v/y', { path: '/x/*' }, { path: '/y/*' }, rest()).number).toBe(1);
    expect(between('//x', rest({ path: '/y/*' }), x({}), rest()).number).toBe(2);
  });

  it('all ask for their claims, and the shortest time since a login counts', () => {
    const merged = between(
      '/x;v',
      x({ session: 'required', claims: { role: ['admin'] }, maxAuthAgeMs: 9, freshnessMs: 5 }),
      rest({ session: 'required', claims: { role: ['editor'] }, maxAuthAgeMs: 7, freshnessMs: 3 }),
    );
    expect(merged).toMatchObject({
      number: 1,
      claims: { role: ['admin'] },
      alsoClaims: [{ role: ['editor'] }],
      maxAuthAgeMs: 7,
      freshnessMs: 3,
    });
    expect(between('/x;v', x({ session: 'required' }), rest({ maxAuthAgeMs: 7 })).maxAuthAgeMs).toBe(7);
  });

  it('only regions that all of them allow may serve', () => {
    const regions = (a: string[] | null, b: string[] | null) =>
      between('/x;v', x({ regions: a }), rest({ regions: b })).regions;
    expect(regions(['eu', 'us'], ['us', 'ap'])).toEqual(['us']);
    expect(regions(['eu'], null)).toEqual(['eu']);
    expect(regions(null, ['eu'])).toEqual(['eu']);
    expect(regions(['eu'], ['us'])).toEqual([]);
    expect(regions(null, null)).toBeNull();
  });

  it('other sites are let in only where all of them let them in', () => {
    const crossSite = (a: Route['crossSite'], b: Route['crossSite']) =>
      between('/x;v', x({ crossSite: a }), rest({ crossSite: b })).crossSite;
    const [one, two, three] = ['https://a.example', 'https://b.example', 'https://c.example'];
    expect(crossSite('allow', 'allow')).toBe('allow');
    expect(crossSite('allow', 'refuse')).toBe('refuse');
    expect(crossSite('refuse', 'allow')).toBe('refuse');
    expect(crossSite([one], 'allow')).toEqual([one]);
    expect(crossSite('allow', [one])).toEqual([one]);
    expect(crossSite([one, two], [two, three])).toEqual([two]);
    expect(crossSite([one], 'refuse')).toBe('refuse');
  });

  it('a cache keeps only what all of them let it keep', () => {
    const edge = { session: 'off', cache: 'edge' } as const;
    expect(between('/x;v', x(edge), rest({ session: 'off' })).cache).toBe('none');
    expect(between('/x;v', x(edge), rest()).cache).toBe('none');
    expect(between('/x;v/y', x(edge), rest(edge)).cache).toBe('edge');
  });

  it('one and the same route stays the very object that it is', () => {
    const only = route(1, '/*');
    const found = createMatcher([only])({ path: '/a;b//%41', method: 'GET', host: 'x' });
    expect(found.kind === 'route' && found.route).toBe(only);
  });
});

it('a path of more than 8,192 bytes is refused in no time, whatever it holds', () => {
  const match = createMatcher([route(1, '/*')]);
  const long = `/${'..%252f;a%5c'.repeat(2_000)}`;
  const start = performance.now();
  for (let i = 0; i < 1_000; i++) expect(match({ path: long, method: 'GET', host: 'x' }).kind).toBe('bad-path');
  expect(performance.now() - start).toBeLessThan(500);
});
