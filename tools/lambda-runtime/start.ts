/** The whole Lambda door on this machine: bundle, database, execution environments, HTTP in front. */
import { rm } from 'node:fs/promises';
import { privateFolder } from '../private-folder.ts';
import { type BundleOptions, bundleFunction } from './bundle.ts';
import { localCredentials, startDynamoDb } from './dynamodb.ts';
import { type Fleet, startFleet } from './fleet.ts';
import { type Front, type Service, startFront } from './front.ts';
import { functionUrl } from './function-url.ts';

export interface LambdaOptions {
  readonly port: number;
  /** Replies as Function URLs in RESPONSE_STREAM mode give them, or as in BUFFERED mode. */
  readonly streamed: boolean;
  readonly dynamodb: 'dynalite' | 'amazon';
  /** What the function finds in its environment, beyond what Lambda puts there. */
  readonly variables: Readonly<Record<string, string>>;
  readonly bundle?: BundleOptions;
  /**
   * Port of the debugger (DevTools protocol) on 127.0.0.1. The function then runs in a single execution environment, with
   * source maps, and without a timeout that would end it at a breakpoint.
   */
  readonly inspectorPort?: number;
  /** What stands in front of the function; a Function URL unless said otherwise. */
  readonly service?: Service;
  /** What the function may take for one request; as serverless.yml says unless given. */
  readonly timeoutMs?: number;
  /** One line that the function wrote. */
  readonly onLine: (line: string) => void;
  /** An invocation that ended without a reply, in words. */
  readonly onFailure: (reason: string) => void;
}

export interface LocalLambda {
  /** `http://localhost:<port>`, no trailing slash. */
  readonly url: string;
  /** Takes the database away from under the running function, as an outage does. */
  stopDatabase(): Promise<void>;
  /** Runs the function's schedule once, as the minute's event would. Rejects when the function fails. */
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

  let stopDatabase = async (): Promise<void> => {};
  let schedule: Fleet | null = null;
  let everyMinute = async (): Promise<void> => {};
  try {
    const bundled = bundleFunction(taskRoot, { ...options.bundle, debuggable: isDebugged });
    // It is looked at below; until then a failure must not end the process with the database half started.
    bundled.catch(() => undefined);
    const database = await startDynamoDb(options.dynamodb, region);
    started.push({ stop: database.close });
    stopDatabase = database.close;
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
  return { url: `http://localhost:${options.port}`, everyMinute, stopDatabase, stop };
}

/** A developer's own AWS account, npm's settings and Node's flags are no part of a function's environment. */
const withoutForeign = (variables: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(variables).filter(([name]) => !/^(AWS_|npm_|NODE_|VITEST)/.test(name)));
