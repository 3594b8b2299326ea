/**
 * Requests that another site makes in a person's name: unsafe methods and WebSocket upgrades. Pages of a trusted Origin may
 * make them. Of the rest Fetch Metadata decides where the browser sends it (W3C Fetch Metadata, section 2.3), Origin where
 * it does not (RFC 6454, section 7.3). A client that sends neither is not a browser and rides on nobody's cookies.
 */
import type { PublicOrigin } from '../config/settings.ts';
import type { Fields } from './headers.ts';

/** Origins whose pages may act in a person's name here, and read what we say to that. Exact ones only. */
export type TrustedOrigins = readonly Pick<PublicOrigin, 'origin'>[];

/** `asked`: the public origin of the request. `listed`: what its route says of others; without a route they do not count. */
export type Trust = (asked: PublicOrigin, listed?: 'refuse' | 'allow' | readonly string[]) => TrustedOrigins;

/** Our own public origins trust each other. What anybody on the way can change (http) is never trusted by what nobody can. */
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
 * Lets scripts of a trusted Origin read a reply that is ours (Fetch standard, "CORS protocol"). What an origin server
 * replied says for itself who may read it.
 */
export function allowReading(reply: Headers, asked: Fields, trusted: TrustedOrigins): void {
  const origin = trustedOriginIn(asked, trusted);
  if (origin === null) return;
  reply.set('access-control-allow-origin', origin);
  reply.set('access-control-allow-credentials', 'true');
  reply.append('vary', 'Origin');
}

/** As it came: `null` where there is none, or one that is not trusted. */
function trustedOriginIn(headers: Fields, trusted: TrustedOrigins): string | null {
  const origin = headers.get('origin');
  if (origin === null) return null;
  // Browsers leave a default port away; others may write it.
  const bare = origin.replace(/^(https:.+):443$|^(http:.+):80$/, '$1$2');
  return trusted.some((one) => one.origin === bare) ? origin : null;
}

export const isWebSocketUpgrade = (headers: Fields): boolean => headers.get('upgrade')?.toLowerCase() === 'websocket';
