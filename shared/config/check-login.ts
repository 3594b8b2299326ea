/** Whether people can get to where they sign in. */
import { widerPatterns } from './check-routes.ts';
import type { Draft } from './draft.ts';
import type { Finding } from './problems.ts';

export function checkLogin(draft: Draft): Finding[] {
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
  const paths = widerPatterns(login.page);
  const route = draft.routes?.find(
    (each) =>
      each?.path !== undefined &&
      each.host === undefined &&
      paths.includes(each.path) &&
      (each.methods?.includes('GET') ?? true),
  );
  if (route?.session !== 'required') return [];
  return [
    {
      keys: ['login', 'page'],
      value: login.page,
      message: `is on a route that needs a session (${route.path}), so that nobody could ever sign in`,
      remedy: `Add { path: '${login.page}', session: 'optional' } above that route.`,
    },
  ];
}
