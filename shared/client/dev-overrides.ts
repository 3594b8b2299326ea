/**
 * The development headers set the address, the place and the clock of a request, for tests and experiments. They need
 * `DEV_HEADERS`, which the configuration refuses unless every public origin is a loopback address.
 */
import type { Fields } from '../http/headers.ts';
import type { GeoPoint } from '../platform.ts';
import { placeOf } from './forwarded.ts';
import { addressOfNode } from './forwarded-node.ts';

export interface DevOverrides {
  readonly address: string | null;
  readonly place: GeoPoint | null;
  /** Added to the gateway's clock. */
  readonly clockMs: number;
}

export const developmentHeaders = ['dev-client-ip', 'dev-client-place', 'dev-clock'] as const;

/** An invalid header is ignored. */
export function devOverridesOf(headers: Fields): DevOverrides {
  const [latitude, longitude] = (headers.get('dev-client-place') ?? '').split(',');
  const clock = headers.get('dev-clock') ?? '';
  return {
    address: addressOfNode(headers.get('dev-client-ip') ?? ''),
    place: placeOf(latitude, longitude),
    clockMs: /^[+-]?\d{1,9}$/.test(clock) ? Number(clock) * 1000 : 0,
  };
}
