/**
 * The development headers: another address, another place, another hour, for tests and for trying things out.
 * Configured only where every public origin is a loopback address; anywhere else the configuration is refused.
 */
import type { Fields } from '../http/headers.ts';
import type { GeoPoint } from '../platform.ts';
import { placeOf } from './forwarded.ts';
import { addressOfNode } from './forwarded-node.ts';

export interface Pretence {
  readonly address: string | null;
  readonly place: GeoPoint | null;
  /** Added to the gateway's clock. */
  readonly clockMs: number;
}

export const developmentHeaders = ['dev-client-ip', 'dev-client-place', 'dev-clock'] as const;

/** A header that does not say what it should is left aside, as if it were not there. */
export function pretenceOf(headers: Fields): Pretence {
  const [latitude, longitude] = (headers.get('dev-client-place') ?? '').split(',');
  const clock = headers.get('dev-clock') ?? '';
  return {
    address: addressOfNode(headers.get('dev-client-ip') ?? ''),
    place: placeOf(latitude, longitude),
    clockMs: /^[+-]?\d{1,9}$/.test(clock) ? Number(clock) * 1000 : 0,
  };
}
