import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type ClockSettings, ExchangeClock } from '../../../shared/proxy/exchange-clock.ts';

beforeEach(() => void vi.useFakeTimers({ now: 0 }));
afterEach(() => void vi.useRealTimers());

const clockOf = (more: Partial<ClockSettings> = {}): ExchangeClock =>
  new ExchangeClock({
    timeoutMs: 60_000,
    maxMs: null,
    hasBody: false,
    now: Date.now,
    clientGone: null,
    hasSignal: true,
    onNearTimeout: () => undefined,
    nearTimeoutMs: 2_000,
    ...more,
  });

/** What an exchange that never ends by itself is ended by. */
function watched(clock: ExchangeClock): { ending: string | null } {
  const seen: { ending: string | null } = { ending: null };
  clock.race(new Promise<object>(() => undefined)).then((came) => {
    seen.ending = came as string;
  });
  return seen;
}
const passing = (ms: number) => vi.advanceTimersByTimeAsync(ms);

describe('an exchange without a body', () => {
  it('ends when the origin has not replied in time, and no sooner', async () => {
    const clock = clockOf();
    const seen = watched(clock);
    await passing(59_999);
    expect([seen.ending, clock.signal?.aborted]).toEqual([null, false]);
    await passing(1);
    expect([seen.ending, clock.endedBy, clock.signal?.aborted]).toEqual(['timed-out', 'timed-out', true]);
  });

  it('is over with the reply’s headers', async () => {
    const clock = clockOf();
    expect(await clock.race(Promise.resolve({ status: 200 }))).toEqual({ status: 200 });
    clock.clear();
    await passing(100_000);
    expect([clock.endedBy, clock.signal?.aborted, vi.getTimerCount()]).toEqual([null, false, 0]);
  });

  it('passes on an error of what is worked at', async () => {
    await expect(clockOf().race(Promise.reject(new Error('a bug')))).rejects.toThrow('a bug');
  });

  it('has the time that is left for a further try', async () => {
    const clock = clockOf();
    await passing(50_000);
    await clock.race(Promise.resolve({}));
    const seen = watched(clock);
    await passing(9_999);
    expect(seen.ending).toBe(null);
    await passing(1);
    expect(seen.ending).toBe('timed-out');
  });

  it('that is over already ends a further try at once', async () => {
    const clock = clockOf();
    await passing(60_000);
    expect(await clock.race(new Promise<object>(() => undefined))).toBe('timed-out');
  });
});

describe('a body', () => {
  it('may take as long as it likes while it flows', async () => {
    const clock = clockOf({ hasBody: true });
    const seen = watched(clock);
    for (let i = 0; i < 100; i++) {
      clock.onBodyStage('origin');
      await passing(30_000);
      clock.onBodyStage('client');
      await passing(59_000);
    }
    expect(seen.ending).toBe(null);
    clock.onBodyStage('taken');
    await passing(59_999);
    expect(seen.ending).toBe(null);
    await passing(1);
    expect(seen.ending).toBe('timed-out');
  });

  it.each([
    ['client', 'stalled'],
    ['origin', 'timed-out'],
  ] as const)('that stands still at the %s ends the exchange as %s', async (stage, ending) => {
    const clock = clockOf({ hasBody: true });
    const seen = watched(clock);
    await passing(40_000);
    clock.onBodyStage(stage);
    await passing(59_999);
    expect(seen.ending).toBe(null);
    await passing(1);
    expect(seen.ending).toBe(ending);
  });

  it('that never begins is the client’s standstill', async () => {
    const seen = watched(clockOf({ hasBody: true }));
    await passing(60_000);
    expect(seen.ending).toBe('stalled');
  });

  it('that the client breaks off ends the exchange at once', async () => {
    const clock = clockOf({ hasBody: true });
    const seen = watched(clock);
    clock.onBodyStage('broken');
    await passing(0);
    expect([seen.ending, vi.getTimerCount()]).toEqual(['broken', 0]);
  });

  it('that was taken once gives a further try no more time', async () => {
    const clock = clockOf({ hasBody: true });
    const seen = watched(clock);
    clock.onBodyStage('taken');
    await passing(50_000);
    clock.onBodyStage('origin');
    clock.onBodyStage('taken');
    await passing(10_000);
    expect(seen.ending).toBe('timed-out');
  });
});

describe('the host’s own time', () => {
  it('ends an exchange before its timeout would', async () => {
    const seen = watched(clockOf({ maxMs: 28_000 }));
    await passing(27_999);
    expect(seen.ending).toBe(null);
    await passing(1);
    expect(seen.ending).toBe('timed-out');
  });

  it('ends a body that still flows, and that is no fault of the client’s', async () => {
    const clock = clockOf({ hasBody: true, maxMs: 28_000 });
    const seen = watched(clock);
    for (let i = 0; i < 28; i++) {
      clock.onBodyStage('client');
      await passing(1_000);
    }
    expect(seen.ending).toBe('timed-out');
  });
});

describe('a time-out', () => {
  it('is foreseen once, in time for a probe', async () => {
    const foresee = vi.fn();
    const seen = watched(clockOf({ onNearTimeout: foresee }));
    await passing(57_999);
    expect(foresee).toHaveBeenCalledTimes(0);
    await passing(1);
    expect([foresee.mock.calls.length, seen.ending]).toEqual([1, null]);
    await passing(2_000);
    expect([foresee.mock.calls.length, seen.ending]).toEqual([1, 'timed-out']);
  });

  it('is not foreseen while the body is the client’s to send', async () => {
    const foresee = vi.fn();
    const clock = clockOf({ onNearTimeout: foresee, hasBody: true });
    watched(clock);
    await passing(60_000);
    expect([foresee.mock.calls.length, clock.endedBy]).toEqual([0, 'stalled']);
  });
});

it('needs no signal where the host ends what nobody waits for', () => {
  expect(clockOf({ hasSignal: false }).signal).toBe(null);
});

it('is ended by a client that goes away too', () => {
  const gone = new AbortController();
  const clock = clockOf({ clientGone: gone.signal });
  gone.abort();
  expect(clock.signal?.aborted).toBe(true);
  clock.clear();
});
