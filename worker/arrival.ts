/** Reads what Workers knows about a request beyond the `Request` itself. */
import type { ExecutionContext, IncomingRequestCfProperties } from '@cloudflare/workers-types';
import { createLru, memoize } from '../shared/cache/lru.ts';
import { placeOf } from '../shared/client/forwarded.ts';
import { pathOf } from '../shared/http/urls.ts';
import type { Arrival, GeoPoint } from '../shared/platform.ts';

/** `new Request` refuses a GET with a body (Fetch standard), but the client's own request can be sent on. By its body. */
const requestsByBody = new WeakMap<ReadableStream, Request>();

/** The client's request to which this body belongs, if it is a GET or HEAD. */
export const requestWithBody = (body: ReadableStream): Request | undefined => requestsByBody.get(body);

export function arrivalOf(request: Request, ctx: Pick<ExecutionContext, 'waitUntil'>): Arrival {
  const { body } = request;
  if (body && (request.method === 'GET' || request.method === 'HEAD')) requestsByBody.set(body, request);
  const { scheme, path, rawQuery } = partsOf(request.url);
  return {
    peer(header) {
      // Cloudflare sets this header and overwrites what a client sends.
      const address = header.get('cf-connecting-ip');
      return { address, place: placeAt(address, request) };
    },
    scheme,
    platformHost: null,
    body,
    path,
    rawQuery,
    signal: null,
    defer: (work) => ctx.waitUntil(work),
  };
}

const isSendable = /^[\x21-\x7e]*$/;
const unsendable = /[^\x21-\x7e]+/g;
const sendable = (query: string): string => (isSendable.test(query) ? query : query.replace(unsendable, encodeURI));

const partsOf = memoize(
  (url): Pick<Arrival, 'scheme' | 'path' | 'rawQuery'> => {
    const query = url.indexOf('?');
    return {
      scheme: url.startsWith('https:') ? 'https' : 'http',
      path: pathOf(url),
      // Only characters that cannot be sent are escaped. A URL parser would also turn `'` into `%27`, and signed queries
      // would not match any more: `fetch_legacy_url` in wrangler.toml keeps `fetch` from doing that.
      rawQuery: query < 0 ? '' : sendable(url.slice(query)),
    };
  },
  { maxEntries: 1_000, maxLength: 512 },
);

/** The runtime parses `request.cf` again for every request, so locations are cached by address. */
const places = createLru<GeoPoint | null>({ maxEntries: 5_000 });

function placeAt(address: string | null, request: Request): GeoPoint | null {
  const known = address === null ? undefined : places.get(address);
  if (known !== undefined) return known;
  const { cf } = request as unknown as { readonly cf?: IncomingRequestCfProperties };
  const place = cf ? placeOf(cf.latitude, cf.longitude) : null;
  if (address !== null) places.set(address, place);
  return place;
}
