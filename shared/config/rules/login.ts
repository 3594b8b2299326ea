/** Whether people can reach the login page. */
import type { Draft } from '../draft.ts';
import type { RawIssue } from '../issues.ts';
import { gatewaySchema } from '../schema/gateway.ts';
import { isGuarded } from './guarded.ts';
import { foldOf, patternKey, widerPatterns } from './routes.ts';

export function checkLogin(draft: Draft): RawIssue[] {
  const { login } = draft;
  if (login === undefined) return [];
  if ('issuer' in login) {
    return login.scopes?.includes('offline_access')
      ? [
          {
            keys: ['login', 'scopes'],
            message: 'asks for offline_access, and refresh tokens are not kept',
            remedy: "Take 'offline_access' away.",
          },
        ]
      : [];
  }
  if ('providers' in login) return [];
  const prefix = draft.prefix ?? gatewaySchema.entries.prefix.default;
  if (login.page === prefix || login.page.startsWith(`${prefix}/`)) {
    return [
      {
        keys: ['login', 'page'],
        value: login.page,
        message: `is one of the gateway's own pages, which are no login`,
        remedy: "Name the page of the origin where people sign in, such as '/login'.",
      },
    ];
  }
  const fold = foldOf(draft);
  const patterns = widerPatterns(patternKey(login.page, fold));
  const route = addressesOf(draft)
    .map((hosts) =>
      draft.routes?.find(
        (each) =>
          each?.path !== undefined &&
          (each.host === undefined || hosts.includes(each.host)) &&
          patterns.includes(patternKey(each.path, fold)) &&
          (each.methods?.includes('GET') ?? true),
      ),
    )
    .find((each) => each && isGuarded(each));
  if (!route) return [];
  return [
    {
      keys: ['login', 'page'],
      value: login.page,
      message: `is on a route that needs a session (${route.path}), so that nobody could ever sign in`,
      remedy: `Add { path: '${login.page}', session: 'optional' } above that route.`,
    },
  ];
}

/** The hosts of each public origin that a route may name: with the port, and without. */
const addressesOf = ({ publicOrigins, isBroken }: Draft): readonly (readonly string[])[] =>
  publicOrigins === undefined || isBroken('publicOrigins')
    ? [[]]
    : publicOrigins.map((origin) => new URL(origin as string)).map(({ host, hostname }) => [host, hostname]);
