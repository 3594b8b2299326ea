/** Which way a pool's pins travel. A further way is a file of its own and a line here. */
import type { AffinityBy, Pool, PublicOrigin } from '../../../config/settings.ts';
import { cookieTransport } from './cookie.ts';
import { headerTransport } from './header.ts';
import { originCookieTransport } from './origin-cookie.ts';
import type { PinTransport } from './transport.ts';
import { wrappedHeaderTransport } from './wrapped-header.ts';

/** `hosts`: names of the public origins. `null` where there is no pin: the client's key decides alone (`client-key.ts`), or nothing does. */
export function transportFor(by: AffinityBy, hosts: readonly string[] = []): PinTransport | null {
  switch (by.kind) {
    case 'cookie':
      return cookieTransport(by, hosts);
    case 'header':
      return by.value === 'pin'
        ? headerTransport(by.name)
        : by.value === 'wrap'
          ? wrappedHeaderTransport(by.name)
          : null;
    case 'origin-cookie':
      return originCookieTransport(by.name);
    case 'ip':
    case 'session':
    case 'off':
      return null;
  }
}

/** By pool id: pools are replaced when they are controlled at run time, their carriers stay. */
export function transportsOf(
  pools: Iterable<Pool>,
  publicOrigins: readonly PublicOrigin[],
): ReadonlyMap<string, PinTransport> {
  const hosts = publicOrigins.map(({ origin }) => new URL(origin).hostname);
  const carriers = new Map<string, PinTransport>();
  for (const { id, affinity } of pools) {
    const carrier = transportFor(affinity.by, hosts);
    if (carrier) carriers.set(id, carrier);
  }
  return carriers;
}
