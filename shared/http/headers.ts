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

/** `name: value` and the line end. */
const bytesBesides = 4;

/** What is read of a header: `Headers` themselves, or a copy that was taken of them. Names in lower case. */
export interface Fields {
  get(name: string): string | null;
  has(name: string): boolean;
}

export interface Survey extends Fields {
  /** Of every field, in lower case. */
  readonly names: readonly string[];
  /** About what the fields take on the wire of HTTP/1.1 (Headers hold one character per byte). */
  readonly bytes: number;
}

/** One walk, because on Workers each look at `Headers` is a call out of JavaScript, and a request is looked at often. */
export function surveyOf(headers: Headers): Survey {
  const values = new Map<string, string>();
  let bytes = 0;
  headers.forEach((value, name) => {
    values.set(name, value);
    bytes += name.length + value.length + bytesBesides;
  });
  return {
    names: [...values.keys()],
    bytes,
    // As with Headers, the case of the name does not matter; nearly every caller knows it in lower case.
    get: (name) => values.get(name) ?? values.get(name.toLowerCase()) ?? null,
    has: (name) => values.has(name) || values.has(name.toLowerCase()),
  };
}

/** Enough digits for any body there will be, few enough to stay an exact number. */
const wholeNumber = /^\d{1,15}$/;

/** `null` when it is absent or is not one number. */
export function contentLengthOf(headers: Fields): number | null {
  const value = headers.get('content-length');
  return value !== null && wholeNumber.test(value) ? Number(value) : null;
}

/** In lower case. Taken down first, so that the header may be changed while they are gone through. */
export function namesOf(headers: Headers): readonly string[] {
  const names: string[] = [];
  headers.forEach((_, name) => {
    names.push(name);
  });
  return names;
}
