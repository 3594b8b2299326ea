/**
 * IP addresses and networks, parsed strictly.
 *
 * IPv4 is four decimal octets without leading zeros (RFC 6943, section 3.1.1, describes the attacks on laxer parsers). IPv6
 * follows RFC 4291, section 2.2, without zone ids. An IPv4-mapped IPv6 address counts as the IPv4 address.
 */
import { memoize } from '../cache/lru.ts';

export interface Address {
  readonly kind: 'ipv4' | 'ipv6';
  /** 4 or 16 octets, in network order. */
  readonly octets: readonly number[];
}

export interface Cidr {
  readonly network: Address;
  readonly prefixLength: number;
}

/** The longest spelling of an IPv6 address: six groups and a dotted quad. */
const longestText = 45;
const mappedPrefix = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];
const mappedPrefixLength = mappedPrefix.length * 8;

/** `null` unless the text is exactly one address: ports, brackets, spaces and zones are refused (`node.ts` reads those). */
export function parseAddress(text: string): Address | null {
  if (text.length > longestText) return null;
  if (!text.includes(':')) {
    const octets = parseQuad(text);
    return octets && { kind: 'ipv4', octets };
  }
  const octets = parseGroups(text);
  if (!octets) return null;
  return isMapped(octets) ? { kind: 'ipv4', octets: octets.slice(mappedPrefix.length) } : { kind: 'ipv6', octets };
}

/** An address alone is a network of one. Bits beyond the prefix are allowed and do not count. */
export function parseCidr(text: string): Cidr | null {
  const slash = text.indexOf('/');
  const address = slash < 0 ? text : text.slice(0, slash);
  const network = parseAddress(address);
  if (!network) return null;
  const bits = network.octets.length * 8;
  if (slash < 0) return { network, prefixLength: bits };
  const digits = text.slice(slash + 1);
  if (!/^(0|[1-9]\d{0,2})$/.test(digits)) return null;
  // `::ffff:10.0.0.0/104` counts its bits from the front of the IPv6 address that it was written as.
  const skipped = network.kind === 'ipv4' && address.includes(':') ? mappedPrefixLength : 0;
  const prefixLength = Number(digits) - skipped;
  return prefixLength < 0 || prefixLength > bits ? null : { network, prefixLength };
}

/** An IPv4 address is in no IPv6 network, and the other way round. */
export function inCidr({ kind, octets }: Address, { network, prefixLength }: Cidr): boolean {
  if (kind !== network.kind) return false;
  for (let i = 0; 8 * i < prefixLength; i++) {
    const differing = (octets[i] as number) ^ (network.octets[i] as number);
    if (differing >> Math.max(0, 8 * (i + 1) - prefixLength) !== 0) return false;
  }
  return true;
}

/** The network an address is in, in one spelling only (`203.0.113.0/24`, `2001:db8:0:1200::/56`); `null` for no address. */
export function prefixOf(address: string | Address, ipv4Prefix: number, ipv6Prefix: number): string | null {
  const one = typeof address === 'string' ? parseAddress(address) : address;
  if (!one) return null;
  const prefixLength = one.kind === 'ipv4' ? ipv4Prefix : ipv6Prefix;
  return `${formatAddress({ kind: one.kind, octets: masked(one.octets, prefixLength) })}/${prefixLength}`;
}

/** Addresses come again and again, and reading one over costs more than finding it. */
const remembered = { maxEntries: 1_000, maxLength: 64 };

/** Prefix lengths of the network of a household or a small office. */
export const householdPrefix = { ipv4Prefix: 24, ipv6Prefix: 56 } as const;

/** The network of an address, as wide as these prefixes make it; `''` for a text that is no address. */
export const networksOf = ({
  ipv4Prefix,
  ipv6Prefix,
}: {
  readonly ipv4Prefix: number;
  readonly ipv6Prefix: number;
}): ((address: string) => string) => memoize((address) => prefixOf(address, ipv4Prefix, ipv6Prefix) ?? '', remembered);

/** 127.0.0.0/8 (RFC 1122, section 3.2.1.3) and ::1 (RFC 4291, section 2.5.3), by address alone: names are not looked up. */
export function isLoopback(address: string): boolean {
  const one = parseAddress(address);
  if (!one) return false;
  if (one.kind === 'ipv4') return one.octets[0] === 127;
  return one.octets.every((octet, i) => octet === (i === 15 ? 1 : 0));
}

/** The canonical text of RFC 5952, section 4. */
export function formatAddress({ kind, octets }: Address): string {
  if (kind === 'ipv4') return octets.join('.');
  const groups = Array.from({ length: 8 }, (_, i) =>
    (((octets[2 * i] as number) << 8) | (octets[2 * i + 1] as number)).toString(16),
  );
  let longest = { start: 0, length: 1 };
  for (let start = 0; start < groups.length; start++) {
    let length = 0;
    while (groups[start + length] === '0') length++;
    if (length > longest.length) longest = { start, length };
  }
  if (longest.length === 1) return groups.join(':');
  return `${groups.slice(0, longest.start).join(':')}::${groups.slice(longest.start + longest.length).join(':')}`;
}

function parseQuad(text: string): number[] | null {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part))) return null;
  const octets = parts.map(Number);
  return octets.every((octet) => octet <= 255) ? octets : null;
}

function parseGroups(text: string): number[] | null {
  const halves = text.split('::');
  if (halves.length > 2) return null;
  const [front, back] = [octetsOf(halves[0] as string, halves.length === 1), octetsOf(halves[1] ?? '', true)];
  if (!front || !back) return null;
  const missing = 16 - front.length - back.length;
  // `::` stands for at least one group of zeros; without it nothing may be missing.
  if (halves.length === 1 ? missing !== 0 : missing < 2) return null;
  return [...front, ...Array<number>(missing).fill(0), ...back];
}

/** One side of `::`. Only the end of the whole address may be a dotted quad. */
function octetsOf(side: string, mayEndInQuad: boolean): number[] | null {
  if (side === '') return [];
  const groups = side.split(':');
  const octets: number[] = [];
  for (const [i, group] of groups.entries()) {
    if (/^[0-9a-fA-F]{1,4}$/.test(group)) {
      const value = Number.parseInt(group, 16);
      octets.push(value >> 8, value & 0xff);
      continue;
    }
    const quad = mayEndInQuad && i === groups.length - 1 ? parseQuad(group) : null;
    if (!quad) return null;
    octets.push(...quad);
  }
  return octets;
}

const isMapped = (octets: readonly number[]): boolean => mappedPrefix.every((octet, i) => octets[i] === octet);

function masked(octets: readonly number[], prefixLength: number): number[] {
  return octets.map((octet, i) => {
    const kept = Math.min(8, Math.max(0, prefixLength - 8 * i));
    return octet & (0xff << (8 - kept)) & 0xff;
  });
}
