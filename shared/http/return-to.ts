/**
 * Where a person goes after a login or a logout. Only to one of the public origins, always as an absolute URL: a bare
 * path such as `//evil.example` or `/..//evil.example` is a host name to some browsers and frameworks.
 */
import type { PublicOrigin } from '../config/settings.ts';

const maxReturnToLength = 2048;

/** The safe absolute URL, or the front page of `home` when the wish is not safe. */
export const safeReturnTo = (wish: string | null, publicOrigins: readonly PublicOrigin[], home: PublicOrigin): string =>
  (wish === null ? null : readReturnTo(wish, publicOrigins, home)) ?? `${home.origin}/`;

/** `null` when the wish is not safe. A path is one of `home`'s. */
export function readReturnTo(wish: string, publicOrigins: readonly PublicOrigin[], home: PublicOrigin): string | null {
  if (wish.length > maxReturnToLength) return null;
  // The URL standard drops tabs and newlines and takes `\` for `/`: what it would have to mend, we refuse.
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
  // What anybody on the way could have changed is no place to be sent to from what nobody could.
  const isOurs = publicOrigins.some(
    ({ origin, scheme }) => origin === url.origin && (scheme === 'https' || home.scheme === 'http'),
  );
  return isOurs ? url.href : null;
}
