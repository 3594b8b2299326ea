import { describe, expect, it } from 'vitest';
import { logEvent } from '../../../shared/log/events.ts';

describe('an event', () => {
  const lines: unknown[] = [];
  const platform = { now: () => 1_000, log: (line: unknown) => void lines.push(line) };

  it('is stamped with the time of the platform, or with its own', () => {
    logEvent(platform, 'control-unreadable', { reason: 'outage' });
    logEvent(platform, 'session-key-unknown', {}, 2_000);
    expect(lines).toEqual([
      { event: 'control-unreadable', at: '1970-01-01T00:00:01.000Z', reason: 'outage' },
      { event: 'session-key-unknown', at: '1970-01-01T00:00:02.000Z' },
    ]);
  });
});
