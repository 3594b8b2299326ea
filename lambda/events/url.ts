/**
 * Paths and queries of events as parts of a URL. Nothing that stands in them may change the URL's structure: a `?`, `#`
 * or `%` that somebody decoded on the way is escaped again, byte by byte (RFC 3986, section 2.1).
 */

/** pchar and `/` (RFC 3986, section 3.3), without the `%`. */
const notInDecodedPath = /[^A-Za-z0-9\-._~!$&'()*+,;=:@/]+/gu;
const notInSentPath = /(?:%(?![0-9A-Fa-f]{2})|[^A-Za-z0-9\-._~!$&'()*+,;=:@/%])+/gu;
/** Laxer than the RFC, because the query is handed on as it came: only what would end it or cannot be sent is escaped. */
const notInSentQuery = /[^\x21\x22\x24-\x7e]+/gu;

/** A path whose escapes the platform has resolved: every `%` in it stands for itself. */
export const encodeDecodedPath = (path: string): string => path.replace(notInDecodedPath, escapeBytes);

/** A path as the client sent it: escapes stay, what cannot stand in a path is escaped. */
export const encodeSentPath = (path: string): string => path.replace(notInSentPath, escapeBytes);

/** A query as the client sent it, without its `?`; with it, or `''`, in the answer. */
export const encodeSentQuery = (query: string): string =>
  query === '' ? '' : `?${query.replace(notInSentQuery, escapeBytes)}`;

/** Rebuilds a query from the platform's map of decoded names and values. */
export const encodeDecodedQuery = (parameters: QueryMap): string =>
  joinQuery(parameters, (text) => text.replace(/[^A-Za-z0-9\-._~]+/gu, escapeBytes));

/** Rebuilds a query from the platform's map of names and values as the client escaped them. */
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
