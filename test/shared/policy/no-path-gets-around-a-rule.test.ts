/**
 * An origin takes apart the path it is handed in its own way. Here are those ways, written down a second time and without
 * a look at the gateway's own, in every order that servers, containers and frameworks apply them one after another.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Route } from '../../../shared/config/settings.ts';
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

const simple = [withoutParameters, withSlashes, withoutEmptySegments, withoutDotSegments, withoutQuery];
const mostDecodings = 2;

/** Every reading that some order of these steps arrives at; a path is decoded twice at the most. */
function readingsAtAnOrigin(path: string): Set<string> {
  const states = new Map([[`0 ${path}`, { text: path, decodings: 0 }]]);
  for (const { text, decodings } of states.values()) {
    const next = simple.map((step) => ({ text: step(text), decodings }));
    if (decodings < mostDecodings) next.push({ text: decodeOnce(text), decodings: decodings + 1 });
    for (const state of next) states.set(`${state.decodings} ${state.text}`, state);
  }
  return new Set([...states.values()].map(({ text }) => text));
}

const routeOf = (path: string, isProtected: boolean, number: number): Route =>
  routeWith({ number, path, session: isProtected ? 'required' : 'optional', host: null, methods: null, claims: {} });

const covers = (pattern: string, path: string): boolean => {
  if (!pattern.endsWith('/*')) return path === pattern;
  const folder = pattern.slice(0, -2);
  return path === folder || path.startsWith(`${folder}/`);
};

/** The readings that are protected although the gateway passes the path on as one that is not. */
function waysAround(sent: string, rules: readonly (readonly [pattern: string, isProtected: boolean])[]): string[] {
  const forwarded = new URL(`https://shop.example${sent}`).pathname;
  const match = createMatcher(rules.map(([pattern, isProtected], i) => routeOf(pattern, isProtected, i)));
  const found = match({ path: forwarded, method: 'GET', host: 'shop.example' });
  if (found.kind !== 'route' || found.route.session === 'required') return [];
  return [...readingsAtAnOrigin(forwarded)].filter((reading) => rules.find(([rule]) => covers(rule, reading))?.[1]);
}

const names = ['admin', 'a', 'b', 'x.y'];
const escapedOnce = (text: string): string =>
  [...text].map((letter) => `%${letter.charCodeAt(0).toString(16).padStart(2, '0')}`).join('');
const written = (text: string) =>
  fc.constantFrom(text, text, escapedOnce(text), escapedOnce(escapedOnce(text)), text.replace(/^./, escapedOnce));

const piece = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...names).chain(written) },
  { weight: 4, arbitrary: fc.constantFrom('/', '/', '\\', '//').chain(written) },
  { weight: 3, arbitrary: fc.constantFrom('..', '.', '...').chain(written) },
  { weight: 2, arbitrary: fc.constantFrom(';', ';v=1', '?', '#').chain(written) },
  { weight: 1, arbitrary: fc.constantFrom('%', '%2', 'é', '%c3%a9', ' ', '+', '%ff') },
);
const path = fc.array(piece, { maxLength: 12 }).map((pieces) => `/${pieces.join('')}`);

const pattern = fc
  .tuple(fc.array(fc.constantFrom(...names), { minLength: 1, maxLength: 2 }), fc.boolean())
  .map(([segments, open]) => `/${segments.join('/')}${open ? '/*' : ''}`);
const rules = fc
  .array(fc.tuple(pattern, fc.boolean()), { minLength: 1, maxLength: 4 })
  .map((some) => [...some, ['/*', false] as const]);

describe('no path gets around a rule', () => {
  it('whichever way an origin reads it', () => {
    fc.assert(
      fc.property(path, rules, (sent, table) => {
        expect(waysAround(sent, table)).toEqual([]);
      }),
      { numRuns: 5_000, interruptAfterTimeLimit: 20_000, markInterruptAsFailure: true },
    );
  });

  const around = [
    ['/admin/*', true],
    ['/*', false],
  ] as const;
  it.each([
    '/a%2f..%2fadmin%2f%2f..%2fx',
    '/%61dmin;%2f..%2f..%2fx',
    '/a%2f..;%2f%61dmin',
    '/a/..%253b/admin',
    '/a%5c..%5c%61dmin',
    '/admin%3fx',
    '/admin%2523x',
  ])('%s is handed to nobody', (sent) => {
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
  const match = createMatcher([routeOf('/admin/*', true, 0), routeOf('/*', false, 1)]);
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
