/**
 * `npm run plan -- old.config.ts new.config.ts`: which clients would move from which origin to which if the new
 * configuration file took the place of the old one, and why. Reads two files and prints a text; it contacts nothing.
 */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parseArgs, parseEnv } from 'node:util';
import type { Environment } from '../../shared/config/input.ts';
import type { Settings } from '../../shared/config/settings.ts';
import { momentMs } from '../../shared/config/urls.ts';
import type { Door } from '../../shared/platform.ts';
import { emptyDocument } from '../../shared/routing/control/control.ts';
import { formatProblems, readForDoors } from '../check-config.ts';
import { devVarsFile } from '../dev-vars.ts';
import type { PlaceShare } from './places.ts';
import { type Plan, planOf } from './plan.ts';
import type { State } from './side.ts';
import { planText, reasonsText } from './text.ts';

const usage = `Usage: npm run plan -- OLD NEW [options]

Prints which share of which clients would move from which origin to which, and why, if
the configuration file NEW took the place of OLD. Both files are only read.

  npm run plan -- old.config.ts gateway.config.ts
  npm run plan -- old.config.ts gateway.config.ts --clients 48.1,11.6=70 --clients 42.4,-71.1=30

Options:
  --clients LATITUDE,LONGITUDE=SHARE   where your clients are; repeat it for each place
                                       (default: as many clients near each region)
  --at TIME          which drains are over, such as 2030-06-01T05:00:00Z (default: now)
  --max-moved N      exit with 1 if more than N percent of the clients of a route move
  --door DOOR        worker or lambda, for a file that is for one of them only
  --env-file FILE    variables that the files read (default: .dev.vars, if it is there)
  --help             print this text

A variable that is not set gets a placeholder: origins' addresses play no part in a plan.
Exit status: 0 the plan was printed, 1 a file has problems or more clients move than
--max-moved allows, 2 the command was not understood.
`;

/** Exit status 2: the message says what is wrong with the command. */
class WrongUsage extends Error {}
/** Exit status 1: the message lists the problems of a file. */
class BadConfiguration extends Error {}

interface Options {
  readonly files: readonly [old: string, next: string];
  readonly places: readonly PlaceShare[] | undefined;
  readonly now: number;
  /** A part of 1; `null`: any share may move. */
  readonly maxMoved: number | null;
  readonly door: Door | undefined;
  readonly envFile: string | undefined;
}

function readOptions(args: readonly string[]): Options | 'help' {
  const { values, positionals } = parse(args);
  if (values.help) return 'help';
  const [old, next, ...more] = positionals;
  if (old === undefined || next === undefined || more.length > 0) {
    throw new WrongUsage('Name two configuration files: the old one and the new one.');
  }
  const { door, at, clients, 'max-moved': percent, 'env-file': envFile } = values;
  if (door !== undefined && door !== 'worker' && door !== 'lambda') {
    throw new WrongUsage(`--door ${door}: write worker or lambda.`);
  }
  const now = at === undefined ? Date.now() : momentMs(at);
  if (now === null) throw new WrongUsage(`--at ${at}: write a time with its zone, such as 2030-06-01T05:00:00Z.`);
  if (percent !== undefined && !/^\d{1,3}(\.\d+)?$/.test(percent)) {
    throw new WrongUsage(`--max-moved ${percent}: write a number of percent, such as 10.`);
  }
  const maxMoved = percent === undefined ? null : Number(percent) / 100;
  return { files: [old, next], places: clients && readPlaces(clients), now, maxMoved, door, envFile };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        clients: { type: 'string', multiple: true },
        at: { type: 'string' },
        'max-moved': { type: 'string' },
        door: { type: 'string' },
        'env-file': { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    throw new WrongUsage((error as Error).message);
  }
}

const placeForm = /^(-?\d{1,2}(?:\.\d+)?),(-?\d{1,3}(?:\.\d+)?)=(\d+(?:\.\d+)?)$/;

function readPlaces(texts: readonly string[]): readonly PlaceShare[] {
  const places = texts.map((text) => {
    const [, latitude, longitude, share] = (placeForm.exec(text) ?? []).map(Number) as [number, number, number, number];
    const isOnEarth = Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180;
    if (!isOnEarth) throw new WrongUsage(`--clients ${text}: write LATITUDE,LONGITUDE=SHARE, such as 48.1,11.6=70.`);
    return { place: { latitude, longitude }, share };
  });
  if (places.every(({ share }) => share === 0)) throw new WrongUsage('--clients: one of the shares must be above 0.');
  return places;
}

async function environmentFrom(file: string | undefined): Promise<Environment> {
  try {
    return { ...parseEnv(await readFile(file ?? devVarsFile, 'utf8')), ...process.env };
  } catch (error) {
    if (file === undefined && (error as NodeJS.ErrnoException).code === 'ENOENT') return process.env;
    throw new WrongUsage(`--env-file: ${(error as Error).message}`);
  }
}

/** As the given door reads it, else the first door that can. */
async function settingsIn(file: string, env: Environment, door: Door | undefined): Promise<Settings> {
  const options = { strictSecrets: false, config: resolve(file), ...(door && { door }) };
  const { readings, notChecked } = await readForDoors(env, options);
  for (const reading of readings) if (reading.kind === 'ok') return reading.settings;
  const problems = readings.flatMap((reading) => (reading.kind === 'ok' ? [] : reading.problems));
  const [first] = readings;
  const shown = first?.kind === 'problems' ? first.problems : problems;
  const unset = notChecked.length > 0 ? `Not set: ${notChecked.join(', ')}\n` : '';
  throw new BadConfiguration(`${file}\n${formatProblems(shown)}${unset}`);
}

const stateOf = (settings: Settings): State => ({ ...settings, document: emptyDocument });

/** The largest share of a route's clients that moves. */
const mostMoved = ({ changes }: Plan): number =>
  Math.max(0, ...changes.flatMap(({ keyed, pinned }) => [keyed.moved, pinned?.moved ?? 0]));

async function main(args: readonly string[]): Promise<number> {
  const options = readOptions(args);
  if (options === 'help') {
    process.stdout.write(usage);
    return 0;
  }
  const { files, places, now, maxMoved, door, envFile } = options;
  // Development headers are an error beside a placeholder for the public origin, and play no part in a plan.
  const { DEV_HEADERS: _, ...env } = await environmentFrom(envFile);
  const [before, after] = await Promise.all(files.map((file) => settingsIn(file, env, door)));
  const plan = planOf(stateOf(before as Settings), stateOf(after as Settings), { now, places });
  process.stdout.write(planText(plan) + reasonsText(plan));
  if (maxMoved === null || mostMoved(plan) <= maxMoved) return 0;
  console.error('More clients would move than --max-moved allows.');
  return 1;
}

if (import.meta.main) {
  try {
    process.exitCode = await main(process.argv.slice(2));
  } catch (error) {
    if (error instanceof BadConfiguration) {
      console.error(error.message);
      process.exitCode = 1;
    } else {
      console.error(error instanceof WrongUsage ? `${error.message}\n\n${usage}` : error);
      process.exitCode = 2;
    }
  }
}
