/**
 * The port of an event shape: it turns an event into a `Request`, and a `Response` into the result for that event. Each shape
 * has a file in this folder.
 */
import type { FailureCode } from '../../shared/errors.ts';
import type { Arrival } from '../../shared/platform.ts';

/** The part of `Arrival` that comes from the event. The function supplies the rest. */
export type EventArrival = Pick<Arrival, 'scheme' | 'platformHost' | 'body' | 'path' | 'rawQuery'> & {
  readonly peerAddress: string | null;
};

export type EventReading =
  | { readonly kind: 'request'; readonly request: Request; readonly arrival: EventArrival }
  /** The request must not be passed on. `reason` is for the log. */
  | { readonly kind: 'refused'; readonly code: FailureCode; readonly reason: string };

export interface EventShape<Event, Result> {
  /** Limit for a buffered reply's body, in bytes before base64. */
  readonly maxReplyBytes: number;
  read(event: Event): EventReading;
  /** `body` is the whole body of `reply`, which has been read already. */
  write(reply: Response, body: Uint8Array, event: Event): Result;
}

export const refuse = (code: FailureCode, reason: string): EventReading => ({ kind: 'refused', code, reason });

/** Always base64: guessing from the content type what is text would corrupt some bodies. */
export const encodeBody = (body: Uint8Array): { body: string; isBase64Encoded: boolean } => ({
  body: Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('base64'),
  isBase64Encoded: body.length > 0,
});

/** All fields except Set-Cookie, with equal names joined (RFC 9110, section 5.3). */
export function joinedHeaders(headers: Headers): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const [name, value] of headers) if (name !== 'set-cookie') fields[name] = value;
  return fields;
}

/** All fields, with one entry per cookie. */
export function listedHeaders(headers: Headers): Record<string, string[]> {
  const fields: Record<string, string[]> = {};
  for (const [name, value] of Object.entries(joinedHeaders(headers))) fields[name] = [value];
  const cookies = headers.getSetCookie();
  if (cookies.length > 0) fields['set-cookie'] = cookies;
  return fields;
}
