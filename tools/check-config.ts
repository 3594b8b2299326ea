/**
 * `npm run check:config [-- --door worker|lambda] [--strict]`: checks gateway.config.ts for the platform. Building and
 * packaging run it first, so that an invalid configuration cannot be deployed.
 *
 * The machine that deploys does not have the secrets. Variables that the configuration reads but that are not set get a
 * placeholder and are listed as not checked. With `--strict`, a missing variable is a problem, as it is at run time.
 *
 * For the Worker, this also checks wrangler's configuration file: no cache may answer in place of the gateway.
 */
import { readFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { parseArgs, parseEnv } from 'node:util';
import type { GatewayDefinition } from '../shared/config/define.ts';
import type { Environment } from '../shared/config/input.ts';
import { type Reading, readSettings } from '../shared/config/resolve.ts';
import type { Issue } from '../shared/config/settings.ts';
import type { Door } from '../shared/platform.ts';
import { warningsIn } from './config-warnings.ts';
import { devVarsFile } from './dev-vars.ts';
import { freshKeys } from './keys.ts';
import { configPassedToWrangler } from './wrangler-arguments.ts';
import { cacheProblems, wranglerFiles } from './wrangler-cache.ts';

export interface ConfigCheck {
  readonly problems: readonly Issue[];
  /** All variables that the configuration file reads, set or not, without those that the gateway itself reads. */
  readonly variables: readonly string[];
  /** Variables that are not set and got a placeholder; only without `strictSecrets`. */
  readonly notChecked: readonly string[];
}

export interface CheckOptions {
  readonly strictSecrets: boolean;
  /** The platform to check for; both unless given. */
  readonly door?: Door;
  /** The file to check in place of gateway.config.ts. */
  readonly config?: string | URL;
}

const configFile = new URL('../gateway.config.ts', import.meta.url);
/** Valid as a URL and as a token, and reserved, so that it belongs to no one (RFC 6761, section 6.4). */
const placeholderDomain = 'not-set.invalid';

export async function checkConfig(env: Environment, options: CheckOptions): Promise<ConfigCheck> {
  const { readings, variables, notChecked } = await readForDoors(env, options);
  const problems = readings.flatMap((reading) => (reading.kind === 'ok' ? [] : reading.problems));
  return { problems: distinct(problems.filter((problem) => !isAboutPlaceholder(problem))), variables, notChecked };
}

/** Settings of a valid configuration that are probably mistakes; none for an invalid configuration. */
export async function configWarnings(env: Environment, options: CheckOptions): Promise<readonly Issue[]> {
  // Development headers require loopback addresses, and the placeholder of an unset public origin is not one.
  const { DEV_HEADERS: _, ...plain } = env;
  const { readings } = await readForDoors(plain, options);
  return distinct(readings.flatMap((reading) => (reading.kind === 'ok' ? warningsIn(reading.settings) : [])));
}

/** Removes duplicates: most problems concern both platforms. */
const distinct = (problems: readonly Issue[]): Issue[] => [
  ...new Map(problems.map((problem) => [JSON.stringify(problem), problem])).values(),
];

/** Reads the file as each door would. */
export async function readForDoors(
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

/** The same definition. Calls `onRead` for each variable that it reads, and uses the result if the variable is not set. */
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

/** A problem with the value of a placeholder says nothing about the real value. */
const isAboutPlaceholder = ({ value = '', message, remedy }: Issue): boolean =>
  [value, message, remedy].some((text) => text.includes(placeholderDomain));

type Loaded =
  | { readonly kind: 'definition'; readonly definition: GatewayDefinition }
  | { readonly kind: 'problem'; readonly problem: Issue };

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
    return problem('has no default export', 'Begin it with: export default defineGateway({ … }).');
  } catch (error) {
    return problem(
      `could not be loaded: ${(error as Error).message}`,
      'Fix the file. The message above comes from Node.',
    );
  }
}

/** Text for a terminal: each problem, and below it how to fix it. */
export function formatProblems(problems: readonly Issue[]): string {
  const count = problems.length === 1 ? 'a problem' : `${problems.length} problems`;
  return `The configuration has ${count}:\n\n${entriesOf(problems)}\n`;
}

export function formatWarnings(warnings: readonly Issue[]): string {
  const count = warnings.length === 1 ? 'a warning' : `${warnings.length} warnings`;
  return `The configuration has ${count}:\n\n${entriesOf(warnings)}\n`;
}

const entriesOf = (problems: readonly Issue[]): string =>
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
    throw new Error('--door must be worker or lambda');
  }
  const env = await localEnvironment();
  const options: CheckOptions = { strictSecrets: strict, ...(door && { door }) };
  const { problems: inFile, notChecked } = await checkConfig(env, options);
  // `wrangler dev` has no cache in front, and starts faster without this check.
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
