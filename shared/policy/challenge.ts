/**
 * What somebody gets who must sign in first: a person at a page load goes to the login and comes back, a program gets a
 * 401 that says where the login is. Never a redirect for anything but a real top-level navigation: a script would follow
 * it, and a form would lose its body.
 */
import type { PublicOrigin, Settings } from '../config/settings.ts';
import { Failure, type FailureCode } from '../errors.ts';
import { loginUrl } from '../http/login-url.ts';
import { isTopLevelNavigation } from '../http/navigation.ts';

export interface Challenged {
  readonly method: string;
  readonly headers: Headers;
  /** As the client asked for it, with its query. */
  readonly url: string;
  readonly publicOrigin: PublicOrigin;
}

export type Challenge =
  | { readonly kind: 'redirect'; readonly location: string }
  | { readonly kind: 'refuse'; readonly failure: Failure };

export function challenge(
  code: FailureCode,
  reason: string | null,
  asked: Challenged,
  login: Settings['login'],
): Challenge {
  if (login.kind === 'none') return { kind: 'refuse', failure: refusal(code, reason, null) };
  const here = new URL(asked.url);
  const back = `${asked.publicOrigin.origin}${here.pathname}${here.search}`;
  if (isTopLevelNavigation(asked.method, asked.headers)) {
    return { kind: 'redirect', location: loginUrl(login, asked.publicOrigin, back) };
  }
  return { kind: 'refuse', failure: refusal(code, reason, loginUrl(login, asked.publicOrigin, null)) };
}

function refusal(code: FailureCode, reason: string | null, login: string | null): Failure {
  const members = { ...(reason !== null && { reason }), ...(login !== null && { login_url: login }) };
  return new Failure(code, reason ?? 'the route asks for a session', { members });
}
