/**
 * IP addresses and networks, parsed strictly.
 *
 * IPv4 is four decimal octets without leading zeros (RFC 6943, section 3.1.1, describes the attacks on laxer parsers). IPv6
 * follows RFC 4291, section 2.2, without zone ids. An IPv4-mapped IPv6 address counts as the IPv4 address.
 */
import {
  convertIPv4BinaryToString,
  convertIPv4MappedIPv6ToIPv4,
  convertIPv4ToBinary,
  convertIPv6BinaryToString,
  convertIPv6ToBinary,
  isIPv4MappedIPv6,
} from 'hono/utils/ipaddr';
import { memoize } from '../cache/lru.ts';

export interface Address {
  readonly kind: 'ipv4' | 'ipv6';
  /** The address as a number of 32 or 128 bits. */
  readonly value: bigint;
}

export interface Cidr {
  readonly network: Address;
  readonly prefixLength: number;
}

const bitsOf = { ipv4: 32, ipv6: 128 } as const;
/** The longest spelling of an IPv6 address: six groups and a dotted quad. */
const maxTextLength = 45;
/** The prefix `::ffff:0:0/96` of mapped addresses. */
const mappedPrefixLength = 96;

/** `null` unless the text is exactly one address: no port, brackets, spaces or zone id. */
export function parseAddress(text: string): Address | null {
  // The library accepts zone ids for link-local addresses.
  if (text.length > maxTextLength || text.includes('%')) return null;
  try {
    if (!text.includes(':')) return { kind: 'ipv4', value: convertIPv4ToBinary(text) };
    const value = convertIPv6ToBinary(text);
    if (isIPv4MappedIPv6(value)) return { kind: 'ipv4', value: convertIPv4MappedIPv6ToIPv4(value) };
    return { kind: 'ipv6', value };
  } catch {
    return null;
  }
}

/** An address alone is a network of one address. Bits beyond the prefix are allowed and ignored. */
export function parseCidr(text: string): Cidr | null {
  const slash = text.indexOf('/');
  const address = slash < 0 ? text : text.slice(0, slash);
  const network = parseAddress(address);
  if (!network) return null;
  const bits = bitsOf[network.kind];
  if (slash < 0) return { network, prefixLength: bits };
  const digits = text.slice(slash + 1);
  if (!/^(0|[1-9]\d{0,2})$/.test(digits)) return null;
  // `::ffff:10.0.0.0/104` counts the bits of the IPv6 address.
  const skipped = network.kind === 'ipv4' && address.includes(':') ? mappedPrefixLength : 0;
  const prefixLength = Number(digits) - skipped;
  return prefixLength < 0 || prefixLength > bits ? null : { network, prefixLength };
}

/** The bits of the host, after the prefix. */
const hostBits = (kind: Address['kind'], prefixLength: number): bigint => BigInt(bitsOf[kind] - prefixLength);

/** An IPv4 address is in no IPv6 network, and vice versa. */
export function inCidr({ kind, value }: Address, { network, prefixLength }: Cidr): boolean {
  const bits = hostBits(kind, prefixLength);
  return kind === network.kind && value >> bits === network.value >> bits;
}

/** The network of an address in canonical form (`203.0.113.0/24`, `2001:db8:0:1200::/56`). `null`: not an address. */
export function prefixOf(text: string, ipv4Prefix: number, ipv6Prefix: number): string | null {
  const address = parseAddress(text);
  if (!address) return null;
  const { kind, value } = address;
  const prefixLength = kind === 'ipv4' ? ipv4Prefix : ipv6Prefix;
  const bits = hostBits(kind, prefixLength);
  return `${formatAddress({ kind, value: (value >> bits) << bits })}/${prefixLength}`;
}

/** A look-up is cheaper than parsing, and most addresses are seen often. */
const remembered = { maxEntries: 1_000, maxLength: 64 };

/** Prefix lengths of the network of a household or a small office. */
export const householdPrefix = { ipv4Prefix: 24, ipv6Prefix: 56 } as const;

/** The network of an address, by these prefix lengths. `''`: not an address. */
export const networksOf = ({
  ipv4Prefix,
  ipv6Prefix,
}: {
  readonly ipv4Prefix: number;
  readonly ipv6Prefix: number;
}): ((address: string) => string) => memoize((address) => prefixOf(address, ipv4Prefix, ipv6Prefix) ?? '', remembered);

/** 127.0.0.0/8 (RFC 1122, section 3.2.1.3) and ::1 (RFC 4291, section 2.5.3). Names are not resolved. */
export function isLoopback(text: string): boolean {
  const address = parseAddress(text);
  if (!address) return false;
  return address.kind === 'ipv4' ? address.value >> 24n === 127n : address.value === 1n;
}

/** The canonical text of RFC 5952, section 4. */
export const formatAddress = ({ kind, value }: Address): string =>
  kind === 'ipv4' ? convertIPv4BinaryToString(value) : convertIPv6BinaryToString(value);
