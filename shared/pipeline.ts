/**
 * How steps are run: there in their order, until one has a reply; then back through those that were reached, in reverse.
 * A step that fails, on either way, gives its reply by `onFailure`, and the others still have their way back: so that a
 * 401 can clear a dead cookie. (Hono's own chain does the same with a promise or two a step; this one waits only where
 * there is something to wait for.)
 */
import type { Context } from 'hono';
import type { Router } from 'hono/router';
import type { Exchange } from './context.ts';
import type { MaybePromise } from './time/maybe-promise.ts';

export type Asked = Context<Exchange>;

/** How Hono finds the only handler there is: without a look at the path, which `policy` knows more of. */
export function oneRoute<T>(): { readonly router: Router<T>; readonly getPath: () => string } {
  const handlers: [T, Record<string, string>][] = [];
  return {
    router: {
      name: 'OneRoute',
      add: (_method, _path, handler) => void handlers.push([handler, {}]),
      match: () => [handlers],
    },
    getPath: () => '/',
  };
}

export interface Step {
  /** A reply ends the way there. */
  there?(c: Asked): MaybePromise<Response | undefined>;
  /** Its header is ours to change. */
  back?(c: Asked, reply: Response): MaybePromise<void>;
}

export function pipelineOf(
  steps: readonly Step[],
  onFailure: (thrown: unknown, c: Asked) => Response,
): (c: Asked) => Promise<Response> {
  return async (c) => {
    let reply: Response | undefined;
    let reached = 0;
    try {
      while (reply === undefined && reached < steps.length) {
        const answered = (steps[reached++] as Step).there?.(c);
        reply = answered instanceof Promise ? await answered : answered;
      }
      if (reply === undefined) throw new Error('no step replied');
    } catch (thrown) {
      reply = onFailure(thrown, c);
    }
    for (let i = reached - 1; i >= 0; i--) {
      try {
        const done = (steps[i] as Step).back?.(c, reply);
        if (done instanceof Promise) await done;
      } catch (thrown) {
        reply = onFailure(thrown, c);
      }
    }
    return reply;
  };
}
