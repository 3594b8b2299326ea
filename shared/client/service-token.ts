/**
 * Service credentials: which service calls the service API. The configuration has digests only. Every digest is compared, in
 * constant time, so that timing shows neither a near miss nor the position in the list.
 */
import type { Scope, ServiceToken } from '../config/settings.ts';
import { equalInConstantTime, hex, utf8 } from '../crypto/bytes.ts';
import { sha256 } from '../crypto/digest.ts';
import { householdPrefix, prefixOf } from './address.ts';

export type ServiceTokenResult =
  | { readonly kind: 'service'; readonly id: string; readonly scopes: readonly Scope[] }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'limited' };

export interface ServiceTokens {
  /** `token`: the text after `Bearer`. Bad tokens count against the network that they come from. */
  verify(token: string | null, address: string | null, now: number): Promise<ServiceTokenResult>;
}

/** A 256-bit token cannot be guessed at any rate. The limit saves the cost of the attempts. */
const maxBadPerMinute = 10;
const windowMs = 60_000;
const maxNetworks = 10_000;

export function createServiceTokens(tokens: readonly ServiceToken[]): ServiceTokens {
  const known = tokens.map((token) => ({ ...token, digest: utf8(token.sha256) }));
  const bad = new Map<string, { since: number; count: number }>();

  const isLimited = (network: string, now: number): boolean => {
    const entry = bad.get(network);
    return entry !== undefined && now - entry.since < windowMs && entry.count >= maxBadPerMinute;
  };
  const count = (network: string, now: number): void => {
    const entry = bad.get(network);
    if (entry && now - entry.since < windowMs) entry.count++;
    else bad.set(network, { since: now, count: 1 });
    if (bad.size > maxNetworks) bad.delete(bad.keys().next().value as string);
  };

  return {
    async verify(token, address, now) {
      if (token === null) return { kind: 'unknown' };
      const digest = utf8(hex(await sha256(token)));
      let found: ServiceToken | null = null;
      for (const entry of known) if (equalInConstantTime(entry.digest, digest)) found = entry;
      // A good token always passes: another client of the same network must not be able to lock a service out.
      if (found) return { kind: 'service', id: found.id, scopes: found.scopes };
      const network =
        (address && prefixOf(address, householdPrefix.ipv4Prefix, householdPrefix.ipv6Prefix)) ?? 'unknown';
      if (isLimited(network, now)) return { kind: 'limited' };
      count(network, now);
      return { kind: 'unknown' };
    },
  };
}

/** RFC 6750, section 2.1. */
export function bearerOf(authorization: string | null): string | null {
  const match = /^Bearer ([A-Za-z0-9._~+/-]{1,512}=*)$/i.exec(authorization ?? '');
  return match ? (match[1] as string) : null;
}
