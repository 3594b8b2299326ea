/**
 * Reads the header fields of an event strictly, so that the origin cannot read the message differently from the gateway: that
 * would allow request smuggling (RFC 9110, section 5; RFC 9112, section 11).
 */

export type Field = readonly [name: string, value: string];

export type FieldsReading =
  | {
      readonly kind: 'fields';
      readonly headers: Headers;
      readonly host: string | null;
      /** The client sent Content-Length or Transfer-Encoding, even if the body is empty. */
      readonly framed: boolean;
    }
  | { readonly kind: 'bad'; readonly reason: string };

/** RFC 9110, section 5.6.2. */
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** Tab, space, visible ASCII and bytes above ASCII. No CR, LF, NUL or other control character. */
const fieldValue = /^[\t\x20-\x7e\x80-\xff]*$/;
/** A registered name, an IPv4 or a bracketed IPv6 address, with an optional port (RFC 3986, section 3.2). */
const authority = /^(?:[A-Za-z0-9._~-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/;

/** Framing of the message between client and platform. The gateway frames its own message. */
const framing = new Set(['content-length', 'transfer-encoding', 'trailer']);

export function readFields(fields: Iterable<Field>): FieldsReading {
  const headers = new Headers();
  let host: string | null = null;
  let length: string | null = null;
  let framed = false;
  for (const [name, raw] of fields) {
    if (!token.test(name)) return bad('a header name is not a token');
    const value = asBytes(raw);
    if (!fieldValue.test(value)) return bad('a header value holds a control character');
    const lower = name.toLowerCase();
    if (lower === 'host') {
      if (host !== null) return bad('more than one Host');
      if (!authority.test(value.trim())) return bad('Host is not a host');
      host = value.trim();
    }
    if (lower === 'content-length') {
      if (length !== null || !/^\d+$/.test(value.trim())) return bad('more than one Content-Length, or not a number');
      length = value;
    }
    if (framing.has(lower)) framed ||= lower !== 'trailer';
    // `Headers` joins Cookie lines by semicolons (RFC 9113, section 8.2.3) and all others by commas.
    else headers.append(name, value);
  }
  return { kind: 'fields', headers, host, framed };
}

/** JSON can contain characters that are not bytes. They are replaced by their UTF-8 bytes. */
function asBytes(value: string): string {
  for (let i = 0; i < value.length; i++) {
    if (value.charCodeAt(i) > 0xff) return Buffer.from(value, 'utf8').toString('latin1');
  }
  return value;
}

const bad = (reason: string): FieldsReading => ({ kind: 'bad', reason });

/** Single values, as in payload 2.0. Absent ones are left out. */
export const singleFields = (map: Readonly<Record<string, string | undefined>> | null | undefined): Field[] =>
  Object.entries(map ?? {}).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]));

/** Lists of values, as in events of REST APIs and of load balancers with multi-value headers. */
export const listedFields = (
  map: Readonly<Record<string, readonly string[] | undefined>> | null | undefined,
): Field[] =>
  Object.entries(map ?? {}).flatMap(([name, values]) => (values ?? []).map((value) => [name, value] as const));
