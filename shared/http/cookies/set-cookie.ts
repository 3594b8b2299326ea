/** The only writer of the gateway's own cookies (RFC 6265bis, section 4.1). */
import type { SameSite } from '../../config/settings.ts';

export interface CookieAttributes {
  readonly sameSite: SameSite;
  readonly path?: string;
  readonly domain?: string | null;
  readonly partitioned?: boolean;
  /** `null`: until the browser closes. */
  readonly maxAgeSeconds?: number | null;
}

/** Section 4.1.1. Quotes around a value are not written. */
const cookieName = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const cookieValue = /^[!#-+\--:<-[\]-~]*$/;
const attributeValue = /^[ -:<-~]*$/;

/**
 * A line that makes the cookie Secure and HttpOnly. Throws for what browsers would refuse or read differently, because then
 * the caller is broken: names and values with other characters, and a `__Host-` cookie with a domain or another path.
 */
export function writeCookie(name: string, value: string, attributes: CookieAttributes): string {
  const { path = '/', domain } = attributes;
  if (!cookieName.test(name)) throw new TypeError('not a cookie name of RFC 6265');
  if (!cookieValue.test(value)) throw new TypeError(`not a value of RFC 6265 for the cookie ${name}`);
  if (!attributeValue.test(`${path}${domain ?? ''}`)) throw new TypeError(`bad attributes for the cookie ${name}`);
  if (name.startsWith('__Host-') && (domain || path !== '/')) {
    throw new TypeError(`the cookie ${name} can have no domain and no path but /`);
  }
  let text = `${name}=${value}; Path=${path}; Secure; HttpOnly; SameSite=${attributes.sameSite}`;
  if (domain) text += `; Domain=${domain}`;
  if (attributes.maxAgeSeconds != null) text += `; Max-Age=${attributes.maxAgeSeconds}`;
  if (attributes.partitioned) text += '; Partitioned';
  return text;
}

/**
 * Lines that clear the cookies of that name which a browser may hold beside the one with these attributes, from before the
 * configuration changed: with `Partitioned` or without, for the host alone or for one of `domains`. They go before the cookie
 * itself, because a browser that does not know partitions sees one cookie.
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

/** Needs the name, path and domain of the cookie that it clears; else the browser keeps both. */
export const clearCookie = (name: string, attributes: CookieAttributes): string =>
  writeCookie(name, '', { ...attributes, maxAgeSeconds: 0 });
