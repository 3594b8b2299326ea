/**
 * One try at one origin by `fetch`, past Cloudflare's cache: that is keyed by the URL, so it could answer one client with
 * another client's page.
 */

import type { HeaderLine } from '../../shared/http/headers.ts';
import { logEvent } from '../../shared/log/events.ts';
import type { OriginOutcome, OriginRequest } from '../../shared/platform.ts';
import { requestWithBody } from '../arrival.ts';
import { log } from '../log.ts';
import { upload, watchCopy } from './upload.ts';

/** How a `fetch` uses Cloudflare's cache. */
interface CacheUse {
  readonly cf?: { readonly cacheTtl: number; readonly cacheLevel: string };
  readonly cache?: 'no-store';
}
const throughTheCache: CacheUse = {};
const notStored: CacheUse = { cache: 'no-store' };
/**
 * The same as `no-store` for Cloudflare. With `no-store` the runtime also adds `Cache-Control: no-cache` and
 * `Pragma: no-cache` to the request, and Express, Koa and Next then answer with the whole page instead of a 304.
 */
const pastTheCache: CacheUse = { cf: { cacheTtl: -1, cacheLevel: 'bypass' } };

/** A request with the stable fields of one header object, and the fields that the last request added to it. */
interface Template {
  readonly request: Request;
  perRequest: readonly HeaderLine[];
}
const templates = new WeakMap<Headers, Template>();
const templateUrl = 'http://origin.invalid/';

/**
 * The request whose header `fetch` copies: that of an earlier one with the same stable fields. Copying these for every request
 * would cost 7 µs of about 170. Only this function changes a template, and `fetch` copies it before the next call. `fetch`
 * also reads the options of a `Request` faster than those of an object: a dozen names, each looked up on its own.
 */
function templateOf({ headers, perRequest }: OriginRequest): Request {
  let template = templates.get(headers);
  if (template === undefined) {
    const request = new Request(templateUrl, { headers, redirect: 'manual', ...pastTheCache } as RequestInit);
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
 * A failed `fetch` does not say whether anything was sent: workerd throws the same error for a refused connection and for one
 * that was reset after sending. In production most connection failures are replies with status 52x.
 */
export function send(request: OriginRequest): Promise<OriginOutcome> {
  const { url, method, edgeCache } = request;
  const use = edgeCache ? throughTheCache : isAnsweredByCache(url) ? notStored : pastTheCache;
  // No cache answers other methods, and they must not be sent twice.
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
  const original = body instanceof ReadableStream ? requestWithBody(body) : undefined;
  if (original) {
    if (onBody && !original.bodyUsed) watchCopy(original, onBody);
    return fetch(new Request(url, original), { headers, redirect: 'manual', ...use } as RequestInit);
  }
  if (method === 'GET' && body === null && signal === null && use === pastTheCache) return fetch(url, template);
  const init = { method, headers, body: upload(request), redirect: 'manual', signal, ...use };
  return fetch(url, init as RequestInit);
}

/** Values of `cf-cache-status` for a reply that did not, or not entirely, come from the origin. */
const fromCache = /\b(?:HIT|STALE|UPDATING|REVALIDATED)\b/i;

/** Origins for which a cache has answered in spite of `pastTheCache`. As many as the configuration has, at most. */
const answeredByCache = new Set<string>();
const isAnsweredByCache = (url: string): boolean => answeredByCache.size > 0 && answeredByCache.has(originOf(url));
const originOf = (url: string): string => /^[^/]*\/\/[^/]*/.exec(url)?.[0] ?? url;

function unlessFromCache(response: Response, request: OriginRequest): OriginOutcome | Promise<OriginOutcome> {
  const status = response.headers.get('cf-cache-status');
  return status !== null && fromCache.test(status) ? retryUncached(request, response, status) : replied(response);
}

/**
 * The cached reply may be another client's page. The origin has not seen the request, so it is sent again. The second reply
 * counts in any case, because the origin may use a cache of its own at Cloudflare. A GET with a body fails here: its body
 * cannot be sent twice.
 */
async function retryUncached(request: OriginRequest, cached: Response, status: string): Promise<OriginOutcome> {
  const origin = originOf(request.url);
  if (!answeredByCache.has(origin)) {
    answeredByCache.add(origin);
    logEvent({ log, now: Date.now }, 'platform-cache-hit', { origin, status });
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
