/**
 * The client's address behind proxies. Only proved hops count: the peer that the platform names, the proxies that the
 * configuration trusts by address, and CloudFront if it sends the shared secret. Everything else in X-Forwarded-For may be
 * forged (RFC 7239, section 8.1).
 */
import { memoize } from '../cache/lru.ts';
import { sameSecret } from '../crypto/digest.ts';
import type { Fields } from '../http/headers.ts';
import type { GeoPoint } from '../platform.ts';
import { type Cidr, inCidr, parseAddress, parseCidr } from './address.ts';
import { addressOfNode, addressOfViewer } from './forwarded-node.ts';

export interface Hops {
  readonly address: string | null;
  /** The trusted proxies after `address`, the one next to the client first. */
  readonly forwardedFor: readonly string[];
}

const none: readonly string[] = [];

/** Upper bound against abuse. Longer chains are cut at the client's end. */
const mostHops = 20;

/** `forwardedFor`: the header as sent. The peer has added its last element, the proxy before it the one before, and so on. */
export type HopsOf = (peer: string | null, forwardedFor: string | null) => Hops;

/** `proxies`: CIDR blocks, parsed once. Addresses are compared as numbers, not as text. */
export function createHops(proxies: readonly string[]): HopsOf {
  const networks = proxies.map(parseCidr).filter((cidr) => cidr !== null);
  if (networks.length === 0) return (address) => ({ address, forwardedFor: none });
  const nodeOf = memoize((element) => readNode(element, networks), { maxEntries: 1_000, maxLength: 64 });

  return (peer, forwardedFor) => {
    if (peer === null || forwardedFor === null || !nodeOf(peer).isTrusted) return { address: peer, forwardedFor: none };
    let address = peer;
    const vouched: string[] = [];
    const chain = forwardedFor.split(',').slice(-mostHops);
    for (let i = chain.length - 1; i >= 0; i--) {
      const element = chain[i] as string;
      // Empty list elements are ignored (RFC 9110, section 5.6.1.2).
      if (element.trim() === '') continue;
      const hop = nodeOf(element);
      if (hop.address === null) break;
      vouched.unshift(address);
      address = hop.address;
      if (!hop.isTrusted) break;
    }
    return { address, forwardedFor: vouched };
  };
}

function readNode(element: string, networks: readonly Cidr[]): { address: string | null; isTrusted: boolean } {
  const address = addressOfNode(element);
  const read = address === null ? null : parseAddress(address);
  return { address, isTrusted: read !== null && networks.some((network) => inCidr(read, network)) };
}

export interface Viewer {
  readonly address: string | null;
  readonly place: GeoPoint | null;
}

/** The viewer as CloudFront reports it. `null`: the request did not prove that it came through CloudFront. */
export async function cloudfrontViewer(headers: Fields, secret: string | null): Promise<Viewer | null> {
  const shown = headers.get('x-edge-secret');
  if (secret === null || shown === null || !(await sameSecret(shown, secret))) return null;
  return {
    address: addressOfViewer(headers.get('cloudfront-viewer-address') ?? ''),
    place: placeOf(headers.get('cloudfront-viewer-latitude'), headers.get('cloudfront-viewer-longitude')),
  };
}

/** From decimal degrees. `null`: not a place. */
export function placeOf(latitude: unknown, longitude: unknown): GeoPoint | null {
  const degrees = [latitude, longitude].map((value) =>
    typeof value === 'string' && /^-?\d{1,3}(\.\d{1,12})?$/.test(value.trim()) ? Number(value) : Number.NaN,
  );
  const [north, east] = degrees as [number, number];
  return Math.abs(north) <= 90 && Math.abs(east) <= 180 ? { latitude: north, longitude: east } : null;
}
