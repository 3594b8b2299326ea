/** Letters, digits and slashes: what a URL parser would leave as it is. */
const plainUrl = /^https?:\/\/[^/?#\\]+(\/[A-Za-z0-9_~/-]*)(?:\?|$)/;

/** The path of an absolute URL, as the URL standard normalises it. Parses only where there is something to normalise. */
export const pathOf = (url: string): string => plainUrl.exec(url)?.[1] ?? new URL(url).pathname;

/**
 * The URL at an origin: its base, the path as the URL standard normalises it, and the query as it came. A URL parser would
 * change the query too (it escapes `'`), and a signature over it would no longer hold.
 */
export const originUrl = (base: string, path: string, rawQuery: string): string => base + path + rawQuery;
