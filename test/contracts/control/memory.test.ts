import { createMemoryControl } from '../../../shared/routing/memory-control.ts';
import { controlContract } from './contract.ts';

controlContract('memory', async () => {
  const control = createMemoryControl();
  return { control, elsewhere: control };
});
