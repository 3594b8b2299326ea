/**
 * The AWS door for journeys: the bundled function under AWS's own runtime client, behind a local stand-in for a Function
 * URL, with an empty DynamoDB and a configuration of the journey's own.
 */
import { freePort } from '../../tools/free-port.ts';
import type { Service } from '../../tools/lambda-runtime/front.ts';
import { startLambda } from '../../tools/lambda-runtime/start.ts';

export interface LambdaDoor {
  /** `http://localhost:<port>`, no trailing slash. */
  readonly url: string;
  /** Everything the function has written so far, for assertions about log lines. */
  readonly lines: readonly string[];
  /** Where the function's table is, for another door that shares it. */
  readonly database: { readonly endpoint: string; readonly table: string };
  /** From then on the function's database refuses connections. */
  stopDatabase(): Promise<void>;
  /** Runs what is scheduled for every minute. */
  everyMinute(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * `config` is the absolute path or the text of what stands in for gateway.config.ts (imports in the text are taken from
 * the project's root); `env` is all that it and the gateway find in their environment, but for `PUBLIC_ORIGIN`, which is
 * the door's own address unless given. `entry` replaces the whole function, and `service` what stands in front of it.
 */
export async function startLambdaDoor(options: {
  config?: string;
  entry?: string;
  env?: Readonly<Record<string, string>>;
  streamed?: boolean;
  service?: Service;
  timeoutMs?: number;
}): Promise<LambdaDoor> {
  const port = await freePort();
  const lines: string[] = [];
  const door = await startLambda({
    port,
    streamed: options.streamed ?? true,
    dynamodb: 'dynalite',
    variables: { PUBLIC_ORIGIN: `http://localhost:${port}`, ...options.env },
    bundle: { ...(options.config && { config: options.config }), ...(options.entry && { entry: options.entry }) },
    ...(options.service && { service: options.service }),
    ...(options.timeoutMs && { timeoutMs: options.timeoutMs }),
    onLine: (line) => lines.push(line),
    onFailure: (reason) => lines.push(reason),
  });
  return { ...door, lines };
}
