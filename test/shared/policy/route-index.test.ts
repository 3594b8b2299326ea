import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Route } from '../../../shared/config/settings.ts';
import { patternForm } from '../../../shared/http/paths.ts';
import { indexRoutes } from '../../../shared/policy/route-index.ts';
import { routeWith } from '../../support/proxy-settings.ts';

type Pattern = Pick<Route, 'path' | 'host' | 'methods'>;

const routesOf = (patterns: readonly Pattern[]): Route[] =>
  patterns.map((pattern, i) => routeWith({ ...pattern, number: i + 1 }));
const findIn = (patterns: readonly Pattern[]) => {
  const routes = routesOf(patterns);
  return indexRoutes(
    routes,
    routes.map(({ number }) => number),
  );
};

/** What the index stands for: one route after the other, and the first that fits. */
function firstThatFits(patterns: readonly Pattern[], path: string, method: string, asked: string): number | undefined {
  const place = patterns.findIndex(({ path: pattern, host, methods }) => {
    const open = pattern.endsWith('/*');
    const exact = patternForm(open ? pattern.slice(0, -2) : pattern);
    return (
      (path === exact || (open && path.startsWith(`${exact}/`))) &&
      (methods === null || methods.includes(method) || (method === 'HEAD' && methods.includes('GET'))) &&
      (host === null || host === asked || host === asked.replace(/:\d+$/, ''))
    );
  });
  return place < 0 ? undefined : place + 1;
}

/** So few words that patterns and paths keep meeting. */
const segment = fc.constantFrom('a', 'b', 'ab', '', 'é', '%C3%A9', '*', '.', '__proto__');
const path = fc.array(segment, { maxLength: 5 }).map((segments) => `/${segments.join('/')}`);
const method = fc.constantFrom('GET', 'HEAD', 'POST', 'PUT');
const host = fc.constantFrom('shop.example', 'shop.example:8443', 'admin.example', 'admin.example:1');
const pattern: fc.Arbitrary<Pattern> = fc.record({
  path: fc.tuple(path, fc.boolean()).map(([plain, open]) => (open ? `${plain.replace(/\/$/, '')}/*` : plain)),
  host: fc.oneof({ weight: 3, arbitrary: fc.constant(null) }, { weight: 2, arbitrary: host }),
  methods: fc.oneof(fc.constant(null), fc.uniqueArray(method, { minLength: 1 })),
});

describe('the index of routes', () => {
  it('finds what looking at one route after the other finds', () => {
    const reading = fc.oneof(
      path.map(patternForm),
      fc.string({ unit: fc.constantFrom('/', 'a', 'b', ':'), maxLength: 12 }),
    );
    const asked = fc.array(fc.tuple(reading, method, host), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(fc.array(pattern, { maxLength: 30 }), asked, (patterns, requests) => {
        const find = findIn(patterns);
        for (const request of requests) expect(find(...request)).toBe(firstThatFits(patterns, ...request));
      }),
      { numRuns: 3_000 },
    );
  });

  it('goes no deeper into a path than patterns do', () => {
    const find = findIn([
      { path: '/a/*', host: null, methods: null },
      { path: '/*', host: null, methods: null },
    ]);
    const endless = `/a${'/x'.repeat(1_000_000)}`;
    find(endless, 'GET', 'shop.example');
    const start = performance.now();
    for (let i = 0; i < 1_000; i++) expect(find(endless, 'GET', 'shop.example')).toBe(1);
    expect(performance.now() - start).toBeLessThan(1_000);
  });
});
