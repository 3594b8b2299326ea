/**
 * `npm run chaos [-- --seconds N] [--door worker|lambda] [--seed N]`: what happens to clients while origins keep dying. The
 * exit code is 1 if there were faults.
 */
import { parseArgs } from 'node:util';
import { doorNames } from '../../test/support/doors.ts';
import { runChaos } from './chaos.ts';
import { isFaultless } from './figures.ts';
import { report } from './report.ts';

const usage = 'npm run chaos -- [--seconds N] [--door worker|lambda] [--seed N]';
const maxSeconds = 3_600;
const everyMs = 3_000;
const clients = 50;

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    door: { type: 'string' },
    seed: { type: 'string', default: '1' },
  },
});
const seconds = Number(values.seconds);
const seed = Number(values.seed);
const doors = doorNames.filter((door) => values.door === undefined || values.door === door);
if (!(seconds >= 1 && seconds <= maxSeconds) || !Number.isSafeInteger(seed) || doors.length === 0) {
  console.error(usage);
  process.exit(2);
}

for (const door of doors) {
  const figures = await runChaos({ door, seconds, seed, everyMs, clients });
  console.log(`${report(figures)}\n`);
  if (!isFaultless(figures.faults)) process.exitCode = 1;
}
