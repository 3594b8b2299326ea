import { expect, it } from 'vitest';
import { endedBy, idleEndOf, touchIntervalMs } from '../../../shared/session/timing.ts';

it.each([
  ['4 s', 4_000, 1_000],
  ['40 s', 40_000, 10_000],
  ['1 min', 60_000, 10_000],
  ['5 min', 300_000, 30_000],
  ['10 min', 600_000, 60_000],
  ['30 min', 1_800_000, 60_000],
  ['12 h', 43_200_000, 60_000],
])('with %s of idleness, activity is noted once in a while', (_, idleMs, interval) => {
  expect(touchIntervalMs(idleMs)).toBe(interval);
});

it('a session lives until the moment of its end, and the absolute end counts first', () => {
  const times = { lastSeenAt: 1_000, endsAt: 5_000 };
  expect(endedBy(times, 1_000, 1_999)).toBeNull();
  expect(endedBy(times, 1_000, 2_000)).toBe('idle');
  expect(endedBy(times, 10_000, 4_999)).toBeNull();
  expect(endedBy(times, 10_000, 5_000)).toBe('expired');
  expect(endedBy(times, 1_000, 5_000)).toBe('expired');
});

it('the idle end is never after the absolute one', () => {
  expect(idleEndOf({ lastSeenAt: 1_000, endsAt: 5_000 }, 1_000)).toBe(2_000);
  expect(idleEndOf({ lastSeenAt: 4_500, endsAt: 5_000 }, 1_000)).toBe(5_000);
});
