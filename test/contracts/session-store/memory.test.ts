import { createMemoryStore } from '../../../shared/session/store/memory-store.ts';
import { sessionStoreContract } from './contract.ts';

sessionStoreContract('memory', async () => {
  const store = createMemoryStore();
  return { store, elsewhere: store, close: async () => {} };
});
