/** How routes depend on one another. */
import { type Fold, foldFor, patternForm, patternForms } from '../../http/paths.ts';
import type { Draft, DraftRoute } from '../draft.ts';
import { listed, type RawIssue } from '../issues.ts';
import { gatewaySchema } from '../schema/gateway.ts';
import { sessionSchema } from '../schema/session.ts';
import { coveredBy } from './methods.ts';
import { checkRoutePools } from './route-pools.ts';

export function checkRoutes(draft: Draft): RawIssue[] {
  const routes = draft.routes ?? [];
  return [
    ...checkReach(draft, routes),
    ...checkLast(draft, routes),
    ...routes.flatMap((route, i) =>
      route
        ? [
            ...checkHost(draft, route, i),
            ...checkCrossSite(route, i),
            ...checkSession(draft, route, i),
            ...checkRoutePools(draft, route, i),
          ]
        : [],
    ),
  ];
}

/** A route whose match is wrong cannot be compared with others. */
const matches = (draft: Draft, i: number): boolean =>
  !['path', 'host', 'methods'].some((key) => draft.isBroken('routes', i, key));

const exact = foldFor('exact');

/** How patterns and paths of this configuration are compared. */
export const foldOf = ({ matching }: Pick<Draft, 'matching'>): Fold =>
  foldFor(matching ?? gatewaySchema.entries.matching.default);

/** Patterns that match the same paths have the same key. */
export function patternKey(path: string, fold: Fold): string {
  const isOpen = path.endsWith('/*');
  const meant = patternForms(isOpen ? path.slice(0, -2) : path).at(-1) as string;
  return `${fold(meant)}${isOpen ? '/*' : ''}`;
}

/** The keys of all patterns that match every path of this one, itself first: `/a/b`, `/a/b/*`, `/a/*`, `/*`. */
export function widerPatterns(path: string): string[] {
  const isOpen = path.endsWith('/*');
  const wider = isOpen ? [] : [path];
  let bare = isOpen ? path.slice(0, -2) : path.replace(/\/$/, '');
  for (; bare !== ''; bare = bare.slice(0, bare.lastIndexOf('/'))) wider.push(`${bare}/*`);
  return [...wider, '/*'];
}

/** Whether `earlier` takes all requests for `later`, apart from their paths. */
const takesAll = (earlier: DraftRoute, later: DraftRoute): boolean =>
  (earlier.host === undefined || earlier.host === later.host) &&
  (earlier.methods === undefined ||
    later.methods?.every((method) => coveredBy(earlier.methods)?.includes(method)) === true);

const takesSome = (earlier: DraftRoute, later: DraftRoute): boolean =>
  earlier.host === later.host && (coveredBy(earlier.methods) ?? []).some((method) => later.methods?.includes(method));

function checkReach(draft: Draft, routes: readonly (DraftRoute | undefined)[]): RawIssue[] {
  const prefix = draft.prefix ?? gatewaySchema.entries.prefix.default;
  const fold = foldOf(draft);
  const seen = new Map<string, { readonly i: number; readonly route: DraftRoute }[]>();
  return routes.flatMap((route, i) => {
    if (route?.path === undefined || !matches(draft, i)) return [];
    const key = patternKey(route.path, fold);
    const [same, ...wider] = widerPatterns(key);
    const twin = seen
      .get(same as string)
      ?.find((entry) => takesAll(entry.route, route) || takesSome(entry.route, route));
    const cover = wider.flatMap((pattern) => seen.get(pattern) ?? []).find((entry) => takesAll(entry.route, route));
    seen.set(key, [...(seen.get(key) ?? []), { i, route }]);

    const issue = (message: string, remedy: string): RawIssue[] => [
      { keys: ['routes', i, 'path'], value: route.path, message, remedy },
    ];
    if (twin) {
      const { path: first = '' } = twin.route;
      const isWrittenAlike = patternForm(first) === patternForm(route.path);
      const isFolded = patternKey(first, exact) !== patternKey(route.path, exact);
      return issue(
        `has the same match as routes[${twin.i}]${isWrittenAlike ? '' : ` (${first})`}, which comes first`,
        isFolded
          ? "Letter case and one last slash do not tell paths apart. Take one of them away, or write matching: 'exact'."
          : 'Take one of them away, or tell them apart by host or methods.',
      );
    }
    if (cover) {
      return issue(
        `is never reached, since routes[${cover.i}] (${cover.route.path}) takes everything before it`,
        `Move it above routes[${cover.i}].`,
      );
    }
    // The prefix has one spelling. In another one the path is the origins'.
    if (route.path === prefix || route.path.startsWith(`${prefix}/`)) {
      return issue(
        `is never reached, since ${prefix} is for the gateway's own pages`,
        'Take it away, or change prefix.',
      );
    }
    return [];
  });
}

function checkLast(draft: Draft, routes: readonly (DraftRoute | undefined)[]): RawIssue[] {
  const i = routes.length - 1;
  const last = routes[i];
  if (!last || !matches(draft, i)) return [];
  if (last.path === '/*' && last.host === undefined && last.methods === undefined) return [];
  return [
    {
      keys: ['routes', i],
      message: 'is the last route and does not match everything',
      remedy: "End the list with a route for the rest: { path: '/*', pool: 'app', session: 'optional' }.",
    },
  ];
}

/** Requests for other hosts get 421 before routes are matched. */
function checkHost({ publicOrigins, isBroken }: Draft, { host }: DraftRoute, i: number): RawIssue[] {
  if (host === undefined || publicOrigins === undefined || isBroken('publicOrigins')) return [];
  const ours = publicOrigins.map((origin) => new URL(origin as string));
  if (ours.some((url) => url.host === host || url.hostname === host)) return [];
  return [
    {
      keys: ['routes', i, 'host'],
      value: host,
      message: 'is not the host of a public origin',
      remedy: `Use one of ${listed(ours.map((url) => url.host))}, or add it to publicOrigins.`,
    },
  ];
}

/** Each request from another origin is compared with all of them. */
const maxListed = 100;

/** An http origin may be listed beside https public origins, which do not trust it: one file serves development too. */
function checkCrossSite({ crossSite }: DraftRoute, i: number): RawIssue[] {
  if (typeof crossSite !== 'object') return [];
  const issue = (j: number, message: string, remedy: string): RawIssue[] => [
    { keys: ['routes', i, 'crossSite', j], value: crossSite[j], message, remedy },
  ];
  if (crossSite.length > maxListed) return issue(maxListed, `is one more than ${maxListed}`, 'List fewer origins.');
  const origins = crossSite.map((text) => new URL(text).origin);
  return origins.flatMap((origin, j) => {
    const first = origins.indexOf(origin);
    return first < j ? issue(j, `is the same as crossSite[${first}]`, 'Take one of them away.') : [];
  });
}

/** A rule about sessions on a route without sessions would have no effect, or would refuse all requests. */
function checkSession({ session }: Draft, route: DraftRoute, i: number): RawIssue[] {
  const device = session?.binding?.device;
  const issues: RawIssue[] = [];
  if (route.session === 'off') {
    for (const key of ['maxAuthAge', 'claims', 'freshness', 'touch'] as const) {
      if (route[key] === undefined) continue;
      issues.push({
        keys: ['routes', i, key],
        value: route[key],
        message: "is about the session, and the route has session: 'off'",
        remedy: "Take it away, or write session: 'required'.",
      });
    }
  }
  if (route.session === 'off' && route.sockets === 'watched') {
    issues.push({
      keys: ['routes', i, 'sockets'],
      value: route.sockets,
      message: "watches the session, and the route has session: 'off'",
      remedy: "Write sockets: 'pass', or session: 'required'.",
    });
  }
  if (route.device === true && (device ?? sessionSchema.entries.binding.wrapped.entries.device.default) === 'off') {
    issues.push({
      keys: ['routes', i, 'device'],
      value: true,
      message: "asks for a device, and session.binding.device is 'off'",
      remedy: "Write session: { binding: { device: 'offer' } }, or take it away.",
    });
  }
  if (route.cache === 'edge' && (route.session !== 'off' || route.issues === true)) {
    issues.push({
      keys: ['routes', i, 'cache'],
      value: route.cache,
      message: 'would let one visitor get the page of another',
      remedy: "Only a route with session: 'off' and without issues may have cache: 'edge'.",
    });
  }
  return issues;
}
