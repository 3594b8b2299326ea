/** The origin's reply as a `Response` whose header may be changed. */
import { Failure } from '../errors.ts';
import { bodiless } from '../http/statuses.ts';

/** `status`: the response's own. */
export function replyTo(method: string, status: number, response: Response): Response {
  if (status === 101) return switched(response);
  // A `Response` can have no other status.
  if (status < 200 || status > 599) throw new Failure('origin_unreachable', `the origin replied with status ${status}`);
  return new Response(bodiless.has(status) || method === 'HEAD' ? null : response.body, response);
}

/** On Workers the socket is a property of the upgrade's reply. */
function switched(response: Response): Response {
  const { status, statusText, headers } = response;
  const { webSocket } = response as { readonly webSocket?: unknown };
  return new Response(null, { status, statusText, headers, webSocket } as ResponseInit);
}
