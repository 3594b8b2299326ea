/**
 * Service credentials: who is calling the service API. Only digests are configured; every one is compared, in constant
 * time, so that neither a near miss nor its place in the list shows.
 */
import type { Scope, ServiceToken } from '../config/settings.ts';
import { equalInConstantTime, hex, utf8 } from '../crypto/bytes.ts';
import { sha256 } from '../crypto/digest.ts';
import { householdPrefix, prefixOf } from './address.ts';

export type Verdict =
  | { readonly kind: 'service'; readonly id: string; readonly scopes: readonly Scope[] }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'limited' };

export interface ServiceTokens {
  /** `token`: what stood behind `Bearer`. Bad ones count against the network they came from. */
  verify(token: string | null, address: string | null, now: number): Promise<Verdict>;
}

/** Guessing a 256-bit token is hopeless at any rate; this keeps the guesses from costing us anything. */
const mostBadPerMinute = 10;
const windowMs = 60_000;
const mostNetworks = 10_000;

export function createServiceTokens(tokens: readonly ServiceToken[]): ServiceTokens {
  const known = tokens.map((token) => ({ ...token, digest: utf8(token.sha256) }));
  const bad = new Map<string, { since: number; count: number }>();

  const isLimited = (network: string, now: number): boolean => {
    const entry = bad.get(network);
    return entry !== undefined && now - entry.since < windowMs && entry.count >= mostBadPerMinute;
  };
  const count = (network: string, now: number): void => {
    const entry = bad.get(network);
    if (entry && now - entry.since < windowMs) entry.count++;
    else bad.set(network, { since: now, count: 1 });
    if (bad.size > mostNetworks) bad.delete(bad.keys().next().value as string);
  };

  return {
    async verify(token, address, now) {
      if (token === null) return { kind: 'unknown' };
      const digest = utf8(hex(await sha256(token)));
      let found: ServiceToken | null = null;
      for (const entry of known) if (equalInConstantTime(entry.digest, digest)) found = entry;
      // A good one always passes: a stranger behind the same address must not be able to lock a service out.
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
