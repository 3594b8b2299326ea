import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createDeferred } from '../../lambda/deferred.ts';
import { createLambdaPlatform } from '../../lambda/platform.ts';

beforeEach(() => void vi.useFakeTimers({ now: 0 }));
afterEach(() => void vi.useRealTimers());

const lines: string[] = [];
const deferredOf = (remainingMs = 60_000) => {
  lines.length = 0;
  const platform = createLambdaPlatform({ write: (line) => void lines.push(line) });
  return createDeferred(platform, { getRemainingTimeInMillis: () => remainingMs - Date.now() });
};
const taking = (ms: number): Promise<unknown> => new Promise((resolve) => setTimeout(resolve, ms));

/** How long a reply that is ready has to wait. */
async function heldFor({ drained: settled }: ReturnType<typeof deferredOf>): Promise<number> {
  const readyAt = Date.now();
  let heldMs = -1;
  settled().then(() => {
    heldMs = Date.now() - readyAt;
  });
  await vi.advanceTimersByTimeAsync(120_000);
  return heldMs;
}

describe('a reply', () => {
  it('waits for what must be done', async () => {
    const deferred = deferredOf();
    deferred.defer(taking(3_000));
    expect(await heldFor(deferred)).toBe(3_000);
  });

  it('waits no longer than it is told to for what may be left', async () => {
    const deferred = deferredOf();
    deferred.defer(taking(2_000), 100);
    expect([await heldFor(deferred), lines]).toEqual([100, []]);
  });

  it('waits no longer than that takes', async () => {
    const deferred = deferredOf();
    deferred.defer(taking(30), 100);
    expect(await heldFor(deferred)).toBe(30);
  });

  it('waits for nothing that is done', async () => {
    const deferred = deferredOf();
    deferred.defer(taking(30), 100);
    await vi.advanceTimersByTimeAsync(40);
    expect(await heldFor(deferred)).toBe(0);
  });

  it('waits for both at once', async () => {
    const deferred = deferredOf();
    deferred.defer(taking(2_000), 100);
    deferred.defer(taking(300));
    expect(await heldFor(deferred)).toBe(300);
  });

  it('gets out before the function’s time is up', async () => {
    const deferred = deferredOf(1_000);
    deferred.defer(taking(5_000));
    expect(await heldFor(deferred)).toBe(500);
    expect(lines.join()).toContain('deferred_work_lost');
  });
});
