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

/**
 * The names of all fields, in lower case, and about what the fields take on the wire of HTTP/1.1 (Headers hold one
 * character per byte). One walk, because on Workers each look at a header is a call out of JavaScript.
 */
export function surveyOf(headers: Headers): { readonly names: readonly string[]; readonly bytes: number } {
  const names: string[] = [];
  let bytes = 0;
  headers.forEach((value, name) => {
    names.push(name);
    bytes += name.length + value.length + bytesBesides;
  });
  return { names, bytes };
}

/** Enough digits for any body there will be, few enough to stay an exact number. */
const wholeNumber = /^\d{1,15}$/;

/** `null` when it is absent or is not one number. */
export function contentLengthOf(headers: Headers): number | null {
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
