import type { Origin, Pool } from '../../config/settings.ts';
import { fraction, type Hash } from './hash.ts';
import type { PreparedOrigin } from './prepared-pool.ts';

/** What is known of an origin at this moment, beyond its configuration. */
export interface OriginStatus {
  /** Left out for a while after failures. */
  readonly ejected: boolean;
  /** It was ejected until a short while ago: clients that kept their pin are coming home. */
  readonly returned?: boolean;
  /** The slice of clients, from 0 to 1, that it shall not serve any more. */
  readonly shed?: number;
  /** The part of its weight, above 0 and up to 1, that counts while it warms up. Clients pinned to it do not notice. */
  readonly ramp?: number;
}
export type OriginStatusOf = (pool: Pool, origin: Origin) => OriginStatus;

/** The regions that may serve a request: those of its route and those of its session. `null`: any. */
export interface AllowedRegions {
  readonly route: readonly string[] | null;
  readonly residency: readonly string[] | null;
}

/** Why an origin is not for a client without a pin. The last two give way when nothing else is left. */
export type Ineligibility = 'off' | 'draining' | 'weight' | 'region' | 'ejected' | 'shed';

export function ineligibleBecause(
  { origin, shedHash }: PreparedOrigin,
  client: Hash,
  allowed: AllowedRegions,
  status: OriginStatus,
): Ineligibility | null {
  if (origin.state === 'off') return 'off';
  if (origin.state === 'draining') return 'draining';
  if (!(origin.weight > 0)) return 'weight';
  if (!inAllowedRegion(origin, allowed)) return 'region';
  if (status.ejected) return 'ejected';
  if (isShed(shedHash, client, status)) return 'shed';
  return null;
}

/** A drain without an end lasts until the origin is taken away; a weight of 0 is no reason to leave. */
export const keepsPinned = ({ state, drainBy }: Origin, now: number): boolean =>
  state === 'active' || (state === 'draining' && (drainBy === null || now < drainBy));

export const inAllowedRegion = ({ region }: Origin, { route, residency }: AllowedRegions): boolean =>
  (route === null || route.includes(region)) && (residency === null || residency.includes(region));

/** By the client's key, so that the same slice is meant however often it is asked, and a larger one includes it. */
export const isShed = (shedHash: Hash, client: Hash, { shed }: OriginStatus): boolean =>
  shed !== undefined && shed > 0 && fraction(client, shedHash) < shed;
