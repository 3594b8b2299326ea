/** Every reader of what a stranger wrote: for any text it answers, soon, and takes nothing for its own that is not. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatAddress, parseAddress, parseCidr } from '../../shared/client/address.ts';
import { cloudfrontViewer, createHops } from '../../shared/client/forwarded.ts';
import { addressOfNode, addressOfViewer } from '../../shared/client/forwarded-node.ts';
import { bearerOf } from '../../shared/client/service-token.ts';
import type { CommandName, Commands, Pool } from '../../shared/config/settings.ts';
import { createMacRing } from '../../shared/crypto/key-ring.ts';
import { cookieValues, splitAtValues } from '../../shared/http/cookies/cookie-header.ts';
import { createOwnCookies } from '../../shared/http/cookies/own-cookies.ts';
import { readSetCookie } from '../../shared/http/cookies/set-cookie-line.ts';
import { listHeaders, readHeaders } from '../../shared/http/header-snapshot.ts';
import { contentLengthOf, fieldName } from '../../shared/http/headers.ts';
import { readReturnTo } from '../../shared/http/return-to.ts';
import { createCommandReader } from '../../shared/identity/commands.ts';
import { createOriginHeaders } from '../../shared/proxy/origin-headers/build.ts';
import { readHandle, writeHandle } from '../../shared/session/stored/cookie/handle.ts';
import { createSnapshots } from '../../shared/session/stored/cookie/snapshot.ts';
import { createTokenCodec } from '../../shared/session/token/codec.ts';
import { everyCommand, routeWith, settingsFor } from '../support/proxy-settings.ts';
import { sessionKey } from '../support/session-parts.ts';

const byte = fc.integer({ min: 0x20, max: 0xff }).map((code) => String.fromCharCode(code));
/** What a header can hold, with the signs that readers look for more often than chance has them. */
const headerOf = (...words: string[]) =>
  fc
    .array(fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...words) }, fc.string({ unit: byte, maxLength: 8 })), {
      maxLength: 12,
    })
    .map((parts) => parts.join('').trim());
const bounded = { numRuns: 1_000, interruptAfterTimeLimit: 10_000, markInterruptAsFailure: true };
const quickly = { numRuns: 300, interruptAfterTimeLimit: 10_000, markInterruptAsFailure: true };
/** Long enough that a reader which goes back and forth over it would take minutes. */
const repeated = 50_000;
const soonMs = 1_000;

const settings = settingsFor();
const own = createOwnCookies(settings);
const home = settings.publicOrigins[0] as (typeof settings.publicOrigins)[number];

describe('a Cookie header', () => {
  const cookies = headerOf('__Host-session', '__Host-affinity', 'JSESSIONID', '__Secure-login-1', '=', ';', '; ', ',');

  it('is cut at values and put together again byte for byte', () => {
    fc.assert(
      fc.property(cookies, (header) => {
        expect(splitAtValues(header, 'JSESSIONID').join('')).toBe(header);
      }),
      bounded,
    );
  });

  it('holds no cookie of ours once ours are taken out, and still each of the others', () => {
    fc.assert(
      fc.property(cookies, (header) => {
        const left = own.withoutOurs(header);
        expect(cookieValues(left, '__Host-session')).toEqual([]);
        expect(cookieValues(left, '__Host-affinity')).toEqual([]);
        const namesIn = (text: string | null) => (text ?? '').split(';').map((pair) => pair.split('=')[0]?.trim());
        if (!header.includes(',')) {
          const others = namesIn(header).filter((name) => name && !own.has(name));
          expect(namesIn(left).filter(Boolean)).toEqual(others);
        }
      }),
      bounded,
    );
  });

  it('gives the values that stand between such a name and the next semicolon, where no comma is', () => {
    fc.assert(
      fc.property(cookies, (header) => {
        if (header.includes(',')) return;
        const pairs = header.split(';').filter((pair) => /^[ \t]*__Host-session[ \t]*=/.test(pair));
        const values = pairs.map((pair) =>
          pair
            .slice(pair.indexOf('=') + 1)
            .replace(/^[ \t]+|[ \t]+$/g, '')
            .replace(/^"(.*)"$/, '$1'),
        );
        expect(cookieValues(header, '__Host-session')).toEqual(values.slice(0, 8));
      }),
      bounded,
    );
  });

  it('in a reply passes whole when the application sets it', () => {
    const lines = headerOf(
      'JSESSIONID',
      '=',
      ';',
      'Max-Age',
      'Expires',
      '0',
      '1',
      '-',
      'Thu, 01 Jan 1970 00:00:00 GMT',
    );
    fc.assert(
      fc.property(lines, (line) => {
        const read = readSetCookie(line, 'JSESSIONID', 0);
        if (read) expect(read.before + read.value + read.after).toBe(line);
        expect(typeof own.isSetBy(line)).toBe('boolean');
      }),
      bounded,
    );
  });
});

describe('a session cookie', () => {
  const ring = createMacRing([sessionKey('one')]);
  const codec = createTokenCodec(ring, ['https://shop.example']);
  const snapshots = createSnapshots(ring);
  const letters = (minLength: number, maxLength: number) =>
    fc.string({ unit: fc.constantFrom(...'abcXYZ019_-'), minLength, maxLength });
  const nearHandle = fc
    .tuple(letters(21, 23), letters(42, 44), letters(58, 90))
    .map((fields) => `v1.${fields.join('.')}`);
  const header = 'eyJhbGciOiJIUzI1NiIsInR5cCI6InNlc3Npb24rand0Iiwia2lkIjoib25lIn0';
  const nearToken = fc
    .tuple(fc.oneof(fc.constant(header), letters(19, 60)), letters(19, 200), letters(42, 44))
    .map((parts) => parts.join('.'));
  const anything = fc.oneof(fc.string({ unit: byte, maxLength: 300 }), nearHandle, nearToken, headerOf('v1', '.', '-'));

  it('is a handle only in its one spelling', () => {
    fc.assert(
      fc.property(anything, (value) => {
        const handle = readHandle(value);
        if (handle) expect(writeHandle(handle)).toBe(value);
      }),
      bounded,
    );
  });

  it('that nobody signed is no token and no snapshot', async () => {
    await fc.assert(
      fc.asyncProperty(anything, letters(0, 30), async (value, secret) => {
        expect(await codec.read(value)).toBeNull();
        // With the header of a token of ours, it has the shape of one.
        expect(['shape', 'signature']).toContain((await codec.whyUnreadable(value)).because);
        expect(await snapshots.open(value, 'locator', secret)).toBeNull();
        expect(['shape', 'key', 'signature']).toContain(await snapshots.whyUnreadable(value, 'locator', secret));
      }),
      bounded,
    );
  });
});

describe('a request’s header', () => {
  const sign = fc.constantFrom('-', '_', '.', '!', '+', '~', '--');
  const word = fc.constantFrom(
    ...['x', 'forwarded', 'for', 'session', 'status', 'assertion', 'real', 'ip', 'client', 'cert', 'remote', 'user'],
    ...['dev', 'clock', 'edge', 'secret', 'original', 'url', 'cf', 'host', 'via', 'cookie', 'app', 'own', 'id', 'te'],
  );
  const name = fc
    .tuple(fc.array(fc.tuple(word, sign), { maxLength: 3 }), word, fc.boolean())
    .map(([parts, last, loud]) => {
      const text = parts.flat().join('') + last;
      return loud ? text.toUpperCase() : text;
    });
  const value = headerOf('close', 'x-app', 'session_status', 'keep-alive', ',', ', ', ';', '"', 'forged');
  const lines = fc.array(fc.tuple(name, value), { maxLength: 12 });
  const connection = fc.array(fc.oneof(name, value), { maxLength: 4 }).map((listed) => listed.join(','));
  /** As a server that follows CGI would hear it: a second telling of what must not come from a client. */
  const reserved =
    /^HTTP_(SESSION_(STATUS|ASSERTION)|X_FORWARDED|X_FORWARDED_.*|FORWARDED|X_REAL_IP|X_ORIGINAL_.*|CLIENT_CERT|CLIENT_CERT_.*|REMOTE_USER|DEV_CLOCK|X_EDGE_SECRET|CF_.*|HOST|TE)$/;
  const asCgi = (text: string) => `HTTP_${text.toUpperCase().replace(/[^A-Z0-9]/g, '_')}`;
  const client = {
    now: 0,
    requestId: 'r',
    uuid: '6f1c2a52-0d3e-4b7a-9c11-5e8f7a6b3c2d',
    address: '203.0.113.9',
    forwardedFor: [],
    place: null,
    publicOrigin: home,
    isNavigation: false,
    userAgent: '',
  };

  it.each(['worker', 'lambda'] as const)(
    'says to an origin nothing that is ours to say, and all the rest (%s)',
    (door) => {
      const build = createOriginHeaders(settingsFor({ door }));
      const make = (...request: Parameters<typeof build>) => {
        const { headers, perRequest } = build(...request);
        return new Headers([...headers, ...perRequest.map(([name, value]) => [name, value] as [string, string])]);
      };
      fc.assert(
        fc.property(lines, connection, (given, listed) => {
          const incoming = new Headers();
          for (const [key, text] of given) incoming.append(key, text);
          if (listed !== '') incoming.set('connection', listed);
          const facts = {
            client,
            session: 'off',
            assertion: null,
            affinity: null,
            identity: [],
            upgrade: false,
          } as const;
          const sent = make(incoming, { ...facts, fields: readHeaders(incoming) });
          const ours = make(new Headers(), { ...facts, fields: readHeaders(new Headers()) });
          const hidden = new Set(listed.split(',').map((text) => text.trim().toLowerCase()));
          for (const [key, text] of sent) {
            if (reserved.test(asCgi(key))) expect([key, text]).toEqual([key, ours.get(key)]);
          }
          for (const [key] of given) {
            const lower = key.toLowerCase();
            if (!/^(x.)?(app|own|id)/.test(lower) || hidden.has(lower)) continue;
            // Two empty values are `, `, of which a copy keeps the comma.
            expect([key, sent.get(key)?.trim()]).toEqual([key, incoming.get(key)?.trim()]);
          }
        }),
        bounded,
      );
    },
  );

  it('is measured, whatever is in it', () => {
    fc.assert(
      fc.property(lines, (given) => {
        const headers = new Headers();
        for (const [key, text] of given) headers.append(key, text);
        const survey = readHeaders(headers);
        expect(survey.bytes).toBe([...headers].reduce((sum, [key, text]) => sum + `${key}: ${text}\r\n`.length, 0));
        for (const key of [...survey.stable.names, ...survey.stable.volatileNames])
          expect(survey.get(fieldName(key.toUpperCase()))).toBe(headers.get(key));
        const length = contentLengthOf(survey);
        if (length !== null) expect(Number.isSafeInteger(length)).toBe(true);
      }),
      bounded,
    );
  });
});

describe('a command of an origin', () => {
  const said = fc.oneof(
    headerOf('?1', '?0', 'current', 'all', 'e30', 'eyJ', '.', ',', '=', 'null'),
    fc.json().map((text) => Buffer.from(text).toString('base64url')),
    fc
      .record({ sub: fc.jsonValue(), claims: fc.jsonValue(), data: fc.jsonValue(), amr: fc.jsonValue() })
      .map((value) => Buffer.from(JSON.stringify(value)).toString('base64url')),
  );
  const name = fc.constantFrom<CommandName>(...everyCommand);
  const proofs: Commands['proof'][] = [
    { kind: 'token', token: 'origin-token-0123456789' },
    { kind: 'jwks', jwks: { keys: [] } },
  ];

  it.each(proofs)('is believed only with proof, and otherwise ignored or called malformed ($kind)', async (proof) => {
    const withCommands = settingsFor({ commands: { proof, may: everyCommand, claims: null } });
    const read = createCommandReader(withCommands);
    const pool = withCommands.pools.get('app') as Pool;
    await fc.assert(
      fc.asyncProperty(fc.dictionary(name, said), fc.boolean(), async (commands, proved) => {
        const headers = new Headers(Object.entries(commands).map(([key, value]) => [`session-${key}`, value]));
        if (proved) headers.set('session-origin-token', 'origin-token-0123456789');
        const { names } = listHeaders(headers);
        const asked = { headers, names, status: 200, pool, route: routeWith({ issues: true }), requestId: 'r', now: 0 };
        const { kind } = await read(asked);
        const believed = proved && proof.kind === 'token' ? ['commands'] : [];
        expect(['none', 'ignored', 'malformed', ...believed]).toContain(kind);
      }),
      quickly,
    );
  });
});

const hopsOf = createHops(['10.0.0.0/8', '2001:db8::/32']);

describe('what proxies say', () => {
  const hops = headerOf('10.0.0.1', '203.0.113.9', '2001:db8::1', '::', '::ffff:10.0.0.1', ',', ', ', ':443', '[', ']');

  it('names an address that can be read, and none that is not in the header', () => {
    fc.assert(
      fc.property(hops, (header) => {
        const { address, forwardedFor } = hopsOf('10.0.0.1', header);
        for (const hop of [address as string, ...forwardedFor]) {
          expect(parseAddress(hop)).not.toBeNull();
          expect(`10.0.0.1,${header}`).toContain(hop);
        }
      }),
      bounded,
    );
  });

  it('is an address only in a spelling that leads back to the same octets', () => {
    fc.assert(
      fc.property(hops, (text) => {
        const address = parseAddress(text);
        if (address) expect(parseAddress(formatAddress(address))).toEqual(address);
        const cidr = parseCidr(`${text}/8`);
        if (cidr) expect(cidr.prefixLength).toBe(8);
      }),
      bounded,
    );
  });

  it('of a viewer behind CloudFront is an address and a place on earth, or nothing', async () => {
    await fc.assert(
      fc.asyncProperty(hops, headerOf('-', '.', '90', '180', '1e3'), async (address, degrees) => {
        const headers = new Headers({
          'x-edge-secret': 'secret',
          'cloudfront-viewer-address': address,
          'cloudfront-viewer-latitude': degrees,
          'cloudfront-viewer-longitude': degrees,
        });
        const viewer = await cloudfrontViewer(headers, 'secret');
        if (viewer?.address) expect(parseAddress(viewer.address)).not.toBeNull();
        if (viewer?.place) expect(Math.abs(viewer.place.latitude)).toBeLessThanOrEqual(90);
      }),
      quickly,
    );
  });
});

it('a way back leads to one of our own origins, or nowhere', () => {
  const wishes = headerOf(
    '/',
    '\\',
    '//',
    'https:',
    'shop.example',
    'evil.example',
    '@',
    '..',
    '%2f',
    '?',
    '#',
    '\t',
    ':',
  );
  fc.assert(
    fc.property(wishes, (wish) => {
      const target = readReturnTo(wish, settings.publicOrigins, home);
      if (target !== null) expect(new URL(target).origin).toBe('https://shop.example');
    }),
    bounded,
  );
});

describe('a text without end takes no longer than it takes to read', () => {
  const units = [
    'a',
    ' ',
    ';',
    ',',
    '=',
    '.',
    ':',
    '%',
    ', ',
    '; ',
    '__Host-session',
    ',__Host-session',
    'JSESSIONID ',
    '::',
  ];
  it.each(units)('of %j', async (unit) => {
    const text = unit.repeat(repeated);
    const started = performance.now();
    cookieValues(text, '__Host-session');
    own.withoutOurs(text);
    own.isSetBy(text);
    splitAtValues(text, 'JSESSIONID');
    readSetCookie(`JSESSIONID=${text}`, 'JSESSIONID', 0);
    readHandle(text);
    readReturnTo(text, settings.publicOrigins, home);
    hopsOf('10.0.0.1', text);
    addressOfNode(text);
    addressOfViewer(text);
    parseAddress(text);
    parseCidr(text);
    bearerOf(text);
    bearerOf(`Bearer ${text}`);
    await createTokenCodec(createMacRing([sessionKey('one')]), ['https://shop.example']).read(text);
    expect(performance.now() - started).toBeLessThan(soonMs);
  });
});
