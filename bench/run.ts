/** `npm run bench`: runs all benchmarks one after the other, so that they do not disturb each other. */
import { coldStart } from './cold-start.ts';
import { growth } from './growth.ts';
import { lostCode } from './lost-code.ts';
import { operationsTable } from './operations.ts';
import { placement } from './placement.ts';
import { printTable } from './table.ts';
import { throughput } from './throughput.ts';

console.log('This takes about eight minutes. bench/README.md explains the figures.\n');
printTable([
  ...(await throughput()),
  await lostCode('token'),
  ...(await coldStart()),
  ...placement(),
  ...(await growth()),
  ...(await operationsTable()),
]);
