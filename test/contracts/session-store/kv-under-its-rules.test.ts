import { afterAll, beforeAll, vi } from 'vitest';
import { traitsOf } from '../../../shared/config/stores.ts';
import type { Store } from '../../../shared/session/store/store.ts';
import { createKvStore } from '../../../worker/kv/kv-store.ts';
import { createKvWorld } from '../../support/kv-world.ts';
import { sessionStoreContract } from './contract.ts';

// A write that waits for its turn waits no real second.
beforeAll(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'], now: Date.UTC(2026, 0, 1, 12) });
  vi.setTimerTickMode('nextTimerAsync');
});
afterAll(() => void vi.useRealTimers());

/** KV's own clock is never behind what a caller says. */
const moving = (store: Store): Store => ({
  ...store,
  claimOnce(key, value, keepUntil, now) {
    if (now > Date.now()) vi.setSystemTime(now);
    return store.claimOnce(key, value, keepUntil, now);
  },
});

sessionStoreContract(
  'kv that accepts one write per second and key',
  async () => {
    const { namespace } = createKvWorld({ operationsPerInvocation: Number.POSITIVE_INFINITY }).at('here');
    const [store, elsewhere] = [moving(createKvStore(namespace)), moving(createKvStore(namespace))];
    return { store, elsewhere, close: async () => {} };
  },
  { touch: traitsOf('kv').notesActivity ? 'written' : 'unwritten', races: 'best-effort' },
);
