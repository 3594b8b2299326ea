/** Which way a pool's pins travel. A further way is a file of its own and a line here. */
import type { AffinityBy, Pool, PublicOrigin } from '../../../config/settings.ts';
import { cookieCarrier } from './cookie.ts';
import { headerCarrier } from './header.ts';
import { originCookieCarrier } from './origin-cookie.ts';
import type { Carrier } from './transport.ts';
import { wrappedHeaderCarrier } from './wrapped-header.ts';

/** `hosts`: names of the public origins. `null` where there is no pin: the client's key decides alone (`client-key.ts`), or nothing does. */
export function carrierFor(by: AffinityBy, hosts: readonly string[] = []): Carrier | null {
  switch (by.kind) {
    case 'cookie':
      return cookieCarrier(by, hosts);
    case 'header':
      return by.value === 'pin' ? headerCarrier(by.name) : by.value === 'wrap' ? wrappedHeaderCarrier(by.name) : null;
    case 'origin-cookie':
      return originCookieCarrier(by.name);
    case 'ip':
    case 'session':
    case 'off':
      return null;
  }
}

/** By pool id: pools are replaced when they are controlled at run time, their carriers stay. */
export function carriersOf(
  pools: Iterable<Pool>,
  publicOrigins: readonly PublicOrigin[],
): ReadonlyMap<string, Carrier> {
  const hosts = publicOrigins.map(({ origin }) => new URL(origin).hostname);
  const carriers = new Map<string, Carrier>();
  for (const { id, affinity } of pools) {
    const carrier = carrierFor(affinity.by, hosts);
    if (carrier) carriers.set(id, carrier);
  }
  return carriers;
}
