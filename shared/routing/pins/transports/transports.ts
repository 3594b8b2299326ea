/** Which transport carries a pool's pins. A further transport is a file of its own and a line here. */
import type { AffinityBy, Pool, PublicOrigin } from '../../../config/settings.ts';
import { cookieTransport } from './cookie.ts';
import { headerTransport } from './header.ts';
import { originCookieTransport } from './origin-cookie.ts';
import type { PinTransport } from './transport.ts';
import { wrappedHeaderTransport } from './wrapped-header.ts';

/** `null` where there are no pins (`kinds.ts`). `hosts`: names of the public origins. */
export function transportFor(by: AffinityBy, hosts: readonly string[] = []): PinTransport | null {
  switch (by.kind) {
    case 'cookie':
      return cookieTransport(by, hosts);
    case 'header':
      if (by.value === 'hash') return null;
      return by.value === 'pin' ? headerTransport(by.name) : wrappedHeaderTransport(by.name);
    case 'origin-cookie':
      return originCookieTransport(by.name);
    case 'ip':
    case 'session':
    case 'off':
      return null;
  }
}

/** By pool id: controlling an origin at run time replaces its pool, but not the transport. */
export function transportsOf(
  pools: Iterable<Pool>,
  publicOrigins: readonly PublicOrigin[],
): ReadonlyMap<string, PinTransport> {
  const hosts = publicOrigins.map(({ origin }) => new URL(origin).hostname);
  const transports = new Map<string, PinTransport>();
  for (const { id, affinity } of pools) {
    const transport = transportFor(affinity.by, hosts);
    if (transport) transports.set(id, transport);
  }
  return transports;
}
