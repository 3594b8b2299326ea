/**
 * `npm run start:lambda`: Berth on this machine as it runs on Lambda, bundled and under AWS's own runtime client, in
 * front of three demo origins and a DynamoDB of its own; one readable line per request, and nothing left behind.
 */
import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import { type Demo, startDemo } from '../demo/start.ts';
import { formatLine } from './access-line.ts';
import { checkConfig, formatProblems } from './check-config.ts';
import { loadDevVars } from './dev-vars.ts';
import { everyMinute } from './every-minute.ts';
import { isTaken } from './free-port.ts';
import { shortLine } from './lambda-runtime/lines.ts';
import { startLambda } from './lambda-runtime/start.ts';
import { onStopRequest } from './stop-requests.ts';
import { welcome } from './welcome.ts';

const usage = 'npm run start:lambda -- [--port N] [--no-demo] [--buffered] [--dynamodb amazon]';
const defaultPort = '8787';
const highestPort = 65_535;
const tokenBytes = 32;

interface Options {
  readonly port: number;
  readonly demo: boolean;
  readonly streamed: boolean;
  readonly dynamodb: 'dynalite' | 'amazon';
}

/** A reason not to start that is the reader's to mend: shown without a stack. */
class CannotStart extends Error {}

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  if (await isTaken(options.port)) {
    throw new CannotStart(
      `Port ${options.port} is taken. Try another one: npm run start:lambda -- --port ${options.port + 1}`,
    );
  }
  const stopRequested = new Promise<void>((resolve) => onStopRequest(resolve));
  const url = `http://localhost:${options.port}`;
  const given = await loadDevVars();
  const originToken = given.ORIGIN_TOKEN ?? randomBytes(tokenBytes).toString('base64url');
  const demo = options.demo ? await startDemo({ token: originToken }) : null;
  try {
    const variables = { ORIGIN_TOKEN: originToken, PUBLIC_ORIGIN: url, ...originsOf(demo), ...given };
    const { problems } = await checkConfig(variables, { strictSecrets: true, door: 'lambda' });
    if (problems.length > 0) throw new CannotStart(formatProblems(problems));
    await run(options, variables, () => welcome(url, demo, variables), stopRequested);
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
        buffered: { type: 'boolean', default: false },
        dynamodb: { type: 'string', default: 'dynalite' },
      },
    });
    const port = /^\d+$/.test(values.port) ? Number(values.port) : 0;
    if (port < 1 || port > highestPort) throw new Error(`--port ${values.port}: no such port`);
    const { dynamodb } = values;
    if (dynamodb !== 'dynalite' && dynamodb !== 'amazon') throw new Error(`--dynamodb ${dynamodb}: dynalite or amazon`);
    return { port, demo: values.demo, streamed: !values.buffered, dynamodb };
  } catch (error) {
    throw new CannotStart(`${(error as Error).message}\n${usage}`);
  }
}

const originsOf = (demo: Demo | null): Record<string, string> =>
  demo ? { ORIGIN_EU: demo.origins.eu, ORIGIN_US: demo.origins.us, ORIGIN_AP: demo.origins.ap } : {};

async function run(
  { port, streamed, dynamodb }: Options,
  variables: Readonly<Record<string, string>>,
  greet: () => string,
  stopRequested: Promise<void>,
): Promise<void> {
  const lambda = await startLambda({
    port,
    streamed,
    dynamodb,
    variables,
    onLine(line) {
      const shown = formatLine(line) ?? shortLine(line);
      if (shown !== null) console.log(shown);
    },
    onFailure: (reason) => console.error(`The function gave no reply: ${reason}`),
  }).catch((error: Error) => {
    throw new CannotStart(`The function could not be started: ${error.message}`);
  });
  const schedule = everyMinute(lambda.everyMinute);
  try {
    console.log(greet());
    await stopRequested;
  } finally {
    schedule.stop();
    await lambda.stop();
  }
}

try {
  await main();
} catch (error) {
  if (!(error instanceof CannotStart)) throw error;
  console.error(`\n${error.message}\n`);
  process.exitCode = 1;
}
