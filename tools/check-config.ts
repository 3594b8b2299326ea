/**
 * `npm run check:config [-- --door worker|lambda] [--strict]`: is gateway.config.ts good for what it will be deployed
 * to? Building and packaging run it first, so that a bad configuration goes nowhere.
 *
 * The machine that deploys does not hold the secrets. What the configuration reads and this environment does not have
 * gets a placeholder and is listed as not checked; with `--strict` it is a problem, as it would be where it runs.
 *
 * For the Worker, wrangler's own file is looked at too: nothing may be put in front that answers in the gateway's place.
 */
import { readFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { parseArgs, parseEnv } from 'node:util';
import type { GatewayDefinition } from '../shared/config/define.ts';
import type { Environment } from '../shared/config/input.ts';
import { type Reading, readSettings } from '../shared/config/resolve.ts';
import type { Problem } from '../shared/config/settings.ts';
import type { Door } from '../shared/platform.ts';
import { warningsIn } from './config-warnings.ts';
import { devVarsFile } from './dev-vars.ts';
import { freshKeys } from './keys.ts';
import { configPassedToWrangler } from './wrangler-arguments.ts';
import { cacheProblems, wranglerFiles } from './wrangler-cache.ts';

export interface ConfigCheck {
  readonly problems: readonly Problem[];
  /** Every variable that the configuration file reads, set or not; those of the gateway itself are not among them. */
  readonly variables: readonly string[];
  /** What stood in for nothing: only without `strictSecrets`. */
  readonly notChecked: readonly string[];
}

export interface CheckOptions {
  readonly strictSecrets: boolean;
  /** The door it is for. Without it the file has to be good for both. */
  readonly door?: Door;
  /** A file to stand in for gateway.config.ts. */
  readonly config?: string | URL;
}

const configFile = new URL('../gateway.config.ts', import.meta.url);
/** Good wherever a URL or a token may stand, and it cannot be anybody's (RFC 6761, section 6.4). */
const placeholderDomain = 'not-set.invalid';

export async function checkConfig(env: Environment, options: CheckOptions): Promise<ConfigCheck> {
  const { readings, variables, notChecked } = await readForDoors(env, options);
  const problems = readings.flatMap((reading) => (reading.kind === 'ok' ? [] : reading.problems));
  return { problems: distinct(problems.filter((problem) => !isAboutPlaceholder(problem))), variables, notChecked };
}

/** What a configuration without problems says and hardly means; nothing of one that has problems. */
export async function configWarnings(env: Environment, options: CheckOptions): Promise<readonly Problem[]> {
  // They go with loopback addresses alone, and a public origin that is not set here would be held against the file.
  const { DEV_HEADERS: _, ...plain } = env;
  const { readings } = await readForDoors(plain, options);
  return distinct(readings.flatMap((reading) => (reading.kind === 'ok' ? warningsIn(reading.settings) : [])));
}

/** What both doors have is told once. */
const distinct = (problems: readonly Problem[]): Problem[] => [
  ...new Map(problems.map((problem) => [JSON.stringify(problem), problem])).values(),
];

async function readForDoors(
  env: Environment,
  { strictSecrets, door, config = configFile }: CheckOptions,
): Promise<Omit<ConfigCheck, 'problems'> & { readonly readings: readonly Reading[] }> {
  const loaded = await load(config);
  if (loaded.kind === 'problem') {
    return { readings: [{ kind: 'problems', problems: [loaded.problem] }], variables: [], notChecked: [] };
  }
  const read = new Set<string>();
  const missing = new Set<string>();
  let present = env;
  if (!strictSecrets && !env.SESSION_KEYS) {
    missing.add('SESSION_KEYS');
    present = { ...env, SESSION_KEYS: JSON.stringify(await freshKeys()) };
  }
  const watched = watching(loaded.definition, (name, isSet) => {
    read.add(name);
    if (isSet || strictSecrets) return undefined;
    missing.add(name);
    return `https://${name.toLowerCase().replaceAll('_', '-')}.${placeholderDomain}`;
  });

  const doors: readonly Door[] = door ? [door] : ['worker', 'lambda'];
  const readings = doors.map((each) => readSettings(watched, present, each));
  return { readings, variables: [...read], notChecked: [...missing] };
}

/** The same definition, telling of every variable it reads; an answer stands in for one that is not set. */
function watching(
  definition: GatewayDefinition,
  onRead: (name: string, isSet: boolean) => string | undefined,
): GatewayDefinition {
  if (typeof definition !== 'function') return definition;
  return (env) =>
    definition(
      new Proxy(env, {
        get(target, name) {
          const value: unknown = Reflect.get(target, name);
          if (typeof name !== 'string') return value;
          return onRead(name, value !== undefined) ?? value;
        },
      }),
    );
}

/** Found in a placeholder (a number was asked for, a public origin is not localhost), it says nothing of the real value. */
const isAboutPlaceholder = ({ value = '', message, remedy }: Problem): boolean =>
  [value, message, remedy].some((text) => text.includes(placeholderDomain));

type Loaded =
  | { readonly kind: 'definition'; readonly definition: GatewayDefinition }
  | { readonly kind: 'problem'; readonly problem: Problem };

async function load(config: string | URL): Promise<Loaded> {
  const url = config instanceof URL ? config : pathToFileURL(config);
  const path = url.pathname.split('/').at(-1) ?? url.pathname;
  const problem = (message: string, remedy: string): Loaded => ({
    kind: 'problem',
    problem: { path, message, remedy },
  });
  try {
    const { default: definition } = (await import(url.href)) as { default?: GatewayDefinition };
    if (definition !== undefined) return { kind: 'definition', definition };
    return problem('exports nothing by default', 'Begin it with: export default defineGateway({ … }).');
  } catch (error) {
    return problem(
      `could not be loaded: ${(error as Error).message}`,
      'Mend the file; the sentence above is from Node.',
    );
  }
}

/** For people at a terminal: what is wrong, and under it how to mend it. */
export function formatProblems(problems: readonly Problem[]): string {
  const count = problems.length === 1 ? 'a problem' : `${problems.length} problems`;
  return `The configuration has ${count}:\n\n${entriesOf(problems)}\n`;
}

export function formatWarnings(warnings: readonly Problem[]): string {
  const count = warnings.length === 1 ? 'a warning' : `${warnings.length} warnings`;
  return `The configuration has ${count}:\n\n${entriesOf(warnings)}\n`;
}

const entriesOf = (problems: readonly Problem[]): string =>
  problems
    .map(
      ({ path, value, message, remedy }) =>
        `  ${path}${value === undefined ? '' : ` (${value})`} ${message}.\n    ${remedy}`,
    )
    .join('\n\n');

async function localEnvironment(): Promise<Environment> {
  const text = await readFile(devVarsFile, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  return { ...parseEnv(text), ...process.env };
}

async function main(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: { door: { type: 'string' }, strict: { type: 'boolean', default: false } },
  });
  const { door, strict } = values;
  if (door !== undefined && door !== 'worker' && door !== 'lambda') {
    throw new Error('--door is neither worker nor lambda');
  }
  const env = await localEnvironment();
  const options: CheckOptions = { strictSecrets: strict, ...(door && { door }) };
  const { problems: inFile, notChecked } = await checkConfig(env, options);
  // `wrangler dev` has no cache in front of it, and starts sooner without.
  const isDeployed = door !== 'lambda' && process.env.WRANGLER_COMMAND !== 'dev';
  const inFront = isDeployed ? await cacheProblems(wranglerFiles(process.cwd(), configPassedToWrangler())) : [];
  const problems = [...inFile, ...inFront];
  const warnings = await configWarnings(env, options);
  if (warnings.length > 0) console.error(formatWarnings(warnings));
  if (problems.length > 0) {
    console.error(formatProblems(problems));
    process.exitCode = 1;
  } else console.log(`gateway.config.ts is good for ${door ? `the ${door} door` : 'both doors'}.`);
  if (notChecked.length > 0) console.log(`not checked here: ${notChecked.join(', ')}`);
}

if (import.meta.main) {
  try {
    await main(process.argv.slice(2));
  } catch (error) {
    console.error(`${(error as Error).message}\nUsage: npm run check:config [-- --door worker|lambda] [--strict]`);
    process.exitCode = 1;
  }
}
