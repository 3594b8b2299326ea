/**
 * An origin takes apart the path it is handed in its own way. Here are those ways, written down a second time and without
 * a look at the gateway's own, in every order that servers, containers and frameworks apply them one after another.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Route, Settings } from '../../../shared/config/settings.ts';
import type { MatchedRoute } from '../../../shared/policy/decide.ts';
import { createMatcher } from '../../../shared/policy/match.ts';
import { routeWith } from '../../support/proxy-settings.ts';

/** `%61` is `a`; a sign that escapes nothing stays. */
const decodeOnce = (path: string): string => {
  let text = '';
  for (let i = 0; i < path.length; i++) {
    const digits = path.slice(i + 1, i + 3);
    const escaped = path[i] === '%' && /^[0-9a-f]{2}$/i.test(digits);
    text += escaped ? String.fromCharCode(Number(`0x${digits}`)) : path[i];
    if (escaped) i += 2;
  }
  return text;
};

/** Servlet containers: what follows `;` in a segment is a parameter of it. */
const withoutParameters = (path: string): string =>
  path
    .split('/')
    .map((segment) => segment.split(';')[0])
    .join('/');

/** IIS and Java on Windows. */
const withSlashes = (path: string): string => path.split('\\').join('/');

/** NGINX's `merge_slashes`. */
const withoutEmptySegments = (path: string): string => path.replace(/\/{2,}/g, '/');

/** RFC 3986, section 5.2.4, letter by letter. An empty segment is a segment there. */
const withoutDotSegments = (path: string): string => {
  let input = path;
  let output = '';
  while (input !== '') {
    if (input.startsWith('/./')) input = input.slice(2);
    else if (input === '/.') input = '/';
    else if (input.startsWith('/../') || input === '/..') {
      input = input === '/..' ? '/' : input.slice(3);
      output = output.slice(0, Math.max(0, output.lastIndexOf('/')));
    } else {
      const next = input.indexOf('/', 1);
      output += next < 0 ? input : input.slice(0, next);
      input = next < 0 ? '' : input.slice(next);
    }
  }
  return output;
};

/** Whoever builds a URL out of a decoded path and reads that again. */
const withoutQuery = (path: string): string => path.split(/[?#]/)[0] as string;

/** Express, IIS, and whatever serves files from a disk that does not tell them apart. */
const inSmallLetters = (path: string): string => path.toLowerCase();

/** Express, Flask and Django, which take one for the other or lead there. */
const withoutLastSlash = (path: string): string => (path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path);

const simple = [
  withoutParameters,
  withSlashes,
  withoutEmptySegments,
  withoutDotSegments,
  withoutQuery,
  inSmallLetters,
  withoutLastSlash,
];
const mostDecodings = 2;

/** Every reading that some order of these steps arrives at; a path is decoded twice at the most. */
function readingsAtAnOrigin(path: string, matching: Settings['matching'] = 'folded'): Set<string> {
  const steps = matching === 'folded' ? simple : simple.slice(0, -2);
  const states = new Map([[`0 ${path}`, { text: path, decodings: 0 }]]);
  for (const { text, decodings } of states.values()) {
    const next = steps.map((step) => ({ text: step(text), decodings }));
    if (decodings < mostDecodings) next.push({ text: decodeOnce(text), decodings: decodings + 1 });
    for (const state of next) states.set(`${state.decodings} ${state.text}`, state);
  }
  return new Set([...states.values()].map(({ text }) => text));
}

/** What a page asks of those who want to see it. */
type Rules = Partial<Pick<Route, 'session' | 'claims' | 'maxAuthAgeMs' | 'crossSite' | 'regions' | 'freshnessMs'>>;
type Table = readonly (readonly [pattern: string, rules: Rules])[];

const open: Rules = {
  session: 'optional',
  claims: {},
  maxAuthAgeMs: null,
  crossSite: 'refuse',
  regions: null,
  freshnessMs: 60,
};
const shut: Rules = { ...open, session: 'required' };

const routeOf = (path: string, rules: Rules, i: number): Route =>
  routeWith({ ...open, ...rules, number: i + 1, path, host: null, methods: null, cache: 'none' });

const matcherOf = (table: Table, matching: Settings['matching'] = 'folded') =>
  createMatcher(
    table.map(([pattern, rules], i) => routeOf(pattern, rules, i)),
    matching,
  );

const covers = (pattern: string, path: string): boolean => {
  if (!pattern.endsWith('/*')) return path === pattern;
  const folder = pattern.slice(0, -2);
  return path === folder || path.startsWith(`${folder}/`);
};

const grades = ['off', 'optional', 'required'];
const grade = ({ session }: Pick<Route, 'session'>): number => grades.indexOf(session);
const within = (given: Route['crossSite'], allowed: Route['crossSite']): boolean =>
  given === 'refuse' ||
  allowed === 'allow' ||
  (Array.isArray(given) && Array.isArray(allowed) && given.every((origin) => allowed.includes(origin)));

/** Whether who gets past `found` would have got past `asked` too, and to no other effect. */
function asksNoLess(found: MatchedRoute, asked: Route): boolean {
  const claims = [found.claims, ...(found.alsoClaims ?? [])];
  const asksClaims = Object.keys(asked.claims).length > 0;
  return (
    grade(found) >= grade(asked) &&
    (!asksClaims || claims.some((each) => each === asked.claims)) &&
    (asked.maxAuthAgeMs === null || (found.maxAuthAgeMs ?? Number.POSITIVE_INFINITY) <= asked.maxAuthAgeMs) &&
    found.freshnessMs <= asked.freshnessMs &&
    within(found.crossSite, asked.crossSite) &&
    (asked.regions === null || found.regions?.every((region) => asked.regions?.includes(region)) === true)
  );
}

/** The readings of pages that ask for more than the gateway does when it passes the path on. */
function waysAround(sent: string, table: Table, matching: Settings['matching'] = 'folded'): string[] {
  const forwarded = new URL(`https://shop.example${sent}`).pathname;
  const found = matcherOf(table, matching)({ path: forwarded, method: 'GET', host: 'shop.example' });
  if (found.kind !== 'route') return [];
  const fold = (path: string): string => (matching === 'folded' ? withoutLastSlash(inSmallLetters(path)) : path);
  return [...readingsAtAnOrigin(forwarded, matching)].filter((reading) => {
    const page = table.findIndex(([pattern]) => covers(fold(pattern), fold(reading)));
    const [pattern, rules] = table[page] as Table[number];
    return !asksNoLess(found.route, routeOf(pattern, rules, page));
  });
}

const names = ['admin', 'a', 'b', 'x.y'];
const escapedOnce = (text: string): string =>
  [...text].map((letter) => `%${letter.charCodeAt(0).toString(16).padStart(2, '0')}`).join('');
const written = (text: string) =>
  fc
    .constantFrom(
      text,
      text,
      text.toUpperCase(),
      text.replace(/^./, (letter) => letter.toUpperCase()),
    )
    .chain((cased) =>
      fc.constantFrom(
        cased,
        cased,
        escapedOnce(cased),
        escapedOnce(escapedOnce(cased)),
        cased.replace(/^./, escapedOnce),
      ),
    );

const piece = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...names).chain(written) },
  { weight: 4, arbitrary: fc.constantFrom('/', '/', '\\', '//').chain(written) },
  { weight: 3, arbitrary: fc.constantFrom('..', '.', '...').chain(written) },
  { weight: 2, arbitrary: fc.constantFrom(';', ';v=1', '?', '#').chain(written) },
  { weight: 1, arbitrary: fc.constantFrom('%', '%2', 'é', '%c3%a9', ' ', '+', '%ff') },
);
const path = fc.array(piece, { maxLength: 12 }).map((pieces) => `/${pieces.join('')}`);

const pattern = fc
  .tuple(
    fc.array(fc.constantFrom(...names, 'Admin', 'B'), { minLength: 1, maxLength: 2 }),
    fc.constantFrom('', '', '/', '/*', '/*', '/*'),
  )
  .map(([segments, end]) => `/${segments.join('/')}${end}`);
const oneOfBoth: Rules[] = [open, shut];
const rules: fc.Arbitrary<Rules> = fc.oneof(
  fc.constantFrom(...oneOfBoth),
  fc.record({
    session: fc.constantFrom('required', 'optional', 'off'),
    claims: fc.constantFrom({}, { role: ['admin'] }, { role: ['editor'] }),
    maxAuthAgeMs: fc.constantFrom(null, 5, 7),
    crossSite: fc.constantFrom<Route['crossSite']>('refuse', 'allow', ['https://a.example'], ['https://b.example']),
    regions: fc.constantFrom(null, ['eu'], ['eu', 'us'], ['ap']),
    freshnessMs: fc.constantFrom(0, 60),
  }),
);
const tables = fc
  .tuple(fc.array(fc.tuple(pattern, rules), { minLength: 1, maxLength: 4 }), rules)
  .map(([some, rest]): Table => [...some, ['/*', rest]]);

describe('no path gets around a rule', () => {
  it.each(['folded', 'exact'] as const)('whichever way an origin reads it (%s)', (matching) => {
    fc.assert(
      fc.property(path, tables, (sent, table) => {
        expect(waysAround(sent, table, matching)).toEqual([]);
      }),
      { numRuns: 5_000, interruptAfterTimeLimit: 30_000, markInterruptAsFailure: true },
    );
  });

  it('and an open page that is named exactly stays open, in any case, with and without the last slash', () => {
    const spelled = fc.array(fc.tuple(fc.constantFrom(...names), fc.boolean()), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(spelled, spelled, fc.constantFrom('', '/'), (segments, capitals, end) => {
        const page = segments.map(([name]) => name);
        const sent = page.map((name, i) => (capitals[i]?.[1] ? name.toUpperCase() : name)).join('/');
        const match = matcherOf([
          [`/${page.join('/')}`, open],
          ['/*', shut],
        ]);
        const found = match({ path: `/${sent}${end}`, method: 'GET', host: 'shop.example' });
        expect(found).toMatchObject({ kind: 'route', route: { number: 1, session: 'optional' } });
      }),
    );
  });

  const around: Table = [
    ['/admin/*', shut],
    ['/*', open],
  ];
  it.each([
    '/a%2f..%2fadmin%2f%2f..%2fx',
    '/%61dmin;%2f..%2f..%2fx',
    '/a%2f..;%2f%61dmin',
    '/a/..%253b/admin',
    '/a%5c..%5c%61dmin',
    '/admin%3fx',
    '/admin%2523x',
    '/ADMIN',
    '/Admin;v=1/',
    '/%41dmin//',
  ])('%s gets around nothing', (sent) => {
    expect(waysAround(sent, around)).toEqual([]);
  });

  it('the readings at an origin are those that servers are known for', () => {
    const readings = readingsAtAnOrigin('/x/..;/%61dmin%252f%5cy//z?q');
    for (const known of ['/x/..;/%61dmin%252f%5cy//z', '/admin/y/z', '/x/../%61dmin%252f%5cy//z']) {
      expect(readings).toContain(known);
    }
  });
});

it('a path that only looks odd is passed on', () => {
  const match = matcherOf([
    ['/admin/*', shut],
    ['/*', open],
  ]);
  const harmless = fc
    .array(fc.constantFrom('a', 'b;v=1', '%20', 'caf%C3%A9', '@scope%2Fname', '100%25', 'what%3F', '...', ''), {
      minLength: 1,
      maxLength: 12,
    })
    .map((segments) => `/files/${segments.join('/')}`);
  fc.assert(
    fc.property(harmless, (sent) => {
      expect(match({ path: new URL(`https://x${sent}`).pathname, method: 'GET', host: 'x' }).kind).toBe('route');
    }),
    { numRuns: 500 },
  );
});
