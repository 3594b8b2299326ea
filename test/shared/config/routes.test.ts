import { describe, expect, test } from 'vitest';
import { complaints, configured, origins, problemsOf, settingsOf, withRoute } from './examples.ts';

const rest = { path: '/*', pool: 'app' };
const listed = (...routes: readonly object[]) => configured({ routes: [...routes, rest] });

describe('the path of a route', () => {
  test.each(['/', '/a', '/a/', '/a/*', '/a/b.c/*', '/~x/(y)', '/caf%C3%A9', '/café'])('%s is accepted', (path) => {
    expect(complaints(withRoute({ path }))).toEqual([]);
  });

  test.each([
    ['a', 'does not begin with /'],
    ['', 'does not begin with /'],
    ['*', "has a '*' that is not the last segment"],
    ['/a*', "has a '*' that is not the last segment"],
    ['/*/a', "has a '*' that is not the last segment"],
    ['/a/**', "has a '*' that is not the last segment"],
    ['/a//b', "has '//' or a dot segment"],
    ['//*', "has '//' or a dot segment"],
    ['/a/../b', "has '//' or a dot segment"],
    ['/a/.', "has '//' or a dot segment"],
    ['/a?b', 'has characters a path cannot have'],
    ['/a#b', 'has characters a path cannot have'],
    ['/a b', 'has characters a path cannot have'],
    ['/a\\b', 'has characters a path cannot have'],
    ['/a%zz', 'has characters a path cannot have'],
    ['/a\nb', 'has characters a path cannot have'],
  ])('%j is refused', (path, message) => {
    expect(complaints(withRoute({ path }))).toEqual([`routes[0].path ${message}`]);
  });
});

describe('the list of routes', () => {
  test('ends with one that matches everything', () => {
    for (const last of [{ path: '/a/*' }, { ...rest, methods: ['GET'] }, { ...rest, host: 'shop.example' }]) {
      expect(complaints(configured({ routes: [last] }))).toEqual([
        'routes[0] is the last route and does not match everything',
      ]);
    }
  });

  test.each([
    [{ path: '/a' }, { path: '/a' }],
    [{ path: '/a/*' }, { path: '/a/*', methods: ['GET'] }],
    [
      { path: '/a', methods: ['GET', 'POST'] },
      { path: '/a', methods: ['POST', 'PUT'] },
    ],
    [{ path: '/a' }, { path: '/a', host: 'shop.example' }],
    [{ path: '/caf%C3%A9' }, { path: '/café' }],
  ])('has no two with the same match: %j and %j', (first, second) => {
    expect(complaints(listed(first, second))).toEqual([
      'routes[1].path has the same match as routes[0], which comes first',
    ]);
  });

  test.each([
    [{ path: '/a', methods: ['POST'] }, { path: '/a' }],
    [
      { path: '/a', methods: ['POST'] },
      { path: '/a', methods: ['GET'] },
    ],
    [{ path: '/a', host: 'shop.example' }, { path: '/a' }],
    [
      { path: '/a', host: 'shop.example', methods: ['GET'] },
      { path: '/a', methods: ['GET', 'POST'] },
    ],
    [{ path: '/a' }, { path: '/a/*' }],
    [{ path: '/a/b' }, { path: '/a/*' }],
    [{ path: '/a/*', methods: ['POST'] }, { path: '/a/b' }],
    [{ path: '/ab/*' }, { path: '/a/*' }],
  ])('may narrow first and widen later: %j before %j', (first, second) => {
    expect(complaints(listed(first, second))).toEqual([]);
  });

  test.each([
    [{ path: '/a/*' }, { path: '/a/b' }],
    [{ path: '/a/*' }, { path: '/a/b/*' }],
    [{ path: '/a/*' }, { path: '/a' }],
    [{ path: '/a/*' }, { path: '/a/' }],
    [
      { path: '/a/*', methods: ['GET', 'POST'] },
      { path: '/a/b', methods: ['GET'] },
    ],
  ])('has none that is never reached: %j before %j', (first, second) => {
    expect(complaints(listed(first, second))).toEqual([
      'routes[1].path is never reached, since routes[0] (/a/*) takes everything before it',
    ]);
  });

  test.each([
    ['/account/*', '/Account/*'],
    ['/account', '/account/'],
    ['/CAFÉ', '/caf%C3%A9'],
    ['/%61', '/a'],
  ])('has no two that are told apart by letter case or the last slash alone: %s and %s', (first, second) => {
    const routes = [{ path: first }, { path: second, session: 'required' }, rest];
    expect(complaints(configured({ routes }))).toEqual([
      `routes[1].path has the same match as routes[0] (${first}), which comes first`,
    ]);
    const apart = routes.map((route, i) => ({ ...route, ...(i < 2 && { methods: i === 0 ? ['GET'] : ['POST'] }) }));
    expect(complaints(configured({ routes: apart }))).toEqual([]);
  });

  test.each([
    [
      '/A',
      "Letter case and one last slash do not tell paths apart. Take one of them away, or write matching: 'exact'.",
    ],
    ['/%61', 'Take one of them away, or tell them apart by host or methods.'],
  ])('is told to match exactly only where that helps: %s and /a', (path, remedy) => {
    expect(problemsOf(listed({ path }, { path: '/a' }))).toMatchObject([{ remedy }]);
  });

  test('may have both where matching is exact', () => {
    const routes = [{ path: '/a' }, { path: '/A' }, { path: '/a/' }, rest];
    expect(complaints(configured({ matching: 'exact', routes }))).toEqual([]);
  });

  test('has none that an earlier one takes in another letter case', () => {
    expect(complaints(listed({ path: '/Public/*' }, { path: '/public/secret', session: 'required' }))).toEqual([
      'routes[1].path is never reached, since routes[0] (/Public/*) takes everything before it',
    ]);
  });

  test('counts HEAD to what a route for GET takes', () => {
    const get = { path: '/a', methods: ['GET'] };
    const head = { path: '/a', methods: ['HEAD'] };
    expect(complaints(listed(get, head))).toEqual([
      'routes[1].path has the same match as routes[0], which comes first',
    ]);
    expect(complaints(listed(head, get))).toEqual([]);
  });

  test('has none among the pages of the gateway itself', () => {
    expect(complaints(withRoute({ path: '/.session/me' }))).toHaveLength(1);
    expect(complaints(configured({ prefix: '/auth', routes: [{ path: '/.session/me' }, rest] }))).toEqual([]);
  });
});

describe('a route', () => {
  test.each([
    [{ methods: ['get'] }, 'methods[0] is not an HTTP method'],
    [{ methods: [] }, 'methods is an empty list'],
    [{ methods: ['GET', 'GET'] }, 'methods names something twice'],
    [{ host: 'https://shop.example' }, 'host is not a host'],
    [{ session: 'off', maxAuthAge: '5m' }, "maxAuthAge is about the session, and the route has session: 'off'"],
    [{ session: 'off', claims: { role: ['a'] } }, "claims is about the session, and the route has session: 'off'"],
    [{ session: 'optional', cache: 'edge' }, 'cache would let one visitor get the page of another'],
    [{ session: 'off', sockets: 'watched' }, "sockets watches the session, and the route has session: 'off'"],
    [{ session: 'off', cache: 'edge', issues: true }, 'cache would let one visitor get the page of another'],
    [{ claims: { role: [] } }, 'claims.role is an empty list'],
    [{ claims: { role: 'admin' } }, 'claims.role is not a list'],
    [{ claims: {} }, 'claims is empty'],
    [{ pool: 'nope' }, 'pool is not a pool'],
    [{ pool: 'toString' }, 'pool is not a pool'],
    [{ pool: { split: { app: 1, nope: 1 } } }, 'pool.split.nope is not a pool'],
    [{ pool: { split: { app: 0 } } }, 'pool.split gives nobody a share'],
    [{ pool: { split: { app: -1 } } }, 'pool.split.app is out of bounds'],
    [{ pool: { split: {} } }, 'pool.split is empty'],
    [{ regions: ['us'] }, 'regions leaves pool app without an origin'],
  ])('%j is refused', (part, message) => {
    expect(complaints(withRoute({ path: '/a', ...part }))).toEqual([`routes[0].${message}`]);
  });

  test('names its pool where there are several', () => {
    const pools = { app: { origins }, beta: { origins } };
    expect(complaints(configured({ pools, routes: [{ path: '/*' }] }))).toEqual([
      'routes[0].pool is missing, and there are several pools',
    ]);
    expect(settingsOf(configured({ routes: [{ path: '/*' }] })).routes[0]?.target).toEqual({
      branches: [{ pool: 'app', share: 1 }],
    });
  });

  test('lets sessions begin only where every pool it goes to may issue', () => {
    const beta = { origins };
    const app = { origins, commands: { token: 'a-token' } };
    const issuing = (pools: object) =>
      configured({ pools, routes: [{ path: '/login', pool: { split: { app: 1, beta: 1 } }, issues: true }, rest] });
    expect(complaints(issuing({ app, beta }))).toEqual([
      'routes[0].issues needs proof of who begins a session, and pool beta has no commands',
    ]);
    expect(complaints(issuing({ app, beta: { origins, commands: { token: 'a-token', may: ['end'] } } }))).toEqual([
      'routes[0].issues does nothing, since pool beta may not issue',
    ]);
  });
});

describe('the login page', () => {
  test('is never behind a session itself', () => {
    const login = { page: '/account/login' };
    const required = { path: '/account/*', session: 'required' };
    expect(complaints(configured({ login, routes: [required, rest] }))).toEqual([
      'login.page is on a route that needs a session (/account/*), so that nobody could ever sign in',
    ]);
    const open = { path: '/account/login', session: 'optional' };
    expect(complaints(configured({ login, routes: [open, required, rest] }))).toEqual([]);
    const onlyPost = { ...open, methods: ['POST'] };
    expect(complaints(configured({ login, routes: [onlyPost, required, rest] }))).toHaveLength(1);
  });

  const barred = (path: string) => [
    `login.page is on a route that needs a session (${path}), so that nobody could ever sign in`,
  ];
  const page = { page: '/login' };

  test.each([
    { session: 'required' },
    { claims: { role: ['admin'] } },
    { maxAuthAge: '5m' },
    { session: 'optional', claims: { role: ['admin'] }, maxAuthAge: '5m' },
  ])('is on no route that lets only some in: %j', (rules) => {
    expect(complaints(configured({ login: page, routes: [{ path: '/*', ...rules }] }))).toEqual(barred('/*'));
    expect(complaints(listed({ path: '/login', methods: ['POST'], ...rules }))).toEqual([]);
  });

  test('is found in any case and with the last slash, as a request for it is', () => {
    for (const path of ['/login', '/LOGIN', '/Login/']) {
      const routes = [{ path }, { path: '/*', session: 'required' }];
      expect(complaints(configured({ login: page, routes }))).toEqual([]);
    }
    const exact = { matching: 'exact', login: page, routes: [{ path: '/Login' }, { path: '/*', session: 'required' }] };
    expect(complaints(configured(exact))).toEqual(barred('/*'));
  });

  test('is open on each public origin', () => {
    const publicOrigins = ['https://shop.example', 'https://admin.shop.example'];
    const guarded = { path: '/login/*', host: 'admin.shop.example', session: 'required' };
    expect(complaints(configured({ login: page, publicOrigins, routes: [guarded, rest] }))).toEqual(barred('/login/*'));
    const open = { path: '/login', host: 'shop.example' };
    const shut = { path: '/*', session: 'required' };
    expect(complaints(configured({ login: page, publicOrigins, routes: [open, shut] }))).toEqual(barred('/*'));
    expect(
      complaints(configured({ login: page, publicOrigins: ['https://shop.example'], routes: [open, shut] })),
    ).toEqual([]);
  });

  test('is none of the gateway itself, which would lead to itself', () => {
    expect(complaints(configured({ login: { page: '/.session/login' } }))).toEqual([
      "login.page is one of the gateway's own pages, which are no login",
    ]);
    expect(complaints(configured({ login: { page: '/.session' } }))).toHaveLength(1);
    expect(complaints(configured({ prefix: '/auth', login: { page: '/.session/login' } }))).toEqual([]);
  });

  test('is none unless it is named', () => {
    expect(settingsOf(configured({})).login).toEqual({ kind: 'none' });
    expect(settingsOf(configured({ login: { page: '/login' } })).login).toEqual({
      kind: 'page',
      page: '/login',
      returnParam: 'return_to',
    });
  });

  test('of a provider cannot ask for refresh tokens', () => {
    const login = { issuer: 'https://id.example', clientId: 'shop', scopes: ['openid', 'offline_access'] };
    expect(complaints(configured({ login }))).toContain(
      'login.scopes asks for offline_access, and refresh tokens are not kept',
    );
  });
});

describe('the rest of the settings', () => {
  test.each([
    [{ prefix: '/' }, 'prefix is not a path for our own pages'],
    [{ prefix: '/a/' }, 'prefix is not a path for our own pages'],
    [{ prefix: 'a' }, 'prefix is not a path for our own pages'],
    [{ prefix: '/a/../b' }, 'prefix is not a path for our own pages'],
    [{ trust: { proxies: ['10.0.0.0/33'] } }, 'trust.proxies[0] is not a network'],
    [{ trust: { cloudfront: true } }, 'trust.cloudfront is not a way to trust CloudFront'],
    [{ trust: { cloudfront: { secret: undefined } } }, 'trust.cloudfront.secret is a secret that is undefined'],
    [{ status: { claims: {} } }, 'status.claims is empty'],
    [{ identity: { data: [''] } }, 'identity.data[0] is not the name of a claim'],
    [{ residency: { claim: 7 } }, 'residency.claim is not text'],
  ])('%j is refused', (part, message) => {
    expect(complaints(configured(part))).toEqual([message]);
  });
});

describe('other origins that may act on a route', () => {
  const crossSite = (...list: readonly unknown[]) => complaints(withRoute({ path: '/api/*', crossSite: list }));

  test.each([
    ['https://partner.example'],
    ['https://partner.example:8443', 'http://localhost:5173'],
    ['http://[::1]:3000'],
  ])('are listed one by one: %s', (...list) => {
    expect(crossSite(...list)).toEqual([]);
  });

  test.each<[unknown, string]>([
    ['null', 'is not an origin'],
    ['*', 'is not an origin'],
    ['partner.example', 'is not an origin'],
    ['', 'is not an origin'],
    ['https://*.partner.example', 'has a wildcard'],
    ['https://partner.example/', 'is more than an origin'],
    ['https://partner.example/app', 'is more than an origin'],
    ['https://user@partner.example', 'carries credentials'],
    ['http://partner.example', 'is not secure'],
    ['ftp://partner.example', 'is not an origin'],
  ])('cannot be written %j', (origin, message) => {
    expect(crossSite('https://good.example', origin)).toEqual([`routes[0].crossSite[1] ${message}`]);
  });

  test('are at least one, at most a hundred, and each once, however it is written', () => {
    expect(crossSite()).toHaveLength(1);
    const many = Array.from({ length: 101 }, (_, i) => `https://p${i}.example`);
    expect(crossSite(...many.slice(1))).toEqual([]);
    expect(crossSite(...many)).toEqual(['routes[0].crossSite[100] is one more than 100']);
    expect(crossSite('https://a.example', 'https://b.example', 'https://A.example:443')).toEqual([
      'routes[0].crossSite[2] is the same as crossSite[0]',
    ]);
  });
});
