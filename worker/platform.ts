/** How Workers answers the Platform port. */
import type { ExecutionContext, IncomingRequestCfProperties } from '@cloudflare/workers-types';
import { memoize } from '../shared/cache/lru.ts';
import { placeOf } from '../shared/client/forwarded.ts';
import type { HeaderLine } from '../shared/http/headers.ts';
import { pathOf } from '../shared/http/urls.ts';
import type { Arrival, GeoPoint, OriginOutcome, OriginRequest, Platform } from '../shared/platform.ts';
import { relaySocket } from './socket-relay.ts';
import { upload, watchCopy } from './upload.ts';

export const workerPlatform: Platform = {
  door: 'worker',
  endsWhatIsLeft: true,
  now: () => Date.now(),
  send,
  relay: relaySocket,
  log: (line) => console.log(JSON.stringify(line)),
};

/** How a fetch goes about Cloudflare's cache, which is keyed by the URL: one client's page would be another's. */
interface CacheUse {
  readonly cf?: { readonly cacheTtl: number; readonly cacheLevel: string };
  readonly cache?: 'no-store';
}
const throughTheCache: CacheUse = {};
const notStored: CacheUse = { cache: 'no-store' };
/**
 * What `no-store` tells Cloudflare, in the words that the runtime has for it. Said by the option, the runtime also writes
 * `Cache-Control: no-cache` and `Pragma: no-cache` into the request, and Express, Koa and Next then send the whole page where
 * a 304 was due.
 */
const pastTheCache: CacheUse = { cf: { cacheTtl: -1, cacheLevel: 'bypass' } };

interface Template {
  readonly request: Request;
  perRequest: readonly HeaderLine[];
}
const templates = new WeakMap<Headers, Template>();
const nowhere = 'http://origin.invalid/';

/**
 * The request whose header `fetch` copies: that of an earlier one with the same stable fields. To copy these again for every
 * request would cost 7 µs of about 170. Only this function touches a template, and `fetch` copies it before another request
 * can. `fetch` also takes the settings of a request in one piece, and those of an object name by name.
 */
function templateOf({ headers, perRequest }: OriginRequest): Request {
  let template = templates.get(headers);
  if (template === undefined) {
    const request = new Request(nowhere, { headers, redirect: 'manual', ...pastTheCache } as RequestInit);
    template = { request, perRequest: [] };
    templates.set(headers, template);
  }
  const own = template.request.headers;
  for (const [name] of template.perRequest) if (!perRequest.some(([next]) => next === name)) own.delete(name);
  for (const [name, value] of perRequest) own.set(name, value);
  template.perRequest = perRequest;
  return template.request;
}

/**
 * A thrown fetch does not say whether anything was sent: on workerd a refused connection and one that was reset after
 * sending throw the same error. In production most connection failures come back as replies with status 52x.
 */
function send(request: OriginRequest): Promise<OriginOutcome> {
  const { url, method, edgeCache } = request;
  const use = edgeCache ? throughTheCache : isAnsweredByCache(url) ? notStored : pastTheCache;
  // For other methods no cache answers, and they must not be sent twice.
  const isWatched = use === pastTheCache && (method === 'GET' || method === 'HEAD');
  try {
    return fetched(request, use).then(isWatched ? (response) => unlessFromCache(response, request) : replied, failed);
  } catch (error) {
    return Promise.resolve(failed(error));
  }
}

function fetched(request: OriginRequest, use: CacheUse): Promise<Response> {
  const { url, method, body, signal, onBody } = request;
  const template = templateOf(request);
  const { headers } = template;
  const carrier = body instanceof ReadableStream ? carriers.get(body) : undefined;
  if (carrier) {
    if (onBody && !carrier.bodyUsed) watchCopy(carrier, onBody);
    return fetch(new Request(url, carrier), { headers, redirect: 'manual', ...use } as RequestInit);
  }
  if (method === 'GET' && body === null && signal === null && use === pastTheCache) return fetch(url, template);
  const init = { method, headers, body: upload(request), redirect: 'manual', signal, ...use };
  return fetch(url, init as RequestInit);
}

/** What Cloudflare calls a reply that is not, or not whole, from the origin. */
const fromCache = /\b(?:HIT|STALE|UPDATING|REVALIDATED)\b/i;

/** Origins in whose name a cache has answered all the same: as many as the configuration has. */
const answeredByCache = new Set<string>();
const isAnsweredByCache = (url: string): boolean => answeredByCache.size > 0 && answeredByCache.has(originOf(url));
const originOf = (url: string): string => /^[^/]*\/\/[^/]*/.exec(url)?.[0] ?? url;

function unlessFromCache(response: Response, request: OriginRequest): OriginOutcome | Promise<OriginOutcome> {
  const status = response.headers.get('cf-cache-status');
  return status !== null && fromCache.test(status) ? askedAgain(request, response, status) : replied(response);
}

/**
 * Somebody else's page, for all we know. The origin has not seen the request, so it goes again, and the second answer
 * counts: an origin may have a cache of its own at Cloudflare. A GET's body is used up by then: such a request fails.
 */
async function askedAgain(request: OriginRequest, cached: Response, status: string): Promise<OriginOutcome> {
  const origin = originOf(request.url);
  if (!answeredByCache.has(origin)) {
    answeredByCache.add(origin);
    const at = new Date(workerPlatform.now()).toISOString();
    workerPlatform.log({ event: 'platform-cache-hit', at, origin, status });
  }
  try {
    await cached.body?.cancel();
    return replied(await fetched(request, notStored));
  } catch (error) {
    return failed(error);
  }
}

const replied = (response: Response): OriginOutcome => ({
  kind: 'reply',
  status: response.status,
  response,
});
const failed = (error: unknown): OriginOutcome => ({
  kind: 'failed',
  sent: 'unknown',
  reason: error instanceof Error ? error.message : 'fetch failed',
});

/**
 * A GET with a body cannot be made here (Fetch standard, `new Request`), but the one that came can be sent on as it is.
 */
const carriers = new WeakMap<ReadableStream, Request>();

const isSendable = /^[\x21-\x7e]*$/;
const unsendable = /[^\x21-\x7e]+/g;
const asSent = (query: string): string => (isSendable.test(query) ? query : query.replace(unsendable, encodeURI));

export function arrivalOf(request: Request, ctx: Pick<ExecutionContext, 'waitUntil'>): Arrival {
  const { body } = request;
  if (body && (request.method === 'GET' || request.method === 'HEAD')) carriers.set(body, request);
  const { scheme, path, rawQuery } = partsOf(request.url);
  return {
    peer(header) {
      // Set by Cloudflare itself; what a client sends under this name is overwritten before it gets here.
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

/** The same few pages are asked for again and again. */
const partsOf = memoize(
  (url): Pick<Arrival, 'scheme' | 'path' | 'rawQuery'> => {
    const query = url.indexOf('?');
    return {
      scheme: url.startsWith('https:') ? 'https' : 'http',
      path: pathOf(url),
      // Escaped only where it could not be sent otherwise. That `fetch` leaves the rest alone is the doing of the flag
      // `fetch_legacy_url` in wrangler.toml: a URL parser would write `%27` for `'`, and signed queries would not match.
      rawQuery: query < 0 ? '' : asSent(url.slice(query)),
    };
  },
  { maxEntries: 1_000, maxLength: 512 },
);

/**
 * By `Reflect`, so that V8 learns nothing of what `cf` looks like: it forgets the hidden class when no such object is left,
 * and with it all the optimised code that knew it.
 */
const placeIn = (cf: IncomingRequestCfProperties | undefined): GeoPoint | null =>
  cf ? placeOf(Reflect.get(cf, 'latitude'), Reflect.get(cf, 'longitude')) : null;

/** `request.cf` is parsed anew for every request, and an address stays where it is for longer than an isolate lives. */
const places = new Map<string, GeoPoint | null>();
const mostPlaces = 5_000;

function placeAt(address: string | null, request: Request): GeoPoint | null {
  const known = address === null ? undefined : places.get(address);
  if (known !== undefined) return known;
  const place = placeIn((request as unknown as { readonly cf?: IncomingRequestCfProperties }).cf);
  if (places.size >= mostPlaces) places.clear();
  if (address !== null) places.set(address, place);
  return place;
}
