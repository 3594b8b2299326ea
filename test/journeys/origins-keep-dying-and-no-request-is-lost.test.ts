import { describe, expect, it } from 'vitest';
import { runChaos } from '../../bench/chaos/chaos.ts';
import { doorNames } from '../support/doors.ts';

describe.each(doorNames)('while origins keep dying (%s)', (door) => {
  it('no request that may be sent again is lost, none that may not is carried out twice, and nobody moves without a reason', async () => {
    const figures = await runChaos({ door, seconds: 5, seed: 1, everyMs: 900, clients: 20 });
    expect(figures.faults).toEqual({
      lost: [],
      unaccounted: [],
      unjustified: [],
      twice: [],
      signedOut: [],
      brokenForNoReason: [],
      slow: [],
    });
    // It was a run in which something happened.
    expect(figures.actions.kill + figures.actions.restart).toBeGreaterThan(1);
    expect(figures.requests).toBeGreaterThan(100);
    expect(figures.redispatched).toBeGreaterThan(10);
    expect(figures.moves.all).toBeGreaterThan(5);
    expect(figures.slowUploads.lastedMs).toBeGreaterThan(2_000);
    expect(figures.hanging.timedOut).toBeGreaterThan(2);
  }, 60_000);
});
