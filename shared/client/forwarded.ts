/**
 * The client's address behind proxies. Only hops that were proved count: the peer that the platform names, the proxies
 * the configuration trusts by address, and CloudFront when it shows the shared secret. Everything else in
 * X-Forwarded-For is what a stranger wrote (RFC 7239, section 8.1).
 */

import { sameSecret } from '../crypto/digest.ts';
import type { Fields } from '../http/headers.ts';
import type { Place } from '../platform.ts';
import { inCidr, parseAddress } from './address.ts';

export interface Hops {
  readonly address: string | null;
  /** What trusted proxies said came before `address`; client first. */
  readonly forwardedFor: readonly string[];
}

const none: readonly string[] = [];

/** More hops than this is not a chain of proxies but somebody's joke. */
const mostHops = 20;

export function hopsOf(peer: string | null, forwardedFor: string | null, trusted: readonly string[]): Hops {
  if (peer === null || trusted.length === 0 || !isTrusted(peer, trusted)) return { address: peer, forwardedFor: none };
  const chain = (forwardedFor ?? '').split(',').slice(-mostHops);
  const seen: string[] = [peer];
  let address = peer;
  for (let i = chain.length - 1; i >= 0; i--) {
    const hop = (chain[i] as string).trim();
    if (parseAddress(hop) === null) break;
    address = hop;
    if (!isTrusted(hop, trusted)) break;
    seen.unshift(hop);
  }
  return { address, forwardedFor: address === peer ? [] : seen.filter((hop) => hop !== address) };
}

const isTrusted = (address: string, trusted: readonly string[]): boolean =>
  trusted.some((cidr) => inCidr(address, cidr));

export interface Viewer {
  readonly address: string | null;
  readonly place: Place | null;
}

/** What CloudFront says of its viewer, or `null` when the request did not prove that it came through CloudFront. */
export async function cloudfrontViewer(headers: Fields, secret: string | null): Promise<Viewer | null> {
  const shown = headers.get('x-edge-secret');
  if (secret === null || shown === null || !(await sameSecret(shown, secret))) return null;
  const address = (headers.get('cloudfront-viewer-address') ?? '').replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
  return {
    address: parseAddress(address) === null ? null : address,
    place: placeOf(headers.get('cloudfront-viewer-latitude'), headers.get('cloudfront-viewer-longitude')),
  };
}

/** Decimal degrees as platforms write them, or `null`. */
export function placeOf(latitude: unknown, longitude: unknown): Place | null {
  const degrees = [latitude, longitude].map((value) =>
    typeof value === 'string' && /^-?\d{1,3}(\.\d{1,12})?$/.test(value.trim()) ? Number(value) : Number.NaN,
  );
  const [north, east] = degrees as [number, number];
  return Math.abs(north) <= 90 && Math.abs(east) <= 180 ? { latitude: north, longitude: east } : null;
}
