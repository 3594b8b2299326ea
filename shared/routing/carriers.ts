/** Which way a pool's pins travel. A further way is a file of its own and a line here. */
import type { AffinityBy, Pool } from '../config/settings.ts';
import type { Carrier } from './carrier.ts';
import { cookieCarrier } from './cookie-carrier.ts';
import { headerCarrier } from './header-carrier.ts';
import { originCookieCarrier } from './origin-cookie-carrier.ts';
import { wrappedHeaderCarrier } from './wrapped-header-carrier.ts';

/** `null` where there is no pin: the client's key decides alone (`client-key.ts`), or nothing does. */
export function carrierFor(by: AffinityBy): Carrier | null {
  switch (by.kind) {
    case 'cookie':
      return cookieCarrier(by);
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
export function carriersOf(pools: Iterable<Pool>): ReadonlyMap<string, Carrier> {
  const carriers = new Map<string, Carrier>();
  for (const { id, affinity } of pools) {
    const carrier = carrierFor(affinity.by);
    if (carrier) carriers.set(id, carrier);
  }
  return carriers;
}
