/** The only place that writes a Set-Cookie (RFC 6265bis). Cookies are read by `cookie-header.ts`. */
import type { SameSite } from '../../config/settings.ts';

export interface CookieAttributes {
  readonly sameSite: SameSite;
  readonly path?: string;
  readonly domain?: string | null;
  readonly partitioned?: boolean;
  /** `null`: until the browser closes. */
  readonly maxAgeSeconds?: number | null;
}

/** Every cookie of ours is Secure and HttpOnly; the rest is the caller's. The value must be cookie-octets already. */
export function writeCookie(name: string, value: string, attributes: CookieAttributes): string {
  let text = `${name}=${value}; Path=${attributes.path ?? '/'}; Secure; HttpOnly; SameSite=${attributes.sameSite}`;
  if (attributes.domain) text += `; Domain=${attributes.domain}`;
  if (attributes.maxAgeSeconds != null) text += `; Max-Age=${attributes.maxAgeSeconds}`;
  if (attributes.partitioned) text += '; Partitioned';
  return text;
}

/**
 * For the cookies of that name which a browser may hold beside the one with these attributes, from before one of them was
 * changed: with `Partitioned` or without, for the host alone or for one of `domains`. To be written before the cookie
 * itself: to a browser that does not know partitions they are one and the same.
 */
export function clearTwins(name: string, own: CookieAttributes, domains: readonly string[]): string[] {
  const lines: string[] = [];
  for (const domain of [null, ...domains]) {
    for (const partitioned of [false, true]) {
      const isOwn = domain === (own.domain ?? null) && partitioned === (own.partitioned ?? false);
      if (!isOwn) lines.push(clearCookie(name, { ...own, domain, partitioned }));
    }
  }
  return lines;
}

/** Same name, path and domain as the cookie it clears, or the browser keeps both. */
export const clearCookie = (name: string, attributes: CookieAttributes): string =>
  writeCookie(name, '', { ...attributes, maxAgeSeconds: 0 });
