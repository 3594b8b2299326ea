/** Which route is this? Compiled once; a path has to fall on equally protected routes in each of its readings. */
import type { Route } from '../config/settings.ts';
import { readingsOf } from '../http/paths.ts';
import { byItsEnd, createRemembered } from '../remembered.ts';
import { indexRoutes } from './route-index.ts';

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
  const find = indexRoutes(
    routes,
    routes.map((route) => ({ route, protection: protectionOf(route) })),
  );

  const known = createRemembered<Known>(byItsEnd, mostKnown);
  return (asked) => {
    const { path, method, host } = asked;
    const before = known.get(path);
    if (before !== undefined && before.method === method && before.host === host) return before.match;
    const match = lookUp(asked);
    if (path.length <= longestKnown) known.set(path, { method, host, match });
    return match;
  };

  function lookUp({ path, method, host }: Asked): Match {
    const readings = readingsOf(path);
    if (readings === null) return { kind: 'bad-path', because: 'control character in the path' };
    const chosen = find(readings[0] as string, method, host);
    for (let i = 1; i < readings.length; i++) {
      if (find(readings[i] as string, method, host)?.protection !== chosen?.protection) {
        return { kind: 'bad-path', because: 'the path can be read as one of another route' };
      }
    }
    return chosen ? { kind: 'route', route: chosen.route } : { kind: 'none' };
  }
}

/** How the latest request for a path was answered. */
interface Known {
  readonly method: string;
  readonly host: string;
  readonly match: Match;
}
const mostKnown = 1_000;
const longestKnown = 512;

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
