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

/** What is read of a header: `Headers` themselves, or a copy that was taken of them, which knows names in lower case only. */
export interface Fields {
  get(name: FieldName): string | null;
  has(name: FieldName): boolean;
}
export type FieldName = Lowercase<string>;

export const fieldName = (name: string): FieldName => name.toLowerCase() as FieldName;

export interface Survey extends Fields {
  /** Of every field, in lower case. */
  readonly names: readonly string[];
  /** In the same order. */
  readonly values: readonly string[];
  /** About what the fields take on the wire of HTTP/1.1 (Headers hold one character per byte). */
  readonly bytes: number;
}

/** One walk, because on Workers each look at `Headers` is a call out of JavaScript, and a request is looked at often. */
export function surveyOf(headers: Headers): Survey {
  const walked = new Walked();
  headers.forEach((value, name) => {
    walked.names.push(name);
    walked.values.push(value);
    walked.bytes += name.length + value.length + bytesBesides;
  });
  return walked;
}

/** Two lists and a search: of the twenty fields that a browser sends, a hash table costs more than it finds. */
class Walked implements Survey {
  readonly names: string[] = [];
  readonly values: string[] = [];
  bytes = 0;

  get(name: FieldName): string | null {
    const at = this.names.indexOf(name);
    return at < 0 ? null : (this.values[at] as string);
  }
  has(name: FieldName): boolean {
    return this.names.includes(name);
  }
}

/** Enough digits for any body there will be, few enough to stay an exact number. */
const wholeNumber = /^\d{1,15}$/;

/** `null` when it is absent or is not one number. */
export function contentLengthOf(headers: Fields): number | null {
  const value = headers.get('content-length');
  return value !== null && wholeNumber.test(value) ? Number(value) : null;
}

/** In lower case. Taken down first, so that the header may be changed while they are gone through. */
export const namesOf = (headers: Headers): readonly string[] => [...headers.keys()];
