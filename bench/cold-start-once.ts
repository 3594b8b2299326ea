/**
 * One cold start: this new process imports a bundled function, sends it a first request and reports how long both took. One
 * message tells it what to do. It ends after its answer.
 */
import { registerHooks } from 'node:module';
import { pathToFileURL } from 'node:url';

export interface ColdStart {
  /** Absolute path of the bundle's entry. */
  readonly bundle: string;
  /** An event in payload format 2.0. */
  readonly event: object;
  /** Whether to list the loaded modules. This takes time, so such a run is not measured. */
  readonly listed: boolean;
}
export interface ColdStartResult {
  readonly ms: number;
  /** CPU time of all threads, which is less affected by a busy machine. */
  readonly cpuMs: number;
  readonly status: number;
  readonly cookies: readonly string[];
  /** URLs of the modules that were loaded. */
  readonly loaded: readonly string[];
}

interface Result {
  readonly statusCode: number;
  readonly cookies?: readonly string[];
}
type Handler = (event: object, context: object) => Promise<Result>;

/** As in Lambda's runtime. Only the buffered handler is used here. */
Object.assign(globalThis, { awslambda: { streamifyResponse: (handler: unknown) => handler, HttpResponseStream: {} } });
const context = { getRemainingTimeInMillis: () => 30_000 };

process.once('message', async ({ bundle, event, listed }: ColdStart) => {
  const loaded: string[] = [];
  if (listed) {
    registerHooks({
      load(url, hookContext, next) {
        loaded.push(url);
        return next(url, hookContext);
      },
    });
  }
  const { href } = pathToFileURL(bundle);
  const cpuBefore = process.cpuUsage();
  const start = performance.now();
  const { handler } = (await import(href)) as { readonly handler: Handler };
  const result = await handler(event, context);
  const ms = performance.now() - start;
  const { user, system } = process.cpuUsage(cpuBefore);
  const cpuMs = (user + system) / 1000;
  const answer: ColdStartResult = { ms, cpuMs, status: result.statusCode, cookies: result.cookies ?? [], loaded };
  process.send?.(answer, () => process.exit());
});
