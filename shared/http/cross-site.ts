/**
 * Cross-site request forgery: unsafe methods and WebSocket upgrades that another site's page makes with a person's cookies.
 * Pages of a trusted Origin may make them. For others Fetch Metadata decides where the browser sends it (W3C Fetch Metadata,
 * section 2.3), and Origin where it does not (RFC 6454, section 7.3). A client that sends neither is not a browser.
 */
import type { PublicOrigin } from '../config/settings.ts';
import type { Fields } from './headers.ts';

/** Origins whose pages may act for a person, and read the gateway's replies. Exact ones only. */
export type TrustedOrigins = readonly Pick<PublicOrigin, 'origin'>[];

/** `asked`: the public origin of the request. `listed`: its route's `crossSite`; without a route only public origins count. */
export type Trust = (asked: PublicOrigin, listed?: 'refuse' | 'allow' | readonly string[]) => TrustedOrigins;

/** The public origins trust each other. An https origin never trusts an http one, which anyone on the network can change. */
export function createTrust(publicOrigins: readonly PublicOrigin[]): Trust {
  const ours = {
    http: publicOrigins,
    https: publicOrigins.filter(({ scheme }) => scheme === 'https'),
  };
  return ({ scheme }, listed) => {
    if (typeof listed !== 'object') return ours[scheme];
    const others = listed.filter((origin) => scheme === 'http' || origin.startsWith('https:'));
    return [...ours[scheme], ...others.map((origin) => ({ origin }))];
  };
}

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE']);

export function isCrossSite(method: string, headers: Fields, trusted: TrustedOrigins): boolean {
  if (safeMethods.has(method) && !isWebSocketUpgrade(headers)) return false;
  if (trustedOriginIn(headers, trusted) !== null) return false;
  const site = headers.get('sec-fetch-site');
  return site === null ? headers.has('origin') : site !== 'same-origin' && site !== 'none';
}

/**
 * Lets scripts of a trusted Origin read one of the gateway's own replies (Fetch standard, "CORS protocol"). An origin server's
 * reply says itself who may read it.
 */
export function allowReading(reply: Headers, asked: Fields, trusted: TrustedOrigins): void {
  const origin = trustedOriginIn(asked, trusted);
  if (origin === null) return;
  reply.set('access-control-allow-origin', origin);
  reply.set('access-control-allow-credentials', 'true');
  reply.append('vary', 'Origin');
}

/** As it came; `null`: there is none, or it is not trusted. */
function trustedOriginIn(headers: Fields, trusted: TrustedOrigins): string | null {
  const origin = headers.get('origin');
  if (origin === null) return null;
  // Browsers omit a default port. Other clients may write it.
  const bare = origin.replace(/^(https:.+):443$|^(http:.+):80$/, '$1$2');
  return trusted.some((one) => one.origin === bare) ? origin : null;
}

export const isWebSocketUpgrade = (headers: Fields): boolean => headers.get('upgrade')?.toLowerCase() === 'websocket';
