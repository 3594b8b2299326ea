/** When a session ends, and when its activity is noted. Pure; every time is milliseconds. */
import type { RejectionReason } from './session.ts';

/**
 * Activity is noted at most once per this interval. The idle end is then exact to a quarter of `idle`, and a busy client
 * costs one write a minute.
 */
export const touchIntervalMs = (idleMs: number): number => Math.min(60_000, Math.max(10_000, idleMs / 10), idleMs / 4);

/** `null` while the session lives. The absolute end goes before the idle one. */
export function endedBy(
  times: { readonly lastSeenAt: number; readonly endsAt: number },
  idleMs: number,
  now: number,
): Extract<RejectionReason, 'expired' | 'idle'> | null {
  if (now >= times.endsAt) return 'expired';
  return now >= times.lastSeenAt + idleMs ? 'idle' : null;
}

export const idleEndOf = (times: { readonly lastSeenAt: number; readonly endsAt: number }, idleMs: number): number =>
  Math.min(times.lastSeenAt + idleMs, times.endsAt);

/** Whether an answer of that age is fresh enough. One from the future is not: the clock that stamped it is ahead. */
export const isWithin = (freshnessMs: number, ageMs: number): boolean => ageMs >= 0 && ageMs < freshnessMs;

/**
 * The absolute end of a session. A shorter `absolute` in the configuration also shortens sessions that began before it; a
 * longer one does not lengthen them.
 */
export const absoluteEndOf = (
  { createdAt, endsAt }: { readonly createdAt: number; readonly endsAt: number },
  absoluteMs: number,
): number => Math.min(endsAt, createdAt + absoluteMs);
