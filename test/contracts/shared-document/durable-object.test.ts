import { createDurableObjectDocument } from '../../../worker/durable-objects/durable-object-document.ts';
import { openObjects } from '../../support/session-objects.ts';
import { documentContract } from './contract.ts';

documentContract('durable-object', async () => {
  const { bindings, close } = await openObjects();
  return { see: (name) => createDurableObjectDocument(bindings, name), close };
});
