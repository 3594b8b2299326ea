/** Which origins may serve a client. */
import type { Origin } from '../../config/settings.ts';
import { fraction, type Hash } from './hash.ts';
import type { PreparedOrigin } from './prepared-pool.ts';
import type { AllowedRegions, OriginStatus } from './types.ts';

/** Why an origin takes no client without a pin. The last two are overruled when no other origin is left. */
export type Ineligibility = 'off' | 'draining' | 'weight' | 'region' | 'ejected' | 'shed';

/** `null`: it is eligible. */
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

/** Pinned clients leave at the end of a drain, if it has one. A weight of 0 keeps them. */
export const keepsPinned = ({ state, drainBy }: Origin, now: number): boolean =>
  state === 'active' || (state === 'draining' && (drainBy === null || now < drainBy));

export const inAllowedRegion = ({ region }: Origin, { route, residency }: AllowedRegions): boolean =>
  (route === null || route.includes(region)) && (residency === null || residency.includes(region));

/** By the client's key: the same share always means the same clients, and a larger share includes a smaller one. */
export const isShed = (shedHash: Hash, client: Hash, { shed }: OriginStatus): boolean =>
  shed !== undefined && shed > 0 && fraction(client, shedHash) < shed;
