/** `npm run bench`: everything that has a bar, one after the other, so that no part disturbs another. */
import { coldStart } from './cold-start.ts';
import { growth } from './growth.ts';
import { operationsTable } from './operations.ts';
import { placement } from './placement.ts';
import { printTable } from './table.ts';
import { throughput } from './throughput.ts';

console.log('About three minutes. What the figures mean is in bench/README.md.\n');
printTable([
  ...(await throughput()),
  ...(await coldStart()),
  ...placement(),
  ...(await growth()),
  ...(await operationsTable()),
]);
