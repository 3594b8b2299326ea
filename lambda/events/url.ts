/**
 * Paths and queries of events as parts of a URL. Nothing that stands in them may change the URL's structure: a `?`, `#`
 * or `%` that somebody decoded on the way is escaped again, byte by byte (RFC 3986, section 2.1).
 */

/** What would end the path, what a URL parser drops, and what is no ASCII. The rest is the parser's to judge. */
const notInPath = /[^\x21\x22\x24-\x3e\x40-\x7e]+/gu;
/** Laxer, because the query is handed on as it came: only what would end it or cannot be sent is escaped. */
const notInSentQuery = /[^\x21\x22\x24-\x7e]+/gu;

/**
 * A path as the client sent it. Escapes stay as they are, and so does a `%` that begins none, `[`, `]` and `|`; a `\` becomes
 * a slash: all as the URL standard has it, by which Workers read the same path.
 */
export const encodeSentPath = (path: string): string => path.replace(notInPath, escapeBytes);

/**
 * A path whose escapes the platform has resolved: every `%` in it stands for itself, and a `\` may have been an escaped one,
 * which is no slash. How the other characters were sent cannot be told; they mean the same either way.
 */
export const encodeDecodedPath = (path: string): string => encodeSentPath(path.replace(/[%\\]/g, escapeBytes));

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
