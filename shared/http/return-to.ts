/**
 * Where a person goes after a login or a logout. Only to one of the public origins, always as an absolute URL: a bare
 * path such as `//evil.example` or `/..//evil.example` is a host name to some browsers and frameworks.
 */
import type { PublicOrigin } from '../config/settings.ts';

const longestReturnTo = 2048;

/** The safe absolute URL, or the front page of `home` when the wish is not safe. */
export function safeReturnTo(wish: string | null, publicOrigins: readonly PublicOrigin[], home: PublicOrigin): string {
  const front = `${home.origin}/`;
  if (!wish || wish.length > longestReturnTo) return front;
  // The URL standard drops tabs and newlines and takes `\` for `/`: what it would have to mend, we refuse.
  if (/[\u0000-\u0020\u007f\\]/.test(wish)) return front;
  if (!wish.startsWith('/') && !/^https?:\/\//i.test(wish)) return front;
  if (wish.startsWith('//')) return front;
  let url: URL;
  try {
    url = new URL(wish, front);
  } catch {
    return front;
  }
  if (url.username || url.password || url.pathname.startsWith('//')) return front;
  return publicOrigins.some(({ origin }) => origin === url.origin) ? url.href : front;
}
