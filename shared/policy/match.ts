/** Finds the route of a request. If the path can be read as several routes, the strictest decides. */
import { createLru } from '../cache/lru.ts';
import type { Route, Settings } from '../config/settings.ts';
import { foldFor, type PathReading, readingsOf } from '../http/paths.ts';
import { combineRoutes, strictnessOf } from './combine.ts';
import type { MatchedRoute } from './decide.ts';
import { indexRoutes } from './route-index.ts';

export type Match =
  | { readonly kind: 'route'; readonly route: MatchedRoute }
  | { readonly kind: 'none' }
  | { readonly kind: 'bad-path'; readonly because: string };

export interface RouteQuery {
  /** As the URL standard normalises it. */
  readonly path: string;
  readonly method: string;
  /** With its port where it has one. */
  readonly host: string;
}

export function createMatcher(
  routes: readonly Route[],
  matching: Settings['matching'] = 'folded',
): (asked: RouteQuery) => Match {
  const fold = foldFor(matching);
  const find = indexRoutes(
    routes,
    routes.map(
      (route, place): Candidate => ({ route, place, protection: protectionOf(route), strictness: strictnessOf(route) }),
    ),
    fold,
  );

  const known = createLru<Known>({ maxEntries: maxKnown });
  return (asked) => {
    const { path, method, host } = asked;
    const before = known.get(path);
    if (before !== undefined && before.method === method && before.host === host) return before.match;
    const match = lookUp(asked);
    if (path.length <= maxKnownLength) known.set(path, { method, host, match });
    return match;
  };

  function lookUp({ path, method, host }: RouteQuery): Match {
    const read = readingsOf(path);
    if (read.kind === 'refused') return { kind: 'bad-path', because: read.because };
    // Some servers accept methods in lower case.
    const asked = method.toUpperCase();
    const routeOf = (reading: PathReading) => find(fold(reading.path), asked, host);
    const [first, ...more] = read.readings as [PathReading, ...PathReading[]];
    const only = routeOf(first);
    if (more.length === 0 || more.every((reading) => routeOf(reading) === only)) {
      return only ? { kind: 'route', route: only.route } : { kind: 'none' };
    }
    return decideBetween(read.readings.map((reading) => ({ reading, found: routeOf(reading) })));
  }
}

/** A route and its sort keys. */
interface Candidate {
  readonly route: Route;
  readonly place: number;
  readonly protection: string;
  readonly strictness: number;
}
interface Found {
  readonly reading: PathReading;
  /** `undefined`: no route matches this reading. */
  readonly found: Candidate | undefined;
}

function decideBetween(all: readonly Found[]): Match {
  const open = strictest(all.filter(({ reading }) => reading.disguise === 0));
  for (const disguise of new Set(all.map(({ reading }) => reading.disguise))) {
    const disguised = strictest(all.filter(({ reading }) => reading.disguise === disguise));
    if (disguised?.protection !== open?.protection) {
      return { kind: 'bad-path', because: 'in disguise, the path is one of another route' };
    }
  }
  const deciding = strictest(all);
  if (!deciding) return { kind: 'none' };
  const others = new Set(all.flatMap(({ found }) => (found && found !== deciding ? [found.route] : [])));
  return { kind: 'route', route: others.size === 0 ? deciding.route : combineRoutes(deciding.route, [...others]) };
}

/** Of equally strict routes: first one whose reading has no path parameters, then the first in the file. */
function strictest(all: readonly Found[]): Candidate | undefined {
  let best: Candidate | undefined;
  let isBare = false;
  for (const { reading, found } of all) {
    if (!found) continue;
    const bare = !reading.path.includes(';');
    const wins =
      !best ||
      (found.strictness !== best.strictness
        ? found.strictness > best.strictness
        : bare !== isBare
          ? bare
          : found.place < best.place);
    if (!wins) continue;
    best = found;
    isBare = bare;
  }
  return best;
}

/** The result of the latest request for a path. */
interface Known {
  readonly method: string;
  readonly host: string;
  readonly match: Match;
}
const maxKnown = 1_000;
const maxKnownLength = 512;

/** Routes of the same protection admit the same clients with the same effect. */
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
