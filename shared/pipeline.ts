/**
 * The pipeline is a Hono app. Each step is middleware: what it does before `next()` is its part on the way to the origin,
 * what it does afterwards its part on the way back, also when a later step failed. So a 401 can clear a dead cookie.
 */
import type { Context, MiddlewareHandler, Next } from 'hono';
import { HonoBase } from 'hono/hono-base';
import { LinearRouter } from 'hono/router/linear-router';
import type { Exchange } from './context.ts';

export type App = HonoBase<Exchange>;
export type Ctx = Context<Exchange>;
export type Step = MiddlewareHandler<Exchange>;
export type { Next };

/**
 * Few routes, and most of them match every request: the linear router looks at each in turn. `pathOf`: the path that
 * routes are matched against, as the client sent it, which Hono would decode.
 */
export const createApp = (pathOf: (path: string) => string = (path) => path): App =>
  new HonoBase<Exchange>({
    router: new LinearRouter(),
    getPath: (_request, options) => pathOf(pathIn(options?.env)),
  });

/** Hono has no type for the environment that it passes on here. */
const pathIn = (env: unknown): string => (env as Exchange['Bindings']).arrival.path;
