import { afterAll, beforeAll, vi } from 'vitest';
import { createKvStore } from '../../../worker/kv/kv-store.ts';
import { createKvWorld } from '../../support/kv-world.ts';
import { sessionSettings, storedStrategy } from '../../support/session-parts.ts';
import { sessionStrategyContract } from './contract.ts';

// A write that waits for its turn waits no real second.
beforeAll(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
  vi.setTimerTickMode('nextTimerAsync');
});
afterAll(() => void vi.useRealTimers());

sessionStrategyContract(
  'stored (kv that accepts one write per second and key)',
  async () => {
    const { namespace } = createKvWorld({ operationsPerInvocation: Number.POSITIVE_INFINITY }).at('here');
    return {
      gateway: (keys) => storedStrategy(createKvStore(namespace), keys, sessionSettings({ store: 'kv' })),
      close: async () => {},
    };
  },
  { endsReach: 'everywhere', activity: 'cookie', records: true },
);
