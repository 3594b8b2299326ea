import { createDurableObjectStore } from '../../../worker/durable-objects/durable-object-store.ts';
import { openObjects } from '../../support/session-objects.ts';
import { sessionStoreContract } from './contract.ts';

sessionStoreContract('durable-object', async () => {
  const { bindings, close } = await openObjects();
  return { store: createDurableObjectStore(bindings), elsewhere: createDurableObjectStore(bindings), close };
});
