import { describe, expect, test } from 'vitest';
import { formatDuration, parseDuration } from '../../../shared/config/durations.ts';

describe('a duration', () => {
  test.each([
    ['0s', 0],
    ['30s', 30_000],
    ['15m', 900_000],
    ['12h', 43_200_000],
    ['7d', 604_800_000],
  ])('%s is read as milliseconds', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
    expect(formatDuration(ms)).toBe(text);
  });

  test.each(['', '30', 's', '1.5h', '-1s', '05m', '1h30m', ' 1s', '1s ', '1S', '1e3s', '9999999999s'])(
    '%j is not one',
    (text) => {
      expect(parseDuration(text)).toBeNull();
    },
  );
});
