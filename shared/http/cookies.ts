/**
 * Cookies: reading one out of a Cookie header, and the only place that writes a Set-Cookie (RFC 6265bis).
 */
import type { SameSite } from '../config/settings.ts';

/** The value of the first cookie of that name, or `null`. Names are compared exactly, as browsers do. */
export function readCookie(header: string | null, name: string): string | null {
  if (header === null) return null;
  let from = 0;
  for (;;) {
    const at: number = header.indexOf(name, from);
    if (at < 0) return null;
    const end = at + name.length;
    if (header[end] === '=' && startsPair(header, at)) {
      const stop = header.indexOf(';', end);
      return header.slice(end + 1, stop < 0 ? undefined : stop).trim();
    }
    from = end;
  }
}

function startsPair(header: string, at: number): boolean {
  let before = at - 1;
  while (before >= 0 && (header[before] === ' ' || header[before] === '\t')) before--;
  return before < 0 || header[before] === ';';
}

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

/** Same name, path and domain as the cookie it clears, or the browser keeps both. */
export const clearCookie = (name: string, attributes: CookieAttributes): string =>
  writeCookie(name, '', { ...attributes, maxAgeSeconds: 0 });
