/** Header fields that belong to one connection and not to the message (RFC 9110, section 7.6.1), and header arithmetic. */

/** Meant for the next hop only; never forwarded in either direction. */
export const hopByHop: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
  'proxy-authenticate',
  'proxy-authentication-info',
  'proxy-authorization',
]);

const nothing: ReadonlySet<string> = new Set();

/** The fields that a Connection header declares to be hop-by-hop too, in lower case. */
export function connectionListed(connection: string | null): ReadonlySet<string> {
  if (connection === null) return nothing;
  return new Set(connection.split(',').map((name) => name.trim().toLowerCase()));
}

/** What is read of a header: `Headers` themselves, or a snapshot of them (`header-snapshot.ts`), which knows names in lower case only. */
export interface Fields {
  get(name: FieldName): string | null;
  has(name: FieldName): boolean;
}
export type FieldName = Lowercase<string>;

export const fieldName = (name: string): FieldName => name.toLowerCase() as FieldName;

/**
 * Workers read a header's bytes as UTF-8 and show each one that is none as U+FFFD, so that values which differ look alike. The
 * bytes are still there in the `Headers`, and in copies of them, and are lost when the text is written back.
 */
export const hasLostBytes = (value: string): boolean => value.includes('\ufffd');

/** Enough digits for any body there will be, few enough to stay an exact number. */
const wholeNumber = /^\d{1,15}$/;

/** `null` when it is absent or is not one number. */
export function contentLengthOf(headers: Fields): number | null {
  const value = headers.get('content-length');
  return value !== null && wholeNumber.test(value) ? Number(value) : null;
}
