import type { Origin, Pool } from '../../shared/config/settings.ts';

/** Noon of a day in 2026: placement has no clock of its own. */
export const noon = Date.UTC(2026, 0, 15, 12);
export const berlin = { latitude: 52.5, longitude: 13.4 };
export const osaka = { latitude: 34.7, longitude: 135.5 };

export function originOf(id: string, more: Partial<Origin> = {}): Origin {
  return {
    id,
    url: `https://${id}.example`,
    region: id,
    place: null,
    weight: 1,
    state: 'active',
    drainBy: null,
    ...more,
  };
}

export const eu = originOf('eu', { place: { latitude: 50, longitude: 9 } });
export const us = originOf('us', { place: { latitude: 39, longitude: -77 } });
export const ap = originOf('ap', { place: { latitude: 35.7, longitude: 139.7 } });

export function poolOf(origins: readonly Origin[], more: Partial<Pool> = {}): Pool {
  return {
    id: 'app',
    origins,
    steer: 'nearest',
    affinity: affinityOf({}),
    health: {
      failures: 3,
      ejectForMs: 10_000,
      maxEjected: 0.5,
      slowStartMs: 0,
      probe: { path: '/healthz', timeoutMs: 2_000, up: 2, down: 3 },
    },
    retry: { attempts: 2, statuses: [502, 503, 504], maxBodyBytes: 65_536 },
    timeoutMs: 25_000,
    host: 'origin',
    commands: null,
    sockets: 'pass',
    ...more,
  };
}

export const affinityOf = (more: Partial<Pool['affinity']>): Pool['affinity'] => ({
  by: {
    kind: 'cookie',
    name: '__Host-affinity',
    domain: null,
    sameSite: 'Lax',
    partitioned: false,
    persistent: false,
  },
  absoluteMs: 86_400_000,
  idleMs: null,
  onFailure: 'repin',
  first: 'network',
  ...more,
});

/** Like families: the same beginning, a varying end. */
export const clientKeys = (count: number): string[] => Array.from({ length: count }, (_, i) => `family-${i}`);
