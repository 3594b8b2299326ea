/** And back: the origin's status and body under the headers that are the client's. */
import { Failure } from '../errors.ts';

/** No reply to these has a body, whatever its headers say (RFC 9110, sections 15.2, 15.3.5, 15.3.6 and 15.4.5). */
const bodiless = new Set([101, 204, 205, 304]);

/** A reply with a copy of the origin's header, which may be changed. `status`: the response's. */
export function replyTo(method: string, status: number, response: Response): Response {
  if (status === 101) return switched(response);
  // Fetch knows no other statuses, and a client could do nothing with them either.
  if (status < 200 || status > 599) throw new Failure('origin_unreachable', `the origin replied ${status}`);
  return new Response(bodiless.has(status) || method === 'HEAD' ? null : response.body, response);
}

/** On Workers a socket hangs on the reply of its upgrade and has to be handed on with it. */
function switched(response: Response): Response {
  const { status, statusText, headers } = response;
  const { webSocket } = response as { readonly webSocket?: unknown };
  return new Response(null, { status, statusText, headers, webSocket } as ResponseInit);
}
