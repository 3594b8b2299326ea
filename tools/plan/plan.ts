/**
 * What a change of the configuration would do to the clients: which share of them moves from which origin to which. For
 * people before they deploy, and for a check before a merge. Never on the path of a request.
 *
 * All origins are assumed to be healthy: ejections, failed probes and slow starts of today are not part of the change. The
 * regions that single sessions are limited to are unknown here.
 */
import type { Route } from '../../shared/config/settings.ts';
import { type Change, changeOf } from './change.ts';
import { nearEveryRegion, normalised, type PlaceShare } from './places.ts';
import { controlled, type State, sideOf } from './side.ts';

export interface Plan {
  /** `near-every-region`: it was not said where the clients are, so as many are assumed near each region. */
  readonly places: 'given' | 'near-every-region';
  /** Routes with the same pools before and after are one entry. */
  readonly changes: readonly RouteChange[];
  /** Routes that only one of the states has. */
  readonly added: readonly string[];
  readonly removed: readonly string[];
}
export interface RouteChange extends Change {
  /** `/login`, `POST /login`, `POST shop.example/login`. */
  readonly routes: readonly string[];
}

/** `now` decides which drains are over. @throws RangeError if the shares of `places` sum up to 0. */
export function planOf(
  before: State,
  after: State,
  { now, places: given }: { readonly now: number; readonly places?: readonly PlaceShare[] | undefined },
): Plan {
  const [from, to] = [controlled(before), controlled(after)];
  const places = given ? normalised(given) : nearEveryRegion([...from.pools.values(), ...to.pools.values()]);
  const [routesBefore, routesAfter] = [byName(from.routes), byName(to.routes)];

  const changes = new Map<string, Change & { readonly routes: string[] }>();
  for (const [name, route] of routesBefore) {
    const next = routesAfter.get(name);
    if (!next) continue;
    const key = JSON.stringify([route.target, route.regions, next.target, next.regions]);
    const known = changes.get(key);
    if (known) known.routes.push(name);
    else changes.set(key, { routes: [name], ...changeOf(sideOf(from, route), sideOf(to, next), places, now) });
  }
  return {
    places: given ? 'given' : 'near-every-region',
    changes: [...changes.values()],
    added: [...routesAfter.keys()].filter((name) => !routesBefore.has(name)),
    removed: [...routesBefore.keys()].filter((name) => !routesAfter.has(name)),
  };
}

const byName = (routes: readonly Route[]): ReadonlyMap<string, Route> =>
  new Map(
    routes.map((route) => {
      const { methods, host, path } = route;
      return [`${methods ? `${methods.join(',')} ` : ''}${host ?? ''}${path}`, route];
    }),
  );
