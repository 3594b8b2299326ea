import { createMemoryStore } from '../../../shared/session/store/memory-store.ts';
import { tokenStrategy } from '../../support/session-parts.ts';
import { sessionStrategyContract } from './contract.ts';

sessionStrategyContract(
  'token',
  async () => ({ gateway: (keys) => tokenStrategy(null, keys), close: async () => {} }),
  {
    endsReach: 'here',
    activity: 'cookie',
    records: false,
  },
);

sessionStrategyContract(
  'token with a store',
  async () => {
    const store = createMemoryStore();
    return { gateway: (keys) => tokenStrategy(store, keys), close: async () => {} };
  },
  { endsReach: 'everywhere', activity: 'cookie', records: false },
);
