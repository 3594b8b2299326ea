/** A pool with its defaults filled in, its durations counted and its places looked up. */
import type { Door } from '../platform.ts';
import { defaults } from './defaults.ts';
import { type Duration, durationMs } from './durations.ts';
import type { AffinityInput, CommandsInput, GatewayInput, HostInput, OriginInput, PoolInput } from './input.ts';
import { placeOfRegion } from './regions.ts';
import { affinityNameOf, firstNameOf } from './rules/affinity.ts';
import type { Affinity, AffinityBy, Commands, Origin, Pool } from './settings.ts';
import { momentMs, originUrl } from './urls.ts';

export function resolvePool(id: string, pools: GatewayInput['pools'], poolCount: number, door: Door): Pool {
  const pool = pools[id] as PoolInput;
  const standard = defaults.pool;
  const { health = {}, retry = {} } = pool;
  const probe = health.probe ?? {};
  return {
    id,
    origins: pool.origins.map(resolveOrigin),
    steer: pool.steer ?? standard.steer,
    affinity: resolveAffinity(id, pool.affinity, poolCount),
    health: {
      failures: health.failures ?? standard.health.failures,
      ejectForMs: durationMs(health.ejectFor ?? standard.health.ejectFor),
      maxEjected: health.maxEjected ?? standard.health.maxEjected,
      slowStartMs: durationMs(health.slowStart ?? standard.health.slowStart),
      probe: {
        path: probe.path ?? standard.health.probe.path,
        timeoutMs: durationMs(probe.timeout ?? standard.health.probe.timeout),
        up: probe.up ?? standard.health.probe.up,
        down: probe.down ?? standard.health.probe.down,
      },
    },
    retry: {
      attempts: retry.attempts ?? standard.retry.attempts,
      statuses: retry.statuses ?? standard.retry.statuses,
      maxBodyBytes: retry.maxBody ?? standard.retry.maxBody,
    },
    timeoutMs: durationMs(pool.timeout ?? standard.timeout),
    host: hostAt(pool.host, door),
    commands: pool.commands ? resolveCommands(pool.commands) : null,
    sockets: pool.sockets ?? standard.sockets,
  };
}

/** Which Host origins get at this door: one word is for both. */
export const hostAt = (host: PoolInput['host'], door: Door): HostInput =>
  (typeof host === 'object' ? host[door] : host) ?? defaults.pool.host;

function resolveOrigin({ id, url, region, at, weight, state, drainBy }: OriginInput): Origin {
  const name = region ?? defaults.origin.region;
  return {
    id,
    url: originUrl(url as string),
    region: name,
    place: at ? { latitude: at[0], longitude: at[1] } : placeOfRegion(name),
    weight: weight ?? defaults.origin.weight,
    state: state ?? defaults.origin.state,
    drainBy: drainBy === undefined ? null : momentMs(drainBy),
  };
}

function resolveAffinity(pool: string, affinity: AffinityInput = {}, poolCount: number): Affinity {
  const standard = defaults.pool.affinity;
  const times: {
    absolute?: Duration | undefined;
    idle?: Duration | undefined;
    onFailure?: Affinity['onFailure'] | undefined;
    first?: Affinity['first'] | undefined;
  } = affinity.by === 'off' ? {} : affinity;
  return {
    by: resolveBy(pool, affinity, poolCount),
    absoluteMs: durationMs(times.absolute ?? standard.absolute),
    idleMs: times.idle === undefined ? null : durationMs(times.idle),
    onFailure: times.onFailure ?? standard.onFailure,
    first: times.first ?? standard.first,
  };
}

function resolveBy(pool: string, affinity: AffinityInput, poolCount: number): AffinityBy {
  const standard = defaults.pool.affinity;
  switch (affinity.by) {
    case 'header':
      return { kind: 'header', name: affinity.name, value: affinity.value ?? 'pin' };
    case 'ip': {
      const { ipv4Prefix, ipv6Prefix } = defaults.affinityByIp;
      return {
        kind: 'ip',
        ipv4Prefix: affinity.ipv4Prefix ?? ipv4Prefix,
        ipv6Prefix: affinity.ipv6Prefix ?? ipv6Prefix,
      };
    }
    case 'origin-cookie':
      return { kind: 'origin-cookie', name: firstNameOf(affinity) as string };
    case 'session':
    case 'off':
      return { kind: affinity.by };
    default:
      return {
        kind: 'cookie',
        name: affinityNameOf(pool, affinity, poolCount) as string,
        domain: affinity.domain ?? null,
        sameSite: affinity.sameSite ?? standard.sameSite,
        partitioned: affinity.partitioned ?? standard.partitioned,
        persistent: affinity.persistent ?? standard.persistent,
      };
  }
}

function resolveCommands({ token, jwks, may, claims }: CommandsInput): Commands {
  return {
    proof: jwks ? { kind: 'jwks', jwks } : { kind: 'token', token: token as string },
    may: may ?? defaults.commands.may,
    claims: claims ?? null,
  };
}
