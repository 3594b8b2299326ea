import { createDurableObjectControl } from '../../../worker/durable-object-control.ts';
import { openObjects } from '../../support/session-objects.ts';
import { controlContract } from './contract.ts';

controlContract('durable-object', async () => {
  const { bindings, close } = await openObjects();
  return { control: createDurableObjectControl(bindings), elsewhere: createDurableObjectControl(bindings), close };
});
