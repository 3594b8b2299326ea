/**
 * Passive health: what an isolate learns of origins from the requests it sends them. Consecutive failures eject an
 * origin for a while, longer each time in a row, with jitter so that isolates do not all come back in one moment. One
 * success afterwards and all is forgotten.
 *
 * What one isolate thinks is no proof: it may itself be cut off. So no more than `maxEjected` of a pool's origins are
 * ever out; what would be one too many stays in.
 */
import type { Origin, Pool } from '../config/settings.ts';
import type { OriginStatus } from './willing.ts';

export interface Health {
  succeeded(pool: Pool, origin: Origin, now: number): void;
  /**
   * A failed connection, a timeout, a 5xx: whatever the caller holds against the origin and not against the request.
   * Returns when the ejection ends, if this failure is the one that ejects it, and else `null`.
   */
  failed(pool: Pool, origin: Origin, now: number): number | null;
  isEjected(pool: Pool, origin: Origin, now: number): boolean;
  /** When the ejection ends, or `null`: what `Retry-After` can be made of. */
  ejectedUntil(pool: Pool, origin: Origin, now: number): number | null;
  /** Nothing is held against anybody: no failure, no ejection, nobody warming up. */
  isQuiet(): boolean;
  /** What placement wants to know: ejected, just returned, and the ramp of `slowStart`. */
  statusOf(pool: Pool, origin: Origin, now: number): OriginStatus;
}

/** An origin that did nothing wrong has no condition. Times: milliseconds since the epoch. */
export interface Condition {
  /** In a row. */
  readonly failures: number;
  /** In a row. */
  readonly ejections: number;
  /** 0: never was. */
  readonly ejectedUntil: number;
}

/** Ejections double up to this: long enough to spare a dead origin, short enough that its return is noticed. */
const longestEjectionMs = 300_000;
/** Up to a quarter is added, never taken: `ejectFor` is kept as promised. */
const jitter = 0.25;
/** A warming origin gets at least this part of its weight: 0 would never let it warm up. */
const leastRamp = 0.05;
/** Only origins in trouble take a place. More than this many at once is an attack on memory or a configuration to split. */
const mostConditions = 2_000;

const wellSince = (condition: Condition, now: number): number => now - condition.ejectedUntil;
const isOut = (condition: Condition | undefined, now: number): boolean =>
  condition !== undefined && now < condition.ejectedUntil;

/** `mayEject`: whether the pool can spare another one. `random`: from 0 to 1, for the jitter. */
export function afterFailure(
  condition: Condition | undefined,
  { failures: limit, ejectForMs }: Pool['health'],
  now: number,
  mayEject: boolean,
  random: number,
): Condition {
  const before = condition ?? { failures: 0, ejections: 0, ejectedUntil: 0 };
  // Requests that were under way when it was ejected fail too; they say nothing new.
  if (isOut(before, now)) return before;
  // After an ejection the count goes on, so that the first failure is enough for the next one.
  const failures = Math.min(limit, before.failures + 1);
  if (failures < limit || !mayEject) return { ...before, failures };
  const ejectMs = Math.min(ejectForMs * 2 ** before.ejections, Math.max(ejectForMs, longestEjectionMs));
  return { failures, ejections: before.ejections + 1, ejectedUntil: now + ejectMs * (1 + jitter * random) };
}

/** `undefined`: nothing left to remember. A success during the ejection was under way before it and proves little. */
export function afterSuccess(
  condition: Condition | undefined,
  health: Pool['health'],
  now: number,
): Condition | undefined {
  if (condition === undefined || isOut(condition, now)) return condition;
  const cameBack = condition.ejectedUntil > 0 && wellSince(condition, now) < returningMs(health);
  return cameBack ? { failures: 0, ejections: 0, ejectedUntil: condition.ejectedUntil } : undefined;
}

/** How long an origin counts as just returned: while it warms up, and at least as long as it was away. */
const returningMs = ({ slowStartMs, ejectForMs }: Pool['health']): number => Math.max(slowStartMs, ejectForMs);

const well: OriginStatus = { ejected: false };
const out: OriginStatus = { ejected: true };

export function statusAfter(condition: Condition | undefined, health: Pool['health'], now: number): OriginStatus {
  if (condition === undefined || condition.ejectedUntil === 0) return well;
  if (isOut(condition, now)) return out;
  const since = wellSince(condition, now);
  if (!isReturning(since, health)) return well;
  const ramp = rampAfter(since, health);
  return { ejected: false, returned: true, ...(ramp !== null && { ramp }) };
}

/** Whether clients that kept their pin are still coming home so long after an origin was taken back. */
export const isReturning = (sinceMs: number, health: Pool['health']): boolean => sinceMs < returningMs(health);

/** The part of its weight that counts so long after an origin was taken back; `null`: all of it. */
export const rampAfter = (sinceMs: number, { slowStartMs }: Pool['health']): number | null =>
  sinceMs >= slowStartMs ? null : Math.max(leastRamp, sinceMs / slowStartMs);

/** `random`: from 0 up to 1. */
export function createHealth(random: () => number = Math.random): Health {
  const conditions = new Map<string, Condition>();
  // Neither id can hold a slash.
  const keyOf = (pool: Pool, origin: Origin): string => `${pool.id}/${origin.id}`;
  const find = (pool: Pool, origin: Origin) =>
    conditions.size === 0 ? undefined : conditions.get(keyOf(pool, origin));

  const canSpareAnother = (pool: Pool, now: number): boolean => {
    const serving = pool.origins.filter(({ state }) => state !== 'off');
    const away = serving.filter((origin) => isOut(find(pool, origin), now)).length;
    return away + 1 <= pool.health.maxEjected * serving.length;
  };

  return {
    succeeded(pool, origin, now) {
      const before = find(pool, origin);
      if (before === undefined) return;
      const after = afterSuccess(before, pool.health, now);
      if (after === undefined) conditions.delete(keyOf(pool, origin));
      else conditions.set(keyOf(pool, origin), after);
    },
    failed(pool, origin, now) {
      const before = find(pool, origin);
      if (before === undefined && conditions.size >= mostConditions) return null;
      const after = afterFailure(before, pool.health, now, canSpareAnother(pool, now), random());
      conditions.set(keyOf(pool, origin), after);
      return after.ejectedUntil === (before?.ejectedUntil ?? 0) ? null : after.ejectedUntil;
    },
    isEjected: (pool, origin, now) => isOut(find(pool, origin), now),
    ejectedUntil(pool, origin, now) {
      const condition = find(pool, origin);
      return condition !== undefined && isOut(condition, now) ? condition.ejectedUntil : null;
    },
    isQuiet: () => conditions.size === 0,
    statusOf: (pool, origin, now) => statusAfter(find(pool, origin), pool.health, now),
  };
}
