import { describe, expect, test } from 'vitest';
import { createHeaderInterner } from '../../../../shared/cache/header-interner.ts';
import type { ClientFacts } from '../../../../shared/client/facts.ts';
import { readHeaders } from '../../../../shared/http/header-snapshot.ts';
import {
  createOriginHeaders,
  type OriginHeaders,
  type OriginRequestFacts,
} from '../../../../shared/proxy/origin-headers/build.ts';
import { settingsFor } from '../../../support/proxy-settings.ts';

const client: ClientFacts = {
  now: 0,
  requestId: 'request-0001',
  uuid: '6f1c2a52-0d3e-4b7a-9c11-5e8f7a6b3c2d',
  address: '203.0.113.9',
  forwardedFor: [],
  place: null,
  publicOrigin: { origin: 'https://shop.example', host: 'shop.example', scheme: 'https' },
  userAgent: '',
};
const stranger: OriginRequestFacts = {
  fields: readHeaders(new Headers()),
  client,
  session: 'off',
  assertion: null,
  affinity: null,
  identity: [],
  upgrade: false,
};

/** The header as a host sends it. */
function whole({ headers, perRequest }: OriginHeaders): Headers {
  const all = new Headers(headers);
  for (const [name, value] of perRequest) all.append(name, value);
  return all;
}

type Lines = readonly (readonly [name: string, value: string])[];

function sent(
  lines: Lines,
  facts: Partial<OriginRequestFacts> = {},
  door: 'worker' | 'lambda' = 'worker',
  more: Parameters<typeof settingsFor>[0] = {},
): Headers {
  const incoming = new Headers();
  for (const [name, value] of lines) incoming.append(name, value);
  const make = createOriginHeaders(settingsFor({ door, ...more }));
  return whole(make(incoming, { ...stranger, fields: readHeaders(incoming), ...facts }));
}

describe('what a client says passes', () => {
  test('in the application’s own headers, with order and duplicates', () => {
    const headers = sent([
      ['Accept', 'text/html'],
      ['Accept', '*/*'],
      ['Accept-Encoding', 'br;q=1, gzip'],
      ['Authorization', 'Bearer abc'],
      ['Content-Length', '12'],
      ['Content-Type', 'text/plain; charset="Latin-1"'],
      ['If-None-Match', 'W/"x"'],
      ['X-Latin', 'caf\u00e9'],
      ['X_Own_Name', 'y'],
      ['X-Note', 'session began'],
      ['X-Session-ID', 'abc'],
      ['Sec-WebSocket-Key', 'k'],
    ]);
    expect(headers.get('accept')).toBe('text/html, */*');
    expect(headers.get('accept-encoding')).toBe('br;q=1, gzip');
    expect(headers.get('authorization')).toBe('Bearer abc');
    expect(headers.get('content-length')).toBe('12');
    expect(headers.get('content-type')).toBe('text/plain; charset="Latin-1"');
    expect(headers.get('if-none-match')).toBe('W/"x"');
    expect(headers.get('x-latin')).toBe('caf\u00e9');
    expect(headers.get('x_own_name')).toBe('y');
    expect(headers.get('x-note')).toBe('session began');
    expect(headers.get('x-session-id')).toBe('abc');
    expect(headers.get('sec-websocket-key')).toBe('k');
  });

  test('but not the host it asked for, which the platform sets', () => {
    expect(sent([['Host', 'shop.example']]).has('host')).toBe(false);
  });
});

describe('what belongs to the connection ends here', () => {
  test.each([
    'Connection',
    'Keep-Alive',
    'Proxy-Connection',
    'TE',
    'Trailer',
    'Transfer-Encoding',
    'Upgrade',
    'HTTP2-Settings',
    'Proxy-Authorization',
    'Expect',
  ])('%s', (name) => {
    expect(sent([[name, 'x']]).has(name)).toBe(false);
  });

  test('and so does whatever Connection lists, in any case and in several headers', () => {
    const headers = sent([
      ['Connection', 'close, X-Hop'],
      ['Connection', 'x-other'],
      ['X-HOP', '1'],
      ['X-Other', '2'],
      ['X-Third', '3'],
    ]);
    expect([headers.has('x-hop'), headers.has('x-other'), headers.has('x-third')]).toEqual([false, false, true]);
  });

  test('but a client cannot take our words out by listing them', () => {
    const ours = [
      'x-forwarded-for',
      'x-forwarded-host',
      'forwarded',
      'via',
      'cdn-loop',
      'x-request-id',
      'session-status',
    ];
    const headers = sent(
      [
        ['Connection', ours.join(', ')],
        ['CDN-Loop', 'other'],
      ],
      { session: 'anonymous' },
    );
    for (const name of ours) expect(headers.has(name), name).toBe(true);
    expect(headers.get('cdn-loop')).toMatch(/^other, berth; id=/);
  });
});

describe('nobody can speak in our name', () => {
  const spoofs = [
    'Session-Status',
    'Session-Assertion',
    'Session-Affinity',
    'Session-Issue',
    'Session-Update',
    'Session-Rotate',
    'Session-End',
    'Session-Origin-Token',
    'Session-Explain',
    'Session-Explained',
    'Session-Authz-Token',
    'X-Forwarded-For',
    'X-Forwarded-Host',
    'X-Forwarded-Proto',
    'X-Forwarded-Port',
    'X-Forwarded-Prefix',
    'X-Forwarded-User',
    'X-Forwarded',
    'Forwarded',
    'X-Real-IP',
    'True-Client-IP',
    'X-Original-URL',
    'X-Original-For',
    'X-Rewrite-URL',
    'Client-Cert',
    'Client-Cert-Chain',
    'Remote-User',
    'Remote-Email',
    'Remote-Name',
    'Remote-Groups',
    'X-Auth-Request-User',
    'X-Amzn-Oidc-Identity',
    'Dev-Client-Ip',
    'Dev-Client-Place',
    'Dev-Clock',
    'X-Edge-Secret',
    'Cf-Access-Authenticated-User-Email',
    'CloudFront-Viewer-Address',
    'Proxy',
  ];
  const spellings = (name: string): string[] => [
    name,
    name.toLowerCase(),
    name.toUpperCase(),
    name.replaceAll('-', '_'),
    name.replace('-', '_'),
    name.replaceAll('-', '.'),
  ];

  test.each(spoofs)('with %s, in whatever spelling, once or twice', (name) => {
    for (const spelling of spellings(name)) {
      const headers = sent([
        [spelling, 'evil'],
        [spelling, 'evil'],
      ]);
      for (const [key, value] of headers) expect(value, `${spelling} as ${key}`).not.toContain('evil');
    }
  });

  test('and the same holds on the second request, when names are remembered', () => {
    const make = createOriginHeaders(settingsFor());
    const headersFor = (incoming: Headers) => whole(make(incoming, { ...stranger, fields: readHeaders(incoming) }));
    for (let i = 0; i < 2; i++) {
      const headers = headersFor(new Headers({ session_status: 'active', 'x-mine': '1' }));
      expect([headers.has('session_status'), headers.has('x-mine')]).toEqual([false, true]);
    }
  });

  test('nor by making up more names than anybody remembers', () => {
    const make = createOriginHeaders(settingsFor());
    const headersFor = (incoming: Headers) => whole(make(incoming, { ...stranger, fields: readHeaders(incoming) }));
    for (let i = 0; i < 1_500; i++) headersFor(new Headers({ [`x-${i}`]: '1' }));
    expect(headersFor(new Headers({ remote_user: 'admin' })).has('remote_user')).toBe(false);
    expect(headersFor(new Headers({ 'x-late': '1' })).get('x-late')).toBe('1');
  });

  test('what Cloudflare writes itself is believed on Workers and nowhere else', () => {
    const lines: Lines = [
      ['CF-Connecting-IP', '203.0.113.9'],
      ['CF-Ray', 'abc'],
    ];
    expect(sent(lines, {}, 'worker').get('cf-connecting-ip')).toBe('203.0.113.9');
    expect(sent(lines, {}, 'lambda').has('cf-connecting-ip')).toBe(false);
    expect(sent([['CF_Connecting_IP', 'evil']], {}, 'worker').has('cf_connecting_ip')).toBe(false);
    expect(sent(lines, {}, 'lambda').has('cf-ray')).toBe(false);
  });
});

describe('credentials of ours stay with us', () => {
  test.each(['Session abc', 'session abc', ' SESSION\tabc', 'Session', 'Bearer a, Session b', 'Basic x,session y'])(
    'Authorization: %s',
    (value) => {
      expect(sent([['Authorization', value]]).has('authorization')).toBe(false);
    },
  );

  test.each(['Bearer session', 'Basic c2Vzc2lvbg==', 'Sessions abc', 'Digest username="session x"'])(
    'but the application gets its own: %s',
    (value) => {
      expect(sent([['Authorization', value]]).get('authorization')).toBe(value);
    },
  );

  test('our cookies are taken out, the others pass byte for byte', () => {
    expect(sent([['Cookie', 'a=1;b="2" ; __Host-session=s;  c=3']]).get('cookie')).toBe('a=1;b="2" ;  c=3');
    expect(sent([['Cookie', '__Host-session=s; __Host-affinity=p']]).has('cookie')).toBe(false);
  });

  test('a header that carries a sealed pin is dropped, one that is the application’s own passes', () => {
    const headersFor = (value: 'pin' | 'hash' | 'wrap') =>
      sent([['X-Berth', 'v']], {}, 'worker', { affinity: { kind: 'header', name: 'X-Berth', value } });
    expect(headersFor('pin').has('x-berth')).toBe(false);
    expect(headersFor('hash').get('x-berth')).toBe('v');
    expect(headersFor('wrap').get('x-berth')).toBe('v');
  });
});

describe('the origin learns where the request came from', () => {
  test('from the client alone', () => {
    const headers = sent([['X-Forwarded-For', '6.6.6.6']]);
    expect(headers.get('x-forwarded-for')).toBe('203.0.113.9');
    expect(headers.get('x-forwarded-host')).toBe('shop.example');
    expect(headers.get('x-forwarded-proto')).toBe('https');
    expect(headers.get('forwarded')).toBe('for=203.0.113.9;host=shop.example;proto=https');
    expect(headers.get('x-request-id')).toBe('request-0001');
  });

  test('and through which trusted proxies, the client first', () => {
    const headers = sent([], { client: { ...client, address: '2001:db8::1', forwardedFor: ['10.0.0.2', '10.0.0.1'] } });
    expect(headers.get('x-forwarded-for')).toBe('2001:db8::1, 10.0.0.2, 10.0.0.1');
    expect(headers.get('forwarded')).toBe(
      'for="[2001:db8::1]";host=shop.example;proto=https, for=10.0.0.2, for=10.0.0.1',
    );
  });

  test('with a host and port in quotes', () => {
    const publicOrigin = { origin: 'http://localhost:8787', host: 'localhost:8787', scheme: 'http' } as const;
    expect(sent([], { client: { ...client, publicOrigin } }).get('forwarded')).toBe(
      'for=203.0.113.9;host="localhost:8787";proto=http',
    );
  });

  test('or that nobody knows', () => {
    const headers = sent([], { client: { ...client, address: null } });
    expect(headers.has('x-forwarded-for')).toBe(false);
    expect(headers.get('forwarded')).toBe('for=unknown;host=shop.example;proto=https');
  });

  test('Via and CDN-Loop are lists that we add ourselves to', () => {
    expect(sent([]).get('via')).toBe('1.1 berth');
    expect(sent([]).get('cdn-loop')).toMatch(/^berth; id=[0-9a-f]{8}$/);
    const headers = sent([
      ['Via', '2 cdn'],
      ['Via', '1.1 inner (x)'],
      ['CDN-Loop', 'cdn; a="b, c"'],
    ]);
    expect(headers.get('via')).toBe('2 cdn, 1.1 inner (x), 1.1 berth');
    expect(headers.get('cdn-loop')).toMatch(/^cdn; a="b, c", berth; id=[0-9a-f]{8}$/);
  });

  test('a trace goes on, and its state with it', () => {
    const headers = sent([
      ['traceparent', '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00'],
      ['tracestate', 'a=1'],
      ['tracestate', 'b=2'],
    ]);
    expect(headers.get('traceparent')).toMatch(
      /^00-0af7651916cd43dd8448eb211c80319c-(?!b7ad6b7169203331)[0-9a-f]{16}-00$/,
    );
    expect(headers.get('tracestate')).toBe('a=1, b=2');
  });

  test('a broken trace begins anew, without the state', () => {
    const headers = sent([
      ['traceparent', 'nonsense'],
      ['tracestate', 'a=1'],
    ]);
    expect(headers.get('traceparent')).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    expect(headers.has('tracestate')).toBe(false);
  });
});

describe('the origin learns who the client is', () => {
  const affinity = { origin: 'eu', epoch: 3, next: 'us' };

  test('from an assertion, where the session has a subject', () => {
    const headers = sent([], { session: 'active', assertion: 'a.b.c', affinity });
    expect(headers.get('session-status')).toBe('active');
    expect(headers.get('session-assertion')).toBe('a.b.c');
    expect(headers.get('session-affinity')).toBe('origin=eu, epoch=3, next=us');
  });

  test('or that it is nobody in particular', () => {
    const headers = sent([], { session: 'anonymous', affinity: { ...affinity, next: null } });
    expect(headers.get('session-status')).toBe('anonymous');
    expect(headers.has('session-assertion')).toBe(false);
    expect(headers.get('session-affinity')).toBe('origin=eu, epoch=3');
  });

  test('but on a route that does not look at sessions it learns only of its own place', () => {
    const identity = [['remote-user', 'alice']] as const;
    const headers = sent([], { session: 'off', assertion: 'a.b.c', identity, affinity });
    expect(headers.has('session-status')).toBe(false);
    expect(headers.has('session-assertion')).toBe(false);
    expect(headers.has('remote-user')).toBe(false);
    expect(headers.get('session-affinity')).toBe('origin=eu, epoch=3, next=us');
  });

  test('and from the preset’s headers, in place of what the client wrote there', () => {
    const headers = sent([['Remote-User', 'admin']], { session: 'active', identity: [['remote-user', 'alice']] });
    expect(headers.get('remote-user')).toBe('alice');
  });
});

describe('a client that asks again', () => {
  const lines: Lines = [
    ['accept', 'text/html'],
    ['cookie', '__Host-session=s; theme=dark'],
    ['x-note', 'one'],
  ];
  const facts: OriginRequestFacts = {
    ...stranger,
    session: 'active',
    assertion: 'header.payload.signature-of-this-client',
    affinity: { origin: 'eu', epoch: 1, next: 'us' },
    identity: [['x-forwarded-user', 'ada']],
  };
  const asHeaders = (from: Lines) => new Headers(from.map(([name, value]) => [name, value]));
  type Asked = (changed?: Partial<OriginRequestFacts>, from?: Lines) => OriginHeaders;
  const gateway = (): Asked => {
    const surveyed = createHeaderInterner();
    const make = createOriginHeaders(settingsFor());
    return (changed = {}, from = lines) => {
      const incoming = asHeaders(from);
      const own = { ...client, uuid: crypto.randomUUID() };
      return make(incoming, { ...facts, client: own, fields: surveyed(incoming), ...changed });
    };
  };
  const told = (sent: OriginHeaders) => Object.fromEntries(whole(sent));

  test('is sent on with the same header, and with an id and a span of its own', () => {
    const ask = gateway();
    const first = told(ask());
    const again = told(ask({ client: { ...client, requestId: 'request-0002', uuid: crypto.randomUUID() } }));
    const { 'x-request-id': id, traceparent, ...rest } = again;
    expect(id).toBe('request-0002');
    expect(traceparent).not.toBe(first.traceparent);
    expect({ ...first, 'x-request-id': '', traceparent: '' }).toEqual({ ...rest, 'x-request-id': '', traceparent: '' });
  });

  const wordsOfOurs: readonly (readonly [string, Partial<OriginRequestFacts>])[] = [
    ['from another address', { client: { ...client, address: '198.51.100.1' } }],
    ['through a proxy', { client: { ...client, forwardedFor: ['192.0.2.1'] } }],
    [
      'at another host',
      { client: { ...client, publicOrigin: { origin: 'http://b.example', host: 'b.example', scheme: 'http' } } },
    ],
    ['on a route that looks at no session', { session: 'off' }],
    ['as somebody else', { assertion: 'header.payload.signature-of-another-one' }],
    ['as nobody', { assertion: null, session: 'anonymous', identity: [] }],
    ['for another origin', { affinity: { origin: 'us', epoch: 1, next: 'eu' } }],
    ['after a move', { affinity: { origin: 'eu', epoch: 2, next: 'us' } }],
    ['without an origin', { affinity: null }],
    ['under another name', { identity: [['x-forwarded-user', 'grace']] }],
  ];
  test.each(wordsOfOurs)('%s is told of as if it had never asked before', (_, changed) => {
    const ask = gateway();
    ask();
    const { traceparent: _a, ...seen } = told(ask(changed));
    const { traceparent: _b, ...fresh } = told(gateway()(changed));
    expect(seen).toEqual(fresh);
    const { traceparent: _c, ...before } = told(ask());
    const { traceparent: _d, ...first } = told(gateway()());
    expect(before).toEqual(first);
  });

  test.each<readonly [string, Lines]>([
    ['another value', [['accept', '*/*'], ...lines.slice(1)]],
    ['another name', [...lines.slice(0, 2), ['x-mark', 'one']]],
    ['one field more', [...lines, ['x-other', '1']]],
    ['one field less', lines.slice(0, 2)],
    [
      'another cookie',
      [
        ['accept', 'text/html'],
        ['cookie', '__Host-session=s; theme=light'],
        ['x-note', 'one'],
      ],
    ],
    ['a trace of its own', [...lines, ['traceparent', '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01']]],
    ['what could spoof us', [...lines, ['x-forwarded-for', '1.1.1.1']]],
  ])('with %s passes just that', (_, from) => {
    const ask = gateway();
    ask();
    const { traceparent: mine, ...seen } = told(ask({}, from));
    const { traceparent: fresh, ...expected } = told(gateway()({}, from));
    expect(seen).toEqual(expected);
    expect(mine?.slice(0, 35) === fresh?.slice(0, 35)).toBe(from.some(([name]) => name === 'traceparent'));
  });

  test('with very much to say is listened to each time', () => {
    const ask = gateway();
    const long: Lines = [...lines, ['x-long', 'x'.repeat(9_000)]];
    expect(ask({}, long).headers).not.toBe(ask({}, long).headers);
    expect(ask().headers).toBe(ask().headers);
  });

  test('through the same proxies is sent on with the same header', () => {
    const ask = gateway();
    const through = () => ask({ client: { ...client, forwardedFor: ['192.0.2.1', '192.0.2.2'] } });
    expect(through().headers).toBe(through().headers);
  });

  describe('under ids that are new each time', () => {
    const trace = (digit: string) => `00-${digit.repeat(32)}-${digit.repeat(16)}-01`;
    const under = (digit: string): Lines => [
      ...lines,
      ['cf-ray', `8f1d2c3b4a5e6f7${digit}-FRA`],
      ['traceparent', trace(digit)],
      ['tracestate', `a=${digit}`],
      ['x-correlation-id', digit],
    ];

    test('is sent on with the same header and the new ids', () => {
      const ask = gateway();
      const first = ask({}, under('1'));
      const { traceparent, ...rest } = told(first);
      expect(rest).toMatchObject({ 'cf-ray': '8f1d2c3b4a5e6f71-FRA', tracestate: 'a=1', 'x-correlation-id': '1' });
      const again = ask({}, under('2'));
      expect(again.headers).toBe(first.headers);
      expect(whole(again).get('traceparent')?.slice(0, 35)).toBe(trace('2').slice(0, 35));
      expect(traceparent?.slice(0, 35)).toBe(trace('1').slice(0, 35));
      expect(told(again)).toMatchObject({
        'cf-ray': '8f1d2c3b4a5e6f72-FRA',
        tracestate: 'a=2',
        'x-correlation-id': '2',
      });
    });

    test('says no more of a trace than what this request says of it', () => {
      const ask = gateway();
      ask({}, under('1'));
      const broken = under('2').map(([name, value]) => [name, name === 'traceparent' ? 'broken' : value] as const);
      expect(whole(ask({}, broken)).has('tracestate')).toBe(false);
      expect(whole(ask({}, under('3'))).get('tracestate')).toBe('a=3');
    });

    test('and keeps no id of a request before it', () => {
      const ask = gateway();
      ask({}, under('1'));
      const without = whole(ask({}, lines));
      for (const name of ['cf-ray', 'tracestate', 'x-correlation-id']) expect(without.has(name), name).toBe(false);
    });

    test('nor one that the connection claims', () => {
      const ask = gateway();
      const claimed = (digit: string): Lines => [...under(digit), ['connection', 'x-correlation-id']];
      expect(whole(ask({}, claimed('1'))).has('x-correlation-id')).toBe(false);
      expect(whole(ask({}, claimed('2'))).has('x-correlation-id')).toBe(false);
      expect(whole(ask({}, claimed('2'))).get('cf-ray')).toBe('8f1d2c3b4a5e6f72-FRA');
    });
  });
});
