import { afterEach, expect, it, vi } from 'vitest';
import { createMemoryStore } from '../../../../shared/session/store/memory-store.ts';
import type { Strategy } from '../../../../shared/session/strategy/strategy.ts';
import { createClock } from '../../../support/clock.ts';
import {
  beginningOf,
  sealKey,
  sessionKey,
  someClient,
  storedStrategy,
  tokenStrategy,
} from '../../../support/session-parts.ts';

const clock = createClock();
const keys = { session: [sessionKey('session-1')], seal: [sealKey()] };

afterEach(() => void vi.restoreAllMocks());

it.each<readonly [string, () => Strategy]>([
  ['token', () => tokenStrategy(null, keys)],
  ['stored', () => storedStrategy(createMemoryStore(), keys)],
])(
  'by an isolate, also of clients that begin in one moment and are alike in all but their secret (%s)',
  async (_, make) => {
    const strategy = make();
    const cookies = await Promise.all(
      Array.from({ length: 20 }, async () => {
        const begun = await strategy.begin(beginningOf(clock.now()));
        if (begun.kind !== 'begun') throw new Error(begun.kind);
        return begun.value;
      }),
    );
    const verify = vi.spyOn(crypto.subtle, 'verify');
    const look = async () => {
      for (const value of cookies) {
        const need = {
          now: clock.now(),
          freshnessMs: 60_000,
          touch: false,
          safeMethod: true,
          client: () => someClient,
        };
        expect((await strategy.authenticate(value, need)).kind).toBe('active');
      }
    };
    await look();
    expect(verify).toHaveBeenCalledTimes(cookies.length);
    await look();
    await look();
    expect(verify).toHaveBeenCalledTimes(cookies.length);
  },
);
