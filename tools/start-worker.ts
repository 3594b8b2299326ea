/**
 * `npm start`: Berth on this machine as it runs on Workers, behind the real `wrangler dev`, in front of three demo
 * origins; one readable line per request, and nothing left behind when it ends.
 */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { type Demo, startDemo } from '../demo/start.ts';
import { formatLine } from './access-line.ts';
import { checkConfig, formatProblems } from './check-config.ts';
import { loadDevVars } from './dev-vars.ts';
import { everyMinute } from './every-minute.ts';
import { isTaken } from './free-port.ts';
import { onStopRequest } from './stop-requests.ts';
import { welcome } from './welcome.ts';
import { startWranglerDev } from './wrangler-dev.ts';
import { createWranglerFilter } from './wrangler-lines.ts';
import { wranglerVars } from './wrangler-vars.ts';

const usage = `npm start -- [--port N] [--no-demo] [--https]

  --port N     serve at http://localhost:N (8787)
  --no-demo    start no demo origins: gateway.config.ts names its own, from .dev.vars or the environment
  --https      with a certificate of its own, for browsers that keep no Secure cookies over http (Safari)`;
const defaultPort = '8787';
const highestPort = 65_535;
const tokenBytes = 32;
const wranglerToml = new URL('../wrangler.toml', import.meta.url);
/** Read by the gateway whatever the configuration says. */
const fixedNames = ['SESSION_KEYS', 'GATEWAY_TOKENS', 'DEV_HEADERS'];

type Options = { readonly port: number; readonly demo: boolean; readonly https: boolean };

/** A reason not to start that is the reader's to mend: shown without a stack. */
class CannotStart extends Error {}

async function main(): Promise<void> {
  const args = process.argv.slice(2);
  if (args.includes('--help')) return console.log(usage);
  const options = readOptions(args);
  if (await isTaken(options.port)) {
    throw new CannotStart(`Port ${options.port} is taken. Try another one: npm start -- --port ${options.port + 1}`);
  }
  const url = `${options.https ? 'https' : 'http'}://localhost:${options.port}`;
  const given = await loadDevVars();
  const token = given.ORIGIN_TOKEN ?? randomBytes(tokenBytes).toString('base64url');
  const demo = options.demo ? await startDemo({ token }) : null;
  try {
    const fallback = demo ? demoVariables(demo, token) : wranglerVars(await readFile(wranglerToml, 'utf8'));
    const variables = await checkedVariables({ ...fallback, PUBLIC_ORIGIN: url, ...given });
    await run(options, variables, () => welcome(url, demo, variables));
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
      },
    });
    const port = /^\d+$/.test(values.port) ? Number(values.port) : 0;
    if (port < 1 || port > highestPort) throw new Error(`--port ${values.port}: no such port`);
    return { port, demo: values.demo, https: values.https };
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

/** The variables that the configuration reads and the gateway needs, and no others: the rest is not the Worker's business. */
async function checkedVariables(environment: Readonly<Record<string, string>>): Promise<Record<string, string>> {
  const { problems, variables } = await checkConfig(environment, { strictSecrets: true, door: 'worker' });
  if (problems.length > 0) throw new CannotStart(formatProblems(problems));
  const names = new Set([...fixedNames, ...variables]);
  return Object.fromEntries(Object.entries(environment).filter(([name]) => names.has(name)));
}

async function run(options: Options, variables: Record<string, string>, greet: () => string): Promise<void> {
  const ofWrangler = createWranglerFilter();
  const wrangler = startWranglerDev({
    port: options.port,
    https: options.https,
    variables,
    onLine(line) {
      const shown = formatLine(line) ?? ofWrangler(line);
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
    throw new CannotStart(`wrangler ended by itself${code === null ? '' : ` (code ${code})`}; the reason is above.`);
}

try {
  await main();
} catch (error) {
  if (!(error instanceof CannotStart)) throw error;
  console.error(`\n${error.message}\n`);
  process.exitCode = 1;
}
