/**
 * What somebody gets who must sign in first: a person at a page load goes to the login and comes back, a program gets a
 * 401 that says where the login is. Never a redirect for anything but a real top-level navigation: a script would follow
 * it, and a form would lose its body.
 */
import type { PublicOrigin, Settings } from '../config/settings.ts';
import { Failure, type FailureCode } from '../errors.ts';
import { isTopLevelNavigation } from '../http/navigation.ts';
import { foldFor, patternForm, readingsOf } from '../http/paths.ts';
import { loginUrl } from '../http/return-to.ts';

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

/** The login page must never be sent to itself: in a spelling that a route still guards it would be, without an end. */
function isSamePage(path: string, page: string): boolean {
  const read = readingsOf(path);
  const own = fold(patternForm(page));
  return read.kind === 'read' && read.readings.some((reading) => fold(reading.path) === own);
}

/** A 401 that says why, and where the login is if there is one. */
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
  return new Failure(code, reason ?? 'a session is asked for', { members });
}
