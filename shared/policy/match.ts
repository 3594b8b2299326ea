/** Which route is this? Compiled once; a path has to fall on equally protected routes in each of its readings. */
import type { Route } from '../config/settings.ts';
import { patternForm, readingsOf } from '../http/paths.ts';

export type Match =
  | { readonly kind: 'route'; readonly route: Route }
  | { readonly kind: 'none' }
  | { readonly kind: 'bad-path'; readonly because: string };

export interface Asked {
  /** As the URL standard normalises it. */
  readonly path: string;
  readonly method: string;
  /** With its port where it has one. */
  readonly host: string;
}

export function createMatcher(routes: readonly Route[]): (asked: Asked) => Match {
  const compiled = routes.map((route) => ({ route, matches: compile(route), protection: protectionOf(route) }));

  return ({ path, method, host }) => {
    const readings = readingsOf(path);
    if (readings === null) return { kind: 'bad-path', because: 'control character in the path' };
    let chosen: (typeof compiled)[number] | undefined;
    for (const [index, reading] of readings.entries()) {
      const found = compiled.find((entry) => entry.matches(reading, method, host));
      if (index === 0) chosen = found;
      else if (found?.protection !== chosen?.protection) {
        return { kind: 'bad-path', because: 'the path can be read as one of another route' };
      }
    }
    return chosen ? { kind: 'route', route: chosen.route } : { kind: 'none' };
  };
}

function compile(route: Route): (path: string, method: string, host: string) => boolean {
  const { host, methods } = route;
  const open = route.path.endsWith('/*');
  const exact = patternForm(open ? route.path.slice(0, -2) : route.path);
  const below = `${exact}/`;
  return (path, method, asked) =>
    (path === exact || (open && path.startsWith(below))) &&
    (methods === null || methods.includes(method)) &&
    (host === null || host === asked || host === asked.replace(/:\d+$/, ''));
}

/** Two routes with the same words here let the same people in to the same effect. */
const protectionOf = (route: Route): string =>
  JSON.stringify([
    route.session,
    route.maxAuthAgeMs,
    route.claims,
    route.issues,
    route.crossSite,
    route.cache,
    route.regions,
    route.freshnessMs,
  ]);
