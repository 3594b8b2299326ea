/**
 * What a change would do to the clients, before it is made: which share of them moves from which origin to which. For
 * people before they deploy, and for a check before it is merged; never on the path of a request.
 *
 * All origins are taken to be well and warm: what is ejected, probed down or in its slow start today is none of the
 * change's doing. The regions of single sessions are not known here.
 */
import type { Route } from '../../shared/config/settings.ts';
import { type Change, changeOf } from './change.ts';
import { nearEveryRegion, normalised, type PlaceShare } from './places.ts';
import { controlled, type State, sideOf } from './side.ts';

export interface Plan {
  /** `near-every-region`: nobody said where the clients are, so as many are taken to be near each region. */
  readonly places: 'given' | 'near-every-region';
  /** Routes that meet the same pools before and after stand together. */
  readonly changes: readonly RouteChange[];
  /** Routes that only one of the states has. */
  readonly added: readonly string[];
  readonly removed: readonly string[];
}
export interface RouteChange extends Change {
  /** `/login`, `POST /login`, `POST shop.example/login`. */
  readonly routes: readonly string[];
}

/** `now` decides which drains are over. @throws when `places` have no share. */
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
