/**
 * Passive health: what an isolate learns of origins from the requests it sends them. Failures in a row eject an origin for
 * a while, longer each time in a row, with jitter so that isolates do not all come back in one moment. One success
 * afterwards and all is forgotten.
 *
 * One client's word is not enough: its requests may be what fails, wherever they go. The failures come from two networks,
 * or the origin is suspect until a probe agrees (`health-report.ts`). A time-out may be the page's doing, whoever asks for
 * it, so that time-outs never eject without a probe.
 *
 * What one isolate thinks is no proof either: it may itself be cut off. So no more than `maxEjected` of a pool's origins
 * are ever out; what would be one too many stays in.
 */
import type { Origin, Pool } from '../../config/settings.ts';
import type { OriginStatus } from '../placement/eligibility.ts';

export interface Health {
  succeeded(pool: Pool, origin: Origin, now: number): void;
  /** Whatever the caller holds against the origin and not against the request. */
  failed(pool: Pool, origin: Origin, failure: OriginFailure, now: number): FailureOutcome;
  /** Whether one more failure would eject it, if the pool can spare it and a probe agrees. */
  isOneFailureShort(pool: Pool, origin: Origin, now: number): boolean;
  /** Whether a suspect may be probed now. When it says so the probe counts as begun. */
  claimProbe(pool: Pool, origin: Origin, now: number): boolean;
  /** What a probe of a suspect found. Returns when the ejection ends, if this ejects it, and else `null`. */
  probed(pool: Pool, origin: Origin, isAlive: boolean, now: number): number | null;
  isEjected(pool: Pool, origin: Origin, now: number): boolean;
  /** When the ejection ends, or `null`: what `Retry-After` can be made of. */
  ejectedUntil(pool: Pool, origin: Origin, now: number): number | null;
  /** No failure, no ejection and nobody warming up: there is nothing to ask about. */
  isAllClear(): boolean;
  /** What placement wants to know: ejected, just returned, and the ramp of `slowStart`. */
  statusOf(pool: Pool, origin: Origin, now: number): OriginStatus;
}

export interface OriginFailure {
  /** Of the client, as `clientKeyOf` has it. */
  readonly network: string;
  readonly isTimeout: boolean;
}

export type FailureOutcome =
  | { readonly kind: 'noted' }
  /** It has failed often enough. A probe is to tell whether it is the origin. */
  | { readonly kind: 'suspect' }
  /** This failure is the one that ejects it. */
  | { readonly kind: 'ejected'; readonly until: number };

/** An origin that did nothing wrong has no condition. Times: milliseconds since the epoch. */
export interface Condition {
  /** In a row. */
  readonly failures: number;
  /** Of these, the ones that were no time-outs. */
  readonly certain: number;
  /** Whose client met the first of them since the last ejection; `null`: none did. */
  readonly network: string | null;
  /** A client of another network met one too. */
  readonly isWide: boolean;
  /** In a row. */
  readonly ejections: number;
  /** 0: never was. */
  readonly ejectedUntil: number;
  /** Not before then. */
  readonly probeAgainAt: number;
}

const unharmed: Condition = {
  failures: 0,
  certain: 0,
  network: null,
  isWide: false,
  ejections: 0,
  ejectedUntil: 0,
  probeAgainAt: 0,
};

/** Ejections double up to this: long enough to spare a dead origin, short enough that its return is noticed. */
const longestEjectionMs = 300_000;
/** Up to a quarter is added, never taken: `ejectFor` is kept as promised. */
const jitter = 0.25;
/** A warming origin gets at least this part of its weight: 0 would never let it warm up. */
const leastRamp = 0.05;
/** Only origins in trouble take a place. More than this many at once is an attack on memory or a configuration to split. */
const mostConditions = 2_000;
/** After a probe that found the origin alive: whoever goes on meeting a page that fails causes no more than one a second. */
const probePauseMs = 1_000;

const wellSince = (condition: Condition, now: number): number => now - condition.ejectedUntil;
const isOut = (condition: Condition | undefined, now: number): boolean =>
  condition !== undefined && now < condition.ejectedUntil;

export function afterFailure(
  condition: Condition | undefined,
  { network, isTimeout }: OriginFailure,
  { failures: limit }: Pool['health'],
  now: number,
): Condition {
  const before = condition ?? unharmed;
  // Requests that were under way when it was ejected fail too; they say nothing new.
  if (isOut(before, now)) return before;
  const failures = Math.min(limit, before.failures + 1);
  if (isTimeout) return { ...before, failures };
  const certain = Math.min(limit, before.certain + 1);
  const isWide = before.isWide || (before.network !== null && before.network !== network);
  return { ...before, failures, certain, network: before.network ?? network, isWide };
}

/** Whether it has failed often enough, and whether what was seen of it needs no probe. */
export const isSuspect = ({ failures }: Condition, { failures: limit }: Pool['health']): boolean => failures >= limit;
export const isProven = ({ certain, isWide }: Condition, { failures: limit }: Pool['health']): boolean =>
  certain >= limit && isWide;

/**
 * `random`: from 0 to 1, for the jitter. The count of failures goes on afterwards, so that the first one is enough for the
 * next ejection; whose they are is asked anew.
 */
export function afterEjection(
  { ejections }: Condition,
  { failures, ejectForMs }: Pool['health'],
  now: number,
  random: number,
): Condition {
  const ejectMs = Math.min(ejectForMs * 2 ** ejections, Math.max(ejectForMs, longestEjectionMs));
  const ejectedUntil = now + ejectMs * (1 + jitter * random);
  return { ...unharmed, failures, certain: failures, ejections: ejections + 1, ejectedUntil };
}

/** `undefined`: nothing left to remember. A success during the ejection was under way before it and proves little. */
export function afterSuccess(
  condition: Condition | undefined,
  health: Pool['health'],
  now: number,
): Condition | undefined {
  if (condition === undefined || isOut(condition, now)) return condition;
  const cameBack = condition.ejectedUntil > 0 && wellSince(condition, now) < returningMs(health);
  return cameBack ? { ...unharmed, ejectedUntil: condition.ejectedUntil } : undefined;
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
  const mayGo = (pool: Pool, origin: Origin, now: number): boolean =>
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
      if (before === undefined && conditions.size >= mostConditions) return noted;
      const after = afterFailure(before, failure, pool.health, now);
      conditions.set(keyOf(pool, origin), after);
      if (!isSuspect(after, pool.health) || !mayGo(pool, origin, now)) return noted;
      if (!isProven(after, pool.health)) return suspect;
      return { kind: 'ejected', until: eject(pool, origin, after, now) };
    },
    isOneFailureShort(pool, origin, now) {
      const failures = (find(pool, origin)?.failures ?? 0) + 1;
      return failures >= pool.health.failures && mayGo(pool, origin, now);
    },
    claimProbe(pool, origin, now) {
      const before = find(pool, origin) ?? unharmed;
      if (now < before.probeAgainAt || (before === unharmed && conditions.size >= mostConditions)) return false;
      // Should nobody be told of its end, the next one may begin when it must have ended.
      const probeAgainAt = now + pool.health.probe.timeoutMs + probePauseMs;
      conditions.set(keyOf(pool, origin), { ...before, probeAgainAt });
      return true;
    },
    probed(pool, origin, isAlive, now) {
      const before = find(pool, origin);
      if (before === undefined) return null;
      if (isAlive) conditions.set(keyOf(pool, origin), { ...before, probeAgainAt: now + probePauseMs });
      if (isAlive || !isSuspect(before, pool.health) || !mayGo(pool, origin, now)) return null;
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
