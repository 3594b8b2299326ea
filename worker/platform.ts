/** How Workers answers the Platform port. */
import type { ExecutionContext, IncomingRequestCfProperties } from '@cloudflare/workers-types';
import { placeOf } from '../shared/client/forwarded.ts';
import type { Arrival, OriginOutcome, OriginRequest, Platform } from '../shared/platform.ts';

export const workerPlatform: Platform = {
  door: 'worker',
  now: () => Date.now(),
  send,
  log: (line) => console.log(JSON.stringify(line)),
};

/**
 * A thrown fetch does not say whether anything was sent: on workerd a refused connection and one that was reset after
 * sending throw the same error. In production most connection failures come back as replies with status 52x.
 */
async function send({ url, method, headers, body, edgeCache, signal }: OriginRequest): Promise<OriginOutcome> {
  try {
    const carrier = body instanceof ReadableStream ? carriers.get(body) : undefined;
    const response = await fetch(carrier ? new Request(url, carrier) : url, {
      ...(!carrier && { method, body: body as BodyInit | null }),
      headers,
      redirect: 'manual',
      signal,
      // Without this a Worker's fetch goes through Cloudflare's cache keyed by URL, and one client gets another's page.
      ...(!edgeCache && { cache: 'no-store' as const }),
    });
    return { kind: 'reply', response };
  } catch (error) {
    return { kind: 'failed', sent: 'unknown', reason: error instanceof Error ? error.message : 'fetch failed' };
  }
}

/**
 * A GET with a body cannot be made here (Fetch standard, `new Request`), but the one that came can be sent on as it is.
 */
const carriers = new WeakMap<ReadableStream, Request>();

export function arrivalOf(request: Request, ctx: Pick<ExecutionContext, 'waitUntil'>): Arrival {
  const { cf } = request as unknown as { readonly cf?: IncomingRequestCfProperties };
  const query = request.url.indexOf('?');
  const { method, body } = request;
  if (body && (method === 'GET' || method === 'HEAD')) carriers.set(body, request);
  return {
    // Set by Cloudflare itself; what a client sends under this name is overwritten before it gets here.
    peerAddress: request.headers.get('cf-connecting-ip'),
    scheme: request.url.startsWith('https:') ? 'https' : 'http',
    place: placeOf(cf?.latitude, cf?.longitude),
    platformHost: null,
    body,
    // Escaped only where it could not be sent otherwise. That `fetch` leaves the rest alone is the doing of the flag
    // `fetch_legacy_url` in wrangler.toml: a URL parser would write `%27` for `'`, and signed queries would not match.
    rawQuery: query < 0 ? '' : request.url.slice(query).replace(/[^\x21-\x7e]+/g, encodeURI),
    signal: request.signal ?? null,
    defer: (work) => ctx.waitUntil(work),
  };
}
