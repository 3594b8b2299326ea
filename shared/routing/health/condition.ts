/** The condition of one origin, as failures, successes and ejections change it. Pure. */
import type { Pool } from '../../config/settings.ts';
import type { OriginStatus } from '../placement/types.ts';

export interface OriginFailure {
  /** Of the client, as `clientKeyOf` has it. */
  readonly network: string;
  readonly isTimeout: boolean;
}

/** An origin that has not failed has no condition. Times: milliseconds since the epoch. */
export interface Condition {
  /** In a row. */
  readonly failures: number;
  /** Those of them that were not time-outs. */
  readonly nonTimeouts: number;
  /** The network of the client that met the first of these since the last ejection; `null`: none yet. */
  readonly network: string | null;
  /** Clients of at least two networks met one. */
  readonly severalNetworks: boolean;
  /** In a row. */
  readonly ejections: number;
  /** 0: never ejected. */
  readonly ejectedUntil: number;
  /** The earliest time of the next probe. */
  readonly probeAgainAt: number;
}

export const healthy: Condition = {
  failures: 0,
  nonTimeouts: 0,
  network: null,
  severalNetworks: false,
  ejections: 0,
  ejectedUntil: 0,
  probeAgainAt: 0,
};

/** Ejections double up to this: long enough to spare a dead origin, short enough that its return is noticed. */
const maxEjectionMs = 300_000;
/** Added to an ejection, up to a quarter of it, never taken off: `ejectFor` is a minimum. */
const jitter = 0.25;
/** With less than this part of its weight an origin would get too little traffic to warm up. */
const minRamp = 0.05;

export const isOut = (condition: Condition | undefined, now: number): boolean =>
  condition !== undefined && now < condition.ejectedUntil;

export function afterFailure(
  condition: Condition | undefined,
  { network, isTimeout }: OriginFailure,
  { failures: limit }: Pool['health'],
  now: number,
): Condition {
  const before = condition ?? healthy;
  // Requests that were under way when it was ejected fail too. That is not news.
  if (isOut(before, now)) return before;
  const failures = Math.min(limit, before.failures + 1);
  if (isTimeout) return { ...before, failures };
  const nonTimeouts = Math.min(limit, before.nonTimeouts + 1);
  const severalNetworks = before.severalNetworks || (before.network !== null && before.network !== network);
  return { ...before, failures, nonTimeouts, network: before.network ?? network, severalNetworks };
}

/** It has failed often enough. */
export const isSuspect = ({ failures }: Condition, { failures: limit }: Pool['health']): boolean => failures >= limit;
/** The failures are proof enough, without a probe. */
export const isProven = ({ nonTimeouts, severalNetworks }: Condition, { failures: limit }: Pool['health']): boolean =>
  nonTimeouts >= limit && severalNetworks;

/**
 * `random`: in [0, 1), for the jitter. The failures stay counted, so that one more is enough for the next ejection. The
 * networks are counted from the start.
 */
export function afterEjection(
  { ejections }: Condition,
  { failures, ejectForMs }: Pool['health'],
  now: number,
  random: number,
): Condition {
  const ejectMs = Math.min(ejectForMs * 2 ** ejections, Math.max(ejectForMs, maxEjectionMs));
  const ejectedUntil = now + ejectMs * (1 + jitter * random);
  return { ...healthy, failures, nonTimeouts: failures, ejections: ejections + 1, ejectedUntil };
}

/**
 * `undefined`: the origin is healthy. A success during an ejection changes nothing: that request began before the
 * ejection.
 */
export function afterSuccess(
  condition: Condition | undefined,
  health: Pool['health'],
  now: number,
): Condition | undefined {
  if (condition === undefined || isOut(condition, now)) return condition;
  const isBack = condition.ejectedUntil > 0 && isReturning(now - condition.ejectedUntil, health);
  return isBack ? { ...healthy, ejectedUntil: condition.ejectedUntil } : undefined;
}

const well: OriginStatus = { ejected: false };
const out: OriginStatus = { ejected: true };

export function statusAfter(condition: Condition | undefined, health: Pool['health'], now: number): OriginStatus {
  if (condition === undefined || condition.ejectedUntil === 0) return well;
  if (isOut(condition, now)) return out;
  const since = now - condition.ejectedUntil;
  if (!isReturning(since, health)) return well;
  const ramp = rampAfter(since, health);
  return { ejected: false, returned: true, ...(ramp !== null && { ramp }) };
}

/**
 * Whether clients that kept their pin are still coming back, so long after an origin was taken back: during its slow
 * start, and at least for as long as an ejection lasts.
 */
export const isReturning = (sinceMs: number, { slowStartMs, ejectForMs }: Pool['health']): boolean =>
  sinceMs < Math.max(slowStartMs, ejectForMs);

/** The part of its weight that counts so long after an origin was taken back; `null`: all of it. */
export const rampAfter = (sinceMs: number, { slowStartMs }: Pool['health']): number | null =>
  sinceMs >= slowStartMs ? null : Math.max(minRamp, sinceMs / slowStartMs);
