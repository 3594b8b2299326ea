/**
 * Passive health: what an isolate learns of origins from the requests that it sends them. Failures in a row eject an
 * origin for a while. Each further ejection is longer, with jitter, so that isolates do not return all at once. One
 * success after an ejection resets the record.
 *
 * The failures of a single client prove nothing: its requests may be what fails, at every origin. So the failures must
 * come from two networks, or the origin is a suspect until a probe agrees (`report.ts`). A time-out may be the fault of
 * the page, whichever client asks for it: time-outs never eject without a probe.
 *
 * A single isolate proves nothing either: it may itself be cut off. So no more than `maxEjected` of a pool's origins are
 * out at a time; the next one stays in.
 */
import type { Origin, Pool } from '../../config/settings.ts';
import type { OriginStatus } from '../placement/types.ts';
import {
  afterEjection,
  afterFailure,
  afterSuccess,
  type Condition,
  healthy,
  isOut,
  isProven,
  isSuspect,
  type OriginFailure,
  statusAfter,
} from './condition.ts';

export interface Health {
  succeeded(pool: Pool, origin: Origin, now: number): void;
  /** For failures of the origin, not of the request. */
  failed(pool: Pool, origin: Origin, failure: OriginFailure, now: number): FailureOutcome;
  /** Whether one more failure would eject it, if the pool can spare it and a probe agrees. */
  isOneFailureShort(pool: Pool, origin: Origin, now: number): boolean;
  /** Whether a suspect may be probed now. If so, the probe counts as begun. */
  claimProbe(pool: Pool, origin: Origin, now: number): boolean;
  /** What the probe of a suspect found. Returns the end of the ejection if this ejects it, else `null`. */
  probed(pool: Pool, origin: Origin, isAlive: boolean, now: number): number | null;
  isEjected(pool: Pool, origin: Origin, now: number): boolean;
  /** When the ejection ends, or `null`. */
  ejectedUntil(pool: Pool, origin: Origin, now: number): number | null;
  /** No failure, no ejection, no slow start: every origin is well. */
  isAllClear(): boolean;
  /** For placement: ejected, just returned, and the ramp of `slowStart`. */
  statusOf(pool: Pool, origin: Origin, now: number): OriginStatus;
}

export type FailureOutcome =
  | { readonly kind: 'noted' }
  /** It has failed often enough. A probe has to find out whether the origin is the cause. */
  | { readonly kind: 'suspect' }
  /** This failure has ejected it. */
  | { readonly kind: 'ejected'; readonly until: number };

/** Only failing origins take memory. More than this many at once is an attack, or a configuration to split. */
const maxConditions = 2_000;
/** After a probe that found the origin alive: a page that keeps failing causes at most one probe a second. */
const probePauseMs = 1_000;

/** `random`: in [0, 1). */
export function createHealth(random: () => number = Math.random): Health {
  const conditions = new Map<string, Condition>();
  // No id contains a slash.
  const keyOf = (pool: Pool, origin: Origin): string => `${pool.id}/${origin.id}`;
  const find = (pool: Pool, origin: Origin) =>
    conditions.size === 0 ? undefined : conditions.get(keyOf(pool, origin));

  const canSpareAnother = (pool: Pool, now: number): boolean => {
    const serving = pool.origins.filter(({ state }) => state !== 'off');
    const away = serving.filter((origin) => isOut(find(pool, origin), now)).length;
    return away + 1 <= pool.health.maxEjected * serving.length;
  };
  const maySpare = (pool: Pool, origin: Origin, now: number): boolean =>
    !isOut(find(pool, origin), now) && canSpareAnother(pool, now);

  function eject(pool: Pool, origin: Origin, condition: Condition, now: number): number {
    const after = afterEjection(condition, pool.health, now, random());
    conditions.set(keyOf(pool, origin), after);
    return after.ejectedUntil;
  }

  return {
    succeeded(pool, origin, now) {
      const before = find(pool, origin);
      if (before === undefined) return;
      const after = afterSuccess(before, pool.health, now);
      if (after === undefined) conditions.delete(keyOf(pool, origin));
      else conditions.set(keyOf(pool, origin), after);
    },
    failed(pool, origin, failure, now) {
      const before = find(pool, origin);
      if (before === undefined && conditions.size >= maxConditions) return noted;
      const after = afterFailure(before, failure, pool.health, now);
      conditions.set(keyOf(pool, origin), after);
      if (!isSuspect(after, pool.health) || !maySpare(pool, origin, now)) return noted;
      if (!isProven(after, pool.health)) return suspect;
      return { kind: 'ejected', until: eject(pool, origin, after, now) };
    },
    isOneFailureShort(pool, origin, now) {
      const failures = (find(pool, origin)?.failures ?? 0) + 1;
      return failures >= pool.health.failures && maySpare(pool, origin, now);
    },
    claimProbe(pool, origin, now) {
      const before = find(pool, origin) ?? healthy;
      if (now < before.probeAgainAt || (before === healthy && conditions.size >= maxConditions)) return false;
      // If its end is never reported, the next one may begin when this one must have ended.
      const probeAgainAt = now + pool.health.probe.timeoutMs + probePauseMs;
      conditions.set(keyOf(pool, origin), { ...before, probeAgainAt });
      return true;
    },
    probed(pool, origin, isAlive, now) {
      const before = find(pool, origin);
      if (before === undefined) return null;
      if (isAlive) conditions.set(keyOf(pool, origin), { ...before, probeAgainAt: now + probePauseMs });
      if (isAlive || !isSuspect(before, pool.health) || !maySpare(pool, origin, now)) return null;
      return eject(pool, origin, before, now);
    },
    isEjected: (pool, origin, now) => isOut(find(pool, origin), now),
    ejectedUntil(pool, origin, now) {
      const condition = find(pool, origin);
      return condition !== undefined && isOut(condition, now) ? condition.ejectedUntil : null;
    },
    isAllClear: () => conditions.size === 0,
    statusOf: (pool, origin, now) => statusAfter(find(pool, origin), pool.health, now),
  };
}

const noted: FailureOutcome = { kind: 'noted' };
const suspect: FailureOutcome = { kind: 'suspect' };
