/**
 * The reply if a login is required. A page load is redirected to the login, with the way back; a program gets a 401 that names
 * the login. Only a top-level navigation is redirected: a script would follow the redirect, and a form would lose its body.
 */
import type { PublicOrigin, Settings } from '../config/settings.ts';
import { Failure, type FailureCode } from '../errors.ts';
import { isTopLevelNavigation } from '../http/navigation.ts';
import { foldFor, patternForm, readingsOf } from '../http/paths.ts';
import { loginUrl } from '../http/return-to.ts';

export interface Challenged {
  readonly method: string;
  readonly headers: Headers;
  /** The request's URL, with its query. */
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
  const here = new URL(asked.url);
  if (
    login.kind !== 'none' &&
    isTopLevelNavigation(asked.method, asked.headers) &&
    !isSamePage(here.pathname, login.page)
  ) {
    const back = `${asked.publicOrigin.origin}${here.pathname}${here.search}`;
    return { kind: 'redirect', location: loginUrl(login, asked.publicOrigin, back) };
  }
  return { kind: 'refuse', failure: refusal(code, reason, asked.publicOrigin, login) };
}

const fold = foldFor('folded');

/** Prevents an endless redirect: a route may guard another spelling of the login page. */
function isSamePage(path: string, page: string): boolean {
  const read = readingsOf(path);
  const own = fold(patternForm(page));
  return read.kind === 'read' && read.readings.some((reading) => fold(reading.path) === own);
}

/** A 401 with the reason, and with the login's URL if there is a login. */
export function refusal(
  code: FailureCode,
  reason: string | null,
  publicOrigin: PublicOrigin,
  login: Settings['login'],
): Failure {
  const members = {
    ...(reason !== null && { reason }),
    ...(login.kind !== 'none' && { login_url: loginUrl(login, publicOrigin, null) }),
  };
  return new Failure(code, reason ?? 'the route requires a session', { members });
}
