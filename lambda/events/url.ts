/**
 * Turns an event's path and query into parts of a URL. They must not change the URL's structure: a `?`, `#` or `%` that the
 * platform has decoded is escaped again, byte by byte (RFC 3986, section 2.1).
 */

/** Characters that would end the path, that a URL parser drops, or that are not ASCII. The URL parser handles the rest. */
const notInPath = /[^\x21\x22\x24-\x3e\x40-\x7e]+/gu;
/** Fewer than in a path, because the query is passed on as it came: only characters that would end it or cannot be sent. */
const notInSentQuery = /[^\x21\x22\x24-\x7e]+/gu;

/**
 * Encodes a path that the platform passes as it was sent. Escapes, a `%` without two hex digits, `[`, `]` and `|` stay as they
 * are. The URL standard turns a `\` into a slash. Workers read the same path in the same way.
 */
export const encodeSentPath = (path: string): string => path.replace(notInPath, escapeBytes);

/**
 * Encodes a path that the platform has decoded. Every `%` is a literal one. A `\` may have been escaped, and an escaped one is
 * not a slash. The other characters mean the same whether they were escaped or not.
 */
export const encodeDecodedPath = (path: string): string => encodeSentPath(path.replace(/[%\\]/g, escapeBytes));

/** Encodes a query that the platform passes as it was sent, without its `?`. The result has the `?`, or is `''`. */
export const encodeSentQuery = (query: string): string =>
  query === '' ? '' : `?${query.replace(notInSentQuery, escapeBytes)}`;

/** Rebuilds a query from a map of decoded names and values. */
export const encodeDecodedQuery = (parameters: QueryMap): string =>
  joinQuery(parameters, (text) => text.replace(/[^A-Za-z0-9\-._~]+/gu, escapeBytes));

/** Rebuilds a query from a map of names and values that are still escaped. */
export const joinSentQuery = (parameters: QueryMap): string =>
  encodeSentQuery(joinQuery(parameters, (text) => text).slice(1));

export type QueryMap = Readonly<Record<string, readonly string[] | undefined>> | null | undefined;

function joinQuery(parameters: QueryMap, encode: (text: string) => string): string {
  const pairs = Object.entries(parameters ?? {}).flatMap(([name, values]) =>
    (values ?? []).map((value) => `${encode(name)}=${encode(value)}`),
  );
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
}

function escapeBytes(text: string): string {
  let escaped = '';
  for (const byte of new TextEncoder().encode(text)) escaped += `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  return escaped;
}
