/**
 * The URL at the origin: its base, the path as the URL standard normalises it, and the query as it came. A URL parser
 * would touch the query too (it escapes `'`), and a signature over it would no longer hold.
 */
export const originUrl = (base: string, path: string, rawQuery: string): string => base + path + rawQuery;
