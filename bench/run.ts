/** `npm run bench`: everything that has a bar, one after the other, so that no part disturbs another. */
import { coldStart } from './cold-start.ts';
import { growth } from './growth.ts';
import { lostCode } from './lost-code.ts';
import { operationsTable } from './operations.ts';
import { placement } from './placement.ts';
import { printTable } from './table.ts';
import { throughput } from './throughput.ts';

console.log('About five minutes. What the figures mean is in bench/README.md.\n');
printTable([
  ...(await throughput()),
  await lostCode('token'),
  ...(await coldStart()),
  ...placement(),
  ...(await growth()),
  ...(await operationsTable()),
]);
