/** Reading and writing header fields. */

/** `Headers`, or a snapshot of them (`header-snapshot.ts`), which knows names in lower case only. */
export interface Fields {
  get(name: FieldName): string | null;
  has(name: FieldName): boolean;
}
export type FieldName = Lowercase<string>;

export const fieldName = (name: string): FieldName => name.toLowerCase() as FieldName;

/** A field to write. */
export type HeaderLine = readonly [name: string, value: string];

const none: ReadonlySet<string> = new Set();

/** The fields that a Connection header makes hop-by-hop too (RFC 9110, section 7.6.1), in lower case. */
export function connectionListed(connection: string | null): ReadonlySet<string> {
  if (connection === null) return none;
  return new Set(connection.split(',').map((name) => name.trim().toLowerCase()));
}

/**
 * Workers read a header's bytes as UTF-8 and show an invalid byte as U+FFFD, so that values which differ look alike. The
 * `Headers` and copies of them still have the bytes. Writing the text back loses them.
 */
export const hasLostBytes = (value: string): boolean => value.includes('\ufffd');

/** Enough digits for any body, and few enough for an exact number. */
const wholeNumber = /^\d{1,15}$/;

/** `null` when it is absent or is not one number. */
export function contentLengthOf(headers: Fields): number | null {
  const value = headers.get('content-length');
  return value !== null && wholeNumber.test(value) ? Number(value) : null;
}
