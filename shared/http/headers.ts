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

/** About what the fields take on the wire of HTTP/1.1; Headers hold one character per byte. */
export function headerBytes(headers: Headers): number {
  let bytes = 0;
  for (const [name, value] of headers) bytes += name.length + value.length + bytesBesides;
  return bytes;
}

/** Enough digits for any body there will be, few enough to stay an exact number. */
const wholeNumber = /^\d{1,15}$/;

/** `null` when it is absent or is not one number. */
export function contentLengthOf(headers: Headers): number | null {
  const value = headers.get('content-length');
  return value !== null && wholeNumber.test(value) ? Number(value) : null;
}
