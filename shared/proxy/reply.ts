/** And back: the origin's status and body under the headers that are the client's. */
import { Failure } from '../errors.ts';

/** No reply to these has a body, whatever its headers say (RFC 9110, sections 15.2, 15.3.5, 15.3.6 and 15.4.5). */
const bodiless = new Set([101, 204, 205, 304]);

export function replyTo(method: string, response: Response, headers: Headers): Response {
  const { status, statusText } = response;
  // Fetch knows no other statuses, and a client could do nothing with them either.
  if (status !== 101 && (status < 200 || status > 599))
    throw new Failure('origin_unreachable', `the origin replied ${status}`);
  const body = bodiless.has(status) || method === 'HEAD' ? null : response.body;
  // On Workers a socket hangs on the reply of its upgrade and has to be handed on with it.
  const { webSocket } = response as { readonly webSocket?: unknown };
  return new Response(body, { status, statusText, headers, ...(webSocket ? { webSocket } : {}) } as ResponseInit);
}
