/** Runs the whole Lambda platform on this machine: bundle, database, execution environments, and HTTP in front. */
import { rm } from 'node:fs/promises';
import { privateFolder } from '../private-folder.ts';
import { type BundleOptions, bundleFunction, bundleFunctionAround } from './bundle.ts';
import { localCredentials, startDynamoDb } from './dynamodb.ts';
import { type Fleet, startFleet } from './fleet.ts';
import { type Front, type Service, startFront } from './front.ts';
import { functionUrl } from './function-url.ts';

export interface LambdaOptions {
  readonly port: number;
  /** `true`: as a Function URL in RESPONSE_STREAM mode; `false`: BUFFERED mode. */
  readonly streamed: boolean;
  readonly dynamodb: 'dynalite' | 'amazon';
  /** The function's environment variables, in addition to Lambda's own. */
  readonly variables: Readonly<Record<string, string>>;
  readonly bundle?: BundleOptions;
  /**
   * Port of the debugger (DevTools protocol) on 127.0.0.1. The function then runs in a single execution environment, with
   * source maps, and without a timeout that would end it at a breakpoint.
   */
  readonly inspectorPort?: number;
  /** The service in front of the function; a Function URL unless given. */
  readonly service?: Service;
  /** The function's timeout; that of serverless.yml unless given. */
  readonly timeoutMs?: number;
  /** Called with each line that the function writes. */
  readonly onLine: (line: string) => void;
  /** Called with the reason if an invocation ends without a response. */
  readonly onFailure: (reason: string) => void;
}

export interface LocalLambda {
  /** `http://localhost:<port>`, no trailing slash. */
  readonly url: string;
  /** Where the function's table is. */
  readonly database: { readonly endpoint: string; readonly table: string };
  /** Stops the database while the function runs, to simulate an outage. */
  stopDatabase(): Promise<void>;
  /** Runs the scheduled function once. Rejects if it fails. */
  everyMinute(): Promise<void>;
  stop(): Promise<void>;
}

/** As serverless.yml says. */
const usualTimeoutMs = 120_000;
const debuggedTimeoutMs = 24 * 3_600_000;
const memoryMb = 512;
const homeRegion = 'eu-central-1';

export async function startLambda(options: LambdaOptions): Promise<LocalLambda> {
  const region = options.variables.AWS_REGION ?? homeRegion;
  const isDebugged = options.inspectorPort !== undefined;
  const taskRoot = privateFolder();
  const started: { stop(): Promise<unknown> }[] = [{ stop: () => rm(taskRoot, { recursive: true, force: true }) }];
  const stop = async (): Promise<void> => {
    for (const part of started.splice(0).reverse()) await part.stop();
  };

  let table: LocalLambda['database'];
  let stopDatabase = async (): Promise<void> => {};
  let schedule: Fleet | null = null;
  let everyMinute = async (): Promise<void> => {};
  try {
    const bundled = bundleInto(taskRoot, { ...options.bundle, debuggable: isDebugged });
    // Awaited below. Until then, a failure must not end the process while the database is starting.
    bundled.catch(() => undefined);
    const database = await startDynamoDb(options.dynamodb, region);
    started.push({ stop: database.close });
    stopDatabase = database.close;
    table = { endpoint: database.endpoint, table: database.table };
    await bundled;
    const spec = {
      taskRoot,
      region,
      timeoutMs: options.timeoutMs ?? (isDebugged ? debuggedTimeoutMs : usualTimeoutMs),
      memoryMb,
      variables: {
        ...withoutForeign(options.variables),
        SESSION_TABLE: database.table,
        AWS_ENDPOINT_URL_DYNAMODB: database.endpoint,
        AWS_ACCESS_KEY_ID: localCredentials.accessKeyId,
        AWS_SECRET_ACCESS_KEY: localCredentials.secretAccessKey,
      },
      onLine: options.onLine,
    };
    const fleet: Fleet = await startFleet({
      ...spec,
      handler: options.streamed ? 'index.streamHandler' : 'index.handler',
      ...(options.inspectorPort !== undefined && { inspectorPort: options.inspectorPort }),
    });
    started.push({ stop: fleet.stop });
    everyMinute = async () => {
      if (!schedule) {
        schedule = await startFleet({ ...spec, handler: 'index.scheduled' });
        started.push({ stop: schedule.stop });
      }
      const { reply } = await schedule.invoke({ source: 'aws.events' });
      if (reply.kind === 'failed') throw new Error(reply.reason);
    };
    const front: Front = await startFront(
      options.port,
      fleet,
      region,
      options.onFailure,
      options.service ?? functionUrl,
    );
    started.push({ stop: front.close });
  } catch (error) {
    await stop();
    throw error;
  }
  return { url: `http://localhost:${options.port}`, database: table, everyMinute, stopDatabase, stop };
}

/** Tests name a configuration, and start many functions. */
async function bundleInto(taskRoot: string, options: BundleOptions): Promise<void> {
  const { config, entry, debuggable } = options;
  if (config !== undefined && entry === undefined && !debuggable) await bundleFunctionAround(config, taskRoot);
  else await bundleFunction(taskRoot, options);
}

/** The function must not get the developer's AWS credentials, npm's settings or Node's flags. */
const withoutForeign = (variables: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(variables).filter(([name]) => !/^(AWS_|npm_|NODE_|VITEST)/.test(name)));
