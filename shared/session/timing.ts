/** When a session ends and when its activity is worth noting. Pure; every time is milliseconds. */
import type { RejectionReason } from './session.ts';

/**
 * Activity is noted at most once per this interval: often enough that the idle end is exact to a quarter of `idle`,
 * seldom enough that a busy client costs one write a minute.
 */
export const touchIntervalMs = (idleMs: number): number => Math.min(60_000, Math.max(10_000, idleMs / 10), idleMs / 4);

/** `null` while the session lives. The absolute end is judged first: nothing moves it. */
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

/** Whether what was asked so long ago is fresh enough. A copy stamped in the future is not: its door's clock goes ahead. */
export const isWithin = (freshnessMs: number, ageMs: number): boolean => ageMs >= 0 && ageMs < freshnessMs;

/**
 * The absolute end of a session. One from before `absolute` was made shorter ends by the new one, too; nothing makes it
 * live longer.
 */
export const absoluteEndOf = (
  { createdAt, endsAt }: { readonly createdAt: number; readonly endsAt: number },
  absoluteMs: number,
): number => Math.min(endsAt, createdAt + absoluteMs);
