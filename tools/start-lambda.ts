/**
 * `npm run start:lambda`: runs the bundled function locally in AWS's own runtime client, with a local DynamoDB, in front of
 * three demo origins. Prints one readable line per request, and stops every process it started when it ends.
 */
import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import { type Demo, startDemo } from '../demo/start.ts';
import { formatLine } from './access-line.ts';
import { checkConfig, formatProblems } from './check-config.ts';
import { loadDevVars } from './dev-vars.ts';
import { everyMinute } from './every-minute.ts';
import { shortLine } from './lambda-runtime/lines.ts';
import { startLambda } from './lambda-runtime/start.ts';
import { CannotStart, readPort, refuseTakenPort } from './start-options.ts';
import { onStopRequest } from './stop-requests.ts';
import { welcome } from './welcome.ts';

const command = 'npm run start:lambda';
const usage = `${command} -- [--port N] [--no-demo] [--buffered] [--dynamodb amazon] [--inspector-port N]

  --port N             serve at http://localhost:N (default: 8787)
  --no-demo            start no demo origins; gateway.config.ts uses those in .dev.vars or the environment
  --buffered           buffer each response, as a Function URL in BUFFERED mode does
  --dynamodb amazon    use Amazon's DynamoDB Local (needs Java) in place of dynalite
  --inspector-port N   let a debugger attach to 127.0.0.1:N, for example 9229`;
const defaultPort = '8787';
const tokenBytes = 32;

interface Options {
  readonly port: number;
  readonly demo: boolean;
  readonly streamed: boolean;
  readonly dynamodb: 'dynalite' | 'amazon';
  readonly inspectorPort: number | null;
}

async function main(): Promise<void> {
  const args = process.argv.slice(2);
  if (args.includes('--help')) return console.log(usage);
  const options = readOptions(args);
  await refuseTakenPort('port', options.port, command);
  if (options.inspectorPort !== null) await refuseTakenPort('inspector-port', options.inspectorPort, command);
  const stopRequested = new Promise<void>((resolve) => onStopRequest(resolve));
  const url = `http://localhost:${options.port}`;
  const given = await loadDevVars();
  const originToken = given.ORIGIN_TOKEN ?? randomBytes(tokenBytes).toString('base64url');
  const demo = options.demo ? await startDemo({ token: originToken }) : null;
  try {
    const variables = { ORIGIN_TOKEN: originToken, PUBLIC_ORIGIN: url, ...originsOf(demo), ...given };
    const { problems } = await checkConfig(variables, { strictSecrets: true, door: 'lambda' });
    if (problems.length > 0) throw new CannotStart(formatProblems(problems));
    const greet = () => welcome({ url, demo, variables, inspectorPort: options.inspectorPort });
    await run(options, variables, greet, stopRequested);
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
        'inspector-port': { type: 'string' },
      },
    });
    const { port, demo, buffered, dynamodb, 'inspector-port': inspectorPort } = values;
    if (dynamodb !== 'dynalite' && dynamodb !== 'amazon') {
      throw new Error(`--dynamodb ${dynamodb}: must be dynalite or amazon`);
    }
    return {
      port: readPort('port', port),
      demo,
      streamed: !buffered,
      dynamodb,
      inspectorPort: inspectorPort === undefined ? null : readPort('inspector-port', inspectorPort),
    };
  } catch (error) {
    throw new CannotStart(`${(error as Error).message}\n${usage}`);
  }
}

const originsOf = (demo: Demo | null): Record<string, string> =>
  demo ? { ORIGIN_EU: demo.origins.eu, ORIGIN_US: demo.origins.us, ORIGIN_AP: demo.origins.ap } : {};

async function run(
  { port, streamed, dynamodb, inspectorPort }: Options,
  variables: Readonly<Record<string, string>>,
  greet: () => string,
  stopRequested: Promise<void>,
): Promise<void> {
  const lambda = await startLambda({
    port,
    streamed,
    dynamodb,
    variables,
    ...(inspectorPort !== null && { inspectorPort }),
    onLine(line) {
      const shown = formatLine(line) ?? shortLine(line);
      if (shown !== null) console.log(shown);
    },
    onFailure: (reason) => console.error(`The function did not respond: ${reason}`),
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
