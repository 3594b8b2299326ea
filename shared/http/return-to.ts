/**
 * Where a person goes for a login, and afterwards. Only to one of the public origins, always as an absolute URL: a bare
 * path such as `//evil.example` or `/..//evil.example` is a host name to some browsers and frameworks.
 */
import type { PublicOrigin, Settings } from '../config/settings.ts';

const maxReturnToLength = 2048;

/** The absolute URL, or the front page of `home` when `wish` is not safe. */
export const safeReturnTo = (wish: string | null, publicOrigins: readonly PublicOrigin[], home: PublicOrigin): string =>
  (wish === null ? null : readReturnTo(wish, publicOrigins, home)) ?? `${home.origin}/`;

/** `null` when `wish` is not safe. A path belongs to `home`. */
export function readReturnTo(wish: string, publicOrigins: readonly PublicOrigin[], home: PublicOrigin): string | null {
  if (wish.length > maxReturnToLength) return null;
  // The URL standard would drop tabs and newlines and read `\` as `/`.
  if (/[\u0000-\u0020\u007f\\]/.test(wish)) return null;
  if (!wish.startsWith('/') && !/^https?:\/\//i.test(wish)) return null;
  if (wish.startsWith('//')) return null;
  let url: URL;
  try {
    url = new URL(wish, `${home.origin}/`);
  } catch {
    return null;
  }
  if (url.username || url.password || url.pathname.startsWith('//')) return null;
  // No redirect from https to http.
  const isOurs = publicOrigins.some(
    ({ origin, scheme }) => origin === url.origin && (scheme === 'https' || home.scheme === 'http'),
  );
  return isOurs ? url.href : null;
}

/** The configured login page. `returnTo`: an absolute URL that `readReturnTo` accepted, or `null`. */
export function loginUrl(
  login: Extract<Settings['login'], { kind: 'page' }>,
  publicOrigin: PublicOrigin,
  returnTo: string | null,
): string {
  const url = new URL(login.page, `${publicOrigin.origin}/`);
  if (returnTo !== null) url.searchParams.set(login.returnParam, returnTo);
  return url.href;
}
