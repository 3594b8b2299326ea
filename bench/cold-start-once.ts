/**
 * One cold start: a fresh process that imports a bundled function, hands it its first request and tells how long both
 * took. Told what to do by one message; ends after its answer.
 */
import { registerHooks } from 'node:module';
import { pathToFileURL } from 'node:url';

export interface ColdStart {
  /** Absolute path of the bundle's entry. */
  readonly bundle: string;
  /** An event in payload format 2.0. */
  readonly event: object;
  /** Whether to list what was loaded; that costs time, so such a run is not one to count. */
  readonly listed: boolean;
}
export interface ColdStartResult {
  readonly ms: number;
  /** The same in time on a core, all threads together: what a busy machine disturbs less. */
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

/** As Lambda's runtime provides it; only the buffered handler is asked here. */
Object.assign(globalThis, { awslambda: { streamifyResponse: (handler: unknown) => handler, HttpResponseStream: {} } });
/** The access log goes where it went before, without an inherited pipe that could fill up. */
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
