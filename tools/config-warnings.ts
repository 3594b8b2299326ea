/**
 * Warnings about valid settings that are probably mistakes. They are printed by the check and do not prevent a deployment.
 * Not in `shared/`, because the deployed gateway does not need them.
 */

import { isGuarded } from '../shared/config/rules/guarded.ts';
import { coveredBy } from '../shared/config/rules/methods.ts';
import { foldOf, patternKey } from '../shared/config/rules/routes.ts';
import type { Issue, Route, Settings } from '../shared/config/settings.ts';

type WarnedAbout = Pick<Settings, 'routes' | 'matching' | 'publicOrigins' | 'session'>;

export const warningsIn = (settings: WarnedAbout): readonly Issue[] => {
  const { routes } = settings;
  const fold = foldOf(settings);
  return [
    ...issuerOfTokens(settings),
    ...routes.flatMap(namesParameter),
    ...routes.flatMap((route) => guardsOneAlone(route, routes, fold)),
  ];
};

/** An earlier configuration is not known here, so the warning says what a change of the list would do. */
function issuerOfTokens({ publicOrigins, session }: WarnedAbout): Issue[] {
  const [first] = publicOrigins;
  if (session.strategy !== 'token' || !first || publicOrigins.length < 2) return [];
  return [
    {
      path: 'publicOrigins[0]',
      value: JSON.stringify(first.origin),
      message: 'is the issuer of session tokens; removing it from the list signs out clients whose tokens name it',
      remedy:
        'To replace it, move it down the list, and remove it after `session.idle` has passed: tokens are renewed.',
    },
  ];
}

const placeOf = ({ number }: Route): string => `routes[${number - 1}]`;

/** Parameters as in the routers of web frameworks: `/user/:id`. */
const parameter = /\/:[A-Za-z_]\w*/;

function namesParameter(route: Route): Issue[] {
  const found = parameter.exec(route.path);
  if (!found) return [];
  return [
    {
      path: `${placeOf(route)}.path`,
      value: JSON.stringify(route.path),
      message: `matches only the literal text '${found[0].slice(1)}'; it is not a parameter`,
      remedy: `Write '${route.path.slice(0, found.index)}/*', which matches everything below.`,
    },
  ];
}

/** `/x` is protected but `/x/*` is not: many servers show the same page, or more of it, below it. */
function guardsOneAlone(route: Route, routes: readonly Route[], fold: (path: string) => string): Issue[] {
  if (route.path.endsWith('/*') || !isGuarded(route)) return [];
  const all = routes.filter(
    (each) =>
      each.path.endsWith('/*') &&
      patternKey(each.path, fold) === `${patternKey(route.path, fold).replace(/\/$/, '')}/*` &&
      (each.host === null || route.host === null || each.host === route.host),
  );
  const firstFor = (method: string) => all.find((each) => coveredBy(each.methods)?.includes(method) ?? true);
  const decisive = coveredBy(route.methods)?.map(firstFor) ?? all;
  const below = decisive.find((each) => each && !isGuarded(each));
  if (!below) return [];
  return [
    {
      path: placeOf(route),
      value: JSON.stringify(route.path),
      message: `protects this one page, but ${placeOf(below)} (${below.path}) leaves everything below it open`,
      remedy: `To protect the pages below it too, write '${route.path.replace(/\/$/, '')}/*' here.`,
    },
  ];
}
