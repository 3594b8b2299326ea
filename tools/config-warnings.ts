/**
 * What a configuration may say and hardly means. It is told where it is checked, and keeps nothing from being deployed.
 * Not in `shared/`: no bundle needs it.
 */

import { isGuarded } from '../shared/config/rules/guarded.ts';
import { coveredBy } from '../shared/config/rules/methods.ts';
import { foldOf, patternKey } from '../shared/config/rules/routes.ts';
import type { Problem, Route, Settings } from '../shared/config/settings.ts';

export const warningsIn = ({ routes, matching }: Pick<Settings, 'routes' | 'matching'>): readonly Problem[] => {
  const fold = foldOf({ matching });
  return [...routes.flatMap(namesParameter), ...routes.flatMap((route) => guardsOneAlone(route, routes, fold))];
};

const placeOf = ({ number }: Route): string => `routes[${number - 1}]`;

/** As routers of applications have it: `/user/:id`. */
const parameter = /\/:[A-Za-z_]\w*/;

function namesParameter(route: Route): Problem[] {
  const found = parameter.exec(route.path);
  if (!found) return [];
  return [
    {
      path: `${placeOf(route)}.path`,
      value: JSON.stringify(route.path),
      message: `means '${found[0].slice(1)}' letter for letter and no parameter, so that it hardly ever matches`,
      remedy: `Write '${route.path.slice(0, found.index)}/*', which takes everything below.`,
    },
  ];
}

/** `/x` guarded and `/x/*` not: many servers show the same page, or more of it, below. */
function guardsOneAlone(route: Route, routes: readonly Route[], fold: (path: string) => string): Problem[] {
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
      message: `protects this one page, and ${placeOf(below)} (${below.path}) leaves everything below it open`,
      remedy: `If what is below is to be protected too, write '${route.path.replace(/\/$/, '')}/*' here.`,
    },
  ];
}
