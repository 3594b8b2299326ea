/**
 * Manages execution environments as Lambda does: each handles one request at a time, the most recently used one is asked
 * first, and a new one starts only if all are busy.
 */
import { type ExecutionEnvironment, type FunctionSpec, startExecutionEnvironment } from './execution-environment.ts';
import type { InvocationResult } from './runtime-api.ts';

/** Enough for the parallel requests of a browser. */
const maxEnvironments = 8;

export interface Fleet {
  invoke(event: unknown): Promise<InvocationResult>;
  stop(): Promise<void>;
}

interface Waiter {
  readonly take: (environment: ExecutionEnvironment) => void;
  readonly fail: (reason: unknown) => void;
}

/** Starts the first environment at once, so that a function that cannot be loaded is reported before the first request. */
export async function startFleet(spec: FunctionSpec): Promise<Fleet> {
  // A debugger has one port, and every request has to reach the process behind it.
  const limit = spec.inspectorPort === undefined ? maxEnvironments : 1;
  const all = new Set<ExecutionEnvironment>();
  /** The most recently used is last. */
  const idle: ExecutionEnvironment[] = [];
  const waiting: Waiter[] = [];
  /** Including environments that are starting. */
  let count = 0;
  let stopped = false;

  const offer = (environment: ExecutionEnvironment): void => {
    const turn = waiting.shift();
    if (turn) turn.take(environment);
    else idle.push(environment);
  };

  const start = async (): Promise<void> => {
    count += 1;
    const environment = await startExecutionEnvironment(spec);
    all.add(environment);
    environment.onExit(() => {
      count -= 1;
      all.delete(environment);
      const index = idle.indexOf(environment);
      if (index !== -1) idle.splice(index, 1);
      startForWaiting();
    });
    if (stopped) await environment.stop();
    await environment.ready;
    offer(environment);
  };

  const startForWaiting = (): void => {
    if (stopped || waiting.length === 0 || count >= limit) return;
    start().catch((reason) => waiting.shift()?.fail(reason));
  };

  const acquire = async (): Promise<ExecutionEnvironment> => {
    const free = idle.pop();
    if (free) return free;
    return await new Promise((take, fail) => {
      waiting.push({ take, fail });
      startForWaiting();
    });
  };

  const stop = async (): Promise<void> => {
    stopped = true;
    for (const turn of waiting.splice(0)) turn.fail(new Error('stopped'));
    await Promise.all([...all].map((environment) => environment.stop()));
  };

  try {
    await start();
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    async invoke(event) {
      try {
        const environment = await acquire();
        const answered = await environment.invoke(event);
        answered.done.then(() => all.has(environment) && offer(environment));
        return answered;
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        return { reply: { kind: 'failed', reason }, done: Promise.resolve() };
      }
    },
    stop,
  };
}
