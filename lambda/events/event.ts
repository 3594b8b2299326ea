/**
 * What the event shapes have in common: an event in, a `Request` and what is known about it out; a `Response` in, the
 * result that this kind of event wants out. One file per shape stands beside this one.
 */
import type { FailureCode } from '../../shared/errors.ts';
import type { Arrival } from '../../shared/platform.ts';

/** What an event tells of a request's arrival; the rest belongs to the function and not to the event. */
export type EventArrival = Pick<Arrival, 'scheme' | 'platformHost' | 'body' | 'path' | 'rawQuery'> & {
  readonly peerAddress: string | null;
};

export type EventReading =
  | { readonly kind: 'request'; readonly request: Request; readonly arrival: EventArrival }
  /** Not a request that may be passed on. `reason` is for the log. */
  | { readonly kind: 'refused'; readonly code: FailureCode; readonly reason: string };

export interface EventShape<Event, Result> {
  /** The largest body of a buffered reply, in bytes before base64. */
  readonly mostReplyBytes: number;
  read(event: Event): EventReading;
  /** `body` is the whole body of `reply`, whose own is spent. */
  write(reply: Response, body: Uint8Array, event: Event): Result;
}

export const refused = (code: FailureCode, reason: string): EventReading => ({ kind: 'refused', code, reason });

/** Base64 whatever the content type says: a guess at what is text is how bodies get corrupted. */
export const encodeBody = (body: Uint8Array): { body: string; isBase64Encoded: boolean } => ({
  body: Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('base64'),
  isBase64Encoded: body.length > 0,
});

/** Every field but Set-Cookie, with equal names joined (RFC 9110, section 5.3). */
export function joinedHeaders(headers: Headers): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const [name, value] of headers) if (name !== 'set-cookie') fields[name] = value;
  return fields;
}

/** Every field, Set-Cookie once per cookie. */
export function listedHeaders(headers: Headers): Record<string, string[]> {
  const fields: Record<string, string[]> = {};
  for (const [name, value] of Object.entries(joinedHeaders(headers))) fields[name] = [value];
  const cookies = headers.getSetCookie();
  if (cookies.length > 0) fields['set-cookie'] = cookies;
  return fields;
}
