/** One execution environment: a process in which AWS's runtime client runs the bundled function. */
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type InvocationResult, type RuntimeApi, startRuntimeApi } from './runtime-api.ts';

export interface FunctionSpec {
  /** The folder that contains the bundle. */
  readonly taskRoot: string;
  /** `index.streamHandler` or `index.handler`. */
  readonly handler: string;
  readonly region: string;
  /** The function's environment variables. */
  readonly variables: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly memoryMb: number;
  /** Port of Node's debugger on 127.0.0.1. */
  readonly inspectorPort?: number;
  /** Called with each line that the function writes. */
  readonly onLine: (line: string) => void;
}

export interface ExecutionEnvironment {
  readonly ready: Promise<void>;
  invoke(event: unknown): Promise<InvocationResult>;
  /** Ends the process. Resolves when it has ended. */
  stop(): Promise<void>;
  /** `listener` is called once, when the process ends for any reason. */
  onExit(listener: () => void): void;
}

const local = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const runtimeClient = createRequire(import.meta.url).resolve('aws-lambda-ric');

export async function startExecutionEnvironment(spec: FunctionSpec): Promise<ExecutionEnvironment> {
  const name = 'berth-local';
  const api = await startRuntimeApi(`arn:aws:lambda:${spec.region}:123456789012:function:${name}`);
  const child = spawn(
    process.execPath,
    [
      ...(spec.inspectorPort === undefined
        ? []
        : [`--inspect=127.0.0.1:${spec.inspectorPort}`, '--enable-source-maps']),
      ...['--require', local('./rapid-client.cjs'), '--import', local('../die-with-parent.ts'), runtimeClient],
    ],
    {
      cwd: spec.taskRoot,
      // A process group of its own, which `die-with-parent` ends when the channel closes.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: {
        ...spec.variables,
        TZ: ':UTC',
        AWS_REGION: spec.region,
        AWS_DEFAULT_REGION: spec.region,
        AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
        AWS_LAMBDA_RUNTIME_API: api.address,
        AWS_LAMBDA_FUNCTION_NAME: name,
        AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
        AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(spec.memoryMb),
        AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${name}`,
        AWS_LAMBDA_LOG_STREAM_NAME: 'local',
        LAMBDA_TASK_ROOT: spec.taskRoot,
        _HANDLER: spec.handler,
      },
    },
  );
  for (const output of [child.stdout, child.stderr]) {
    if (output) createInterface({ input: output }).on('line', spec.onLine);
  }
  const exited = new Promise<void>((resolve) => {
    child.once('error', () => resolve());
    child.once('close', () => resolve());
  }).then(() => {
    api.abandon('the execution environment has ended');
    api.close();
  });

  return {
    ready: api.ready,
    invoke: (event) => invokeInTime(api, event, spec.timeoutMs, () => child.kill('SIGKILL')),
    async stop() {
      child.kill('SIGKILL');
      await exited;
    },
    onExit: (listener) => void exited.then(listener),
  };
}

/** After the function's timeout, Lambda ends the whole environment. */
async function invokeInTime(
  api: RuntimeApi,
  event: unknown,
  timeoutMs: number,
  kill: () => void,
): Promise<InvocationResult> {
  const timer = setTimeout(kill, timeoutMs);
  const answered = await api.invoke(event, timeoutMs);
  answered.done.then(() => clearTimeout(timer));
  return answered;
}
