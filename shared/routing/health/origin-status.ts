/** The status of an origin now: what this isolate has seen, what probes have found, and what the control document says. */
import type { Origin, Pool } from '../../config/settings.ts';
import { type ControlDocument, controlOf } from '../control/control.ts';
import type { OriginStatus, OriginStatusOf } from '../placement/types.ts';
import { isReturning, rampAfter } from './condition.ts';
import type { Health } from './passive.ts';

/** For one request. */
export function originStatusAt(health: Health, document: ControlDocument, now: number): OriginStatusOf {
  if (Object.keys(document.origins).length === 0) return (pool, origin) => health.statusOf(pool, origin, now);
  const counting = new Map<Pool, boolean>();

  /** If more than `maxEjected` of a pool would be out, the probes do not count: they may be what is wrong. */
  const probesCount = (pool: Pool): boolean => {
    const known = counting.get(pool);
    if (known !== undefined) return known;
    const serving = pool.origins.filter(({ state }) => state !== 'off');
    const out = serving.filter((origin) => health.isEjected(pool, origin, now) || isDown(document, pool, origin));
    const verdict = out.length <= pool.health.maxEjected * serving.length;
    counting.set(pool, verdict);
    return verdict;
  };

  return (pool, origin): OriginStatus => {
    const seen = health.statusOf(pool, origin, now);
    const { shed, backSince } = controlOf(document, pool.id, origin.id);
    const ejected = seen.ejected || (isDown(document, pool, origin) && probesCount(pool));
    if (ejected) return { ejected, ...(shed !== undefined && { shed }) };
    const sinceMs = backSince === undefined ? null : now - backSince;
    const ramp = sinceMs === null ? null : rampAfter(sinceMs, pool.health);
    const returned = seen.returned === true || (sinceMs !== null && isReturning(sinceMs, pool.health));
    return {
      ejected,
      ...(returned && { returned }),
      ...(shed !== undefined && { shed }),
      ...((ramp !== null || seen.ramp !== undefined) && { ramp: Math.min(ramp ?? 1, seen.ramp ?? 1) }),
    };
  };
}

const isDown = (document: ControlDocument, pool: Pool, origin: Origin): boolean =>
  controlOf(document, pool.id, origin.id).probed?.down === true;
