/** Request headers that a client must not send to an origin, because the origin would take them for the gateway's. */
import { memoize } from '../../cache/lru.ts';
import { developmentHeaders } from '../../client/dev-overrides.ts';
import type { Pool, Settings } from '../../config/settings.ts';
import { hopByHop, sessionHeaders } from '../../http/header-names.ts';

const exact: ReadonlySet<string> = new Set([
  ...hopByHop,
  ...sessionHeaders,
  // The gateway writes its own.
  ...['host', 'forwarded', 'via', 'cdn-loop', 'x-request-id', 'traceparent', 'tracestate'],
  // 100-continue was answered where the body was read (RFC 9110, section 10.1.1).
  'expect',
  // Where some applications look for the client's address.
  ...['x-real-ip', 'true-client-ip', 'x-client-ip', 'x-cluster-client-ip'],
  // `x-original-url`'s twin; and httpoxy: CGI makes HTTP_PROXY of `Proxy`.
  ...['x-rewrite-url', 'proxy'],
  // Identity presets, of other gateways and of this one.
  ...['remote-user', 'remote-email', 'remote-name', 'remote-groups', 'x-remote-user', 'x-webauth-user'],
  // The proof towards CloudFront, and the development headers.
  ...['x-edge-secret', ...developmentHeaders],
]);

const prefixes: readonly string[] = [
  'x-forwarded',
  'x-original-',
  'client-cert',
  'x-auth-request-',
  'x-amzn-oidc-',
  // What CloudFront and Cloudflare say about the viewer is true only behind them. Elsewhere any client can write it.
  'cloudfront-',
  'cf-',
];

/** On Workers, Cloudflare overwrites what the client sent, and origins expect these. */
const writtenByCloudflare: ReadonlySet<string> = new Set(['cf-connecting-ip', 'cf-ipcountry', 'cf-ray', 'cf-visitor']);

/**
 * A name as servers that follow CGI read it: CGI, WSGI and PHP make `_` of `-` and other signs, so that `X_Forwarded_For` and
 * `X-Forwarded-For` are one variable there. Here `-` stands for all of them. For names in lower case.
 */
export const foldName = (name: string): string => name.replace(/[^a-z0-9]/g, '-');

/** Clients can make names up, so not all are kept. */
export const nameLimits = { maxEntries: 1_000, maxLength: 40 };

/** Answers for names in lower case, as Headers give them. */
export function createSpoofable({ door, pools }: Pick<Settings, 'door' | 'pools'>): (name: string) => boolean {
  const pinHeaders = pinHeaderNames(pools.values());

  return memoize((name) => {
    if (door === 'worker' && writtenByCloudflare.has(name)) return false;
    const folded = foldName(name);
    return exact.has(folded) || pinHeaders.has(folded) || prefixes.some((prefix) => folded.startsWith(prefix));
  }, nameLimits);
}

/** Headers that carry a sealed pin, between client and gateway only. A `wrap` or `hash` header is the application's own. */
export function pinHeaderNames(pools: Iterable<Pool>): ReadonlySet<string> {
  const names = new Set<string>();
  for (const { affinity } of pools) {
    if (affinity.by.kind === 'header' && affinity.by.value === 'pin')
      names.add(foldName(affinity.by.name.toLowerCase()));
  }
  return names;
}
