/**
 * `npm start`: runs the Worker locally in the real `wrangler dev`, in front of three demo origins. Prints one readable
 * line per request, and stops every process it started when it ends.
 */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { type Demo, startDemo } from '../demo/start.ts';
import { formatLine } from './access-line.ts';
import { checkConfig, formatProblems } from './check-config.ts';
import { loadDevVars } from './dev-vars.ts';
import { everyMinute } from './every-minute.ts';
import { CannotStart, readPort, refuseTakenPort } from './start-options.ts';
import { onStopRequest } from './stop-requests.ts';
import { welcome } from './welcome.ts';
import { startWranglerDev } from './wrangler-dev.ts';
import { createWranglerFilter } from './wrangler-lines.ts';
import { wranglerVars } from './wrangler-vars.ts';

const command = 'npm start';
const usage = `${command} -- [--port N] [--no-demo] [--https] [--inspector-port N]

  --port N             serve at http://localhost:N (default: 8787)
  --no-demo            start no demo origins; gateway.config.ts uses those in .dev.vars or the environment
  --https              use a self-signed certificate, for browsers that refuse Secure cookies over http (Safari)
  --inspector-port N   let a debugger attach to 127.0.0.1:N, for example 9229`;
const defaultPort = '8787';
const tokenBytes = 32;
const wranglerToml = new URL('../wrangler.toml', import.meta.url);
/** The gateway reads these, whatever the configuration file reads. */
const fixedNames = ['SESSION_KEYS', 'GATEWAY_TOKENS', 'DEV_HEADERS'];

interface Options {
  readonly port: number;
  readonly demo: boolean;
  readonly https: boolean;
  readonly inspectorPort: number | null;
}

async function main(): Promise<void> {
  const args = process.argv.slice(2);
  if (args.includes('--help')) return console.log(usage);
  const options = readOptions(args);
  await refuseTakenPort('port', options.port, command);
  if (options.inspectorPort !== null) await refuseTakenPort('inspector-port', options.inspectorPort, command);
  const url = `${options.https ? 'https' : 'http'}://localhost:${options.port}`;
  const given = await loadDevVars();
  const token = given.ORIGIN_TOKEN ?? randomBytes(tokenBytes).toString('base64url');
  const demo = options.demo ? await startDemo({ token }) : null;
  try {
    const fallback = demo ? demoVariables(demo, token) : wranglerVars(await readFile(wranglerToml, 'utf8'));
    const variables = await checkedVariables({ ...fallback, PUBLIC_ORIGIN: url, ...given });
    await run(options, variables, () => welcome({ url, demo, variables, inspectorPort: options.inspectorPort }));
  } finally {
    await demo?.close();
  }
}

function readOptions(args: readonly string[]): Options {
  try {
    const { values } = parseArgs({
      args: [...args],
      allowNegative: true,
      options: {
        port: { type: 'string', default: defaultPort },
        demo: { type: 'boolean', default: true },
        https: { type: 'boolean', default: false },
        'inspector-port': { type: 'string' },
      },
    });
    const { port, demo, https, 'inspector-port': inspectorPort } = values;
    return {
      port: readPort('port', port),
      demo,
      https,
      inspectorPort: inspectorPort === undefined ? null : readPort('inspector-port', inspectorPort),
    };
  } catch (error) {
    throw new CannotStart(`${(error as Error).message}\n${usage}`);
  }
}

const demoVariables = ({ origins }: Demo, token: string): Record<string, string> => ({
  ORIGIN_EU: origins.eu,
  ORIGIN_US: origins.us,
  ORIGIN_AP: origins.ap,
  ORIGIN_TOKEN: token,
});

/** Only the variables that the configuration or the gateway reads. The Worker does not get the rest of the environment. */
async function checkedVariables(environment: Readonly<Record<string, string>>): Promise<Record<string, string>> {
  const { problems, variables } = await checkConfig(environment, { strictSecrets: true, door: 'worker' });
  if (problems.length > 0) throw new CannotStart(formatProblems(problems));
  const names = new Set([...fixedNames, ...variables]);
  return Object.fromEntries(Object.entries(environment).filter(([name]) => names.has(name)));
}

async function run(options: Options, variables: Record<string, string>, greet: () => string): Promise<void> {
  const filterWrangler = createWranglerFilter();
  const wrangler = startWranglerDev({
    port: options.port,
    https: options.https,
    variables,
    ...(options.inspectorPort !== null && { inspectorPort: options.inspectorPort }),
    onLine(line) {
      const shown = formatLine(line) ?? filterWrangler(line);
      if (shown !== null) console.log(shown);
    },
  });
  const schedule = everyMinute(wrangler.everyMinute);
  let stopping = false;
  onStopRequest(() => {
    stopping = true;
    schedule.stop();
    void wrangler.stop();
  });

  await wrangler.ready.then(
    () => console.log(greet()),
    () => {},
  );
  const code = await wrangler.ended;
  if (!stopping)
    throw new CannotStart(
      `wrangler ended unexpectedly${code === null ? '' : ` (code ${code})`}; see its output above.`,
    );
}

try {
  await main();
} catch (error) {
  if (!(error instanceof CannotStart)) throw error;
  console.error(`\n${error.message}\n`);
  process.exitCode = 1;
}
