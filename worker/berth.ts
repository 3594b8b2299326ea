/**
 * Berth inside a Hono app of your own, on Workers: `app.route('/', createBerth(definition))`. Routes and middleware that the
 * app has before it come first; every other request is the gateway's.
 */
import type { ExecutionContext, ScheduledController } from '@cloudflare/workers-types';
import { HonoBase } from 'hono/hono-base';
import { LinearRouter } from 'hono/router/linear-router';
import type { GatewayDefinition } from '../shared/config/define.ts';
import type { Bindings } from './bindings.ts';
import { createWorker } from './worker.ts';

export type Berth = HonoBase<{ Bindings: Bindings }> & {
  /** For the app's own `scheduled` handler: once a minute. */
  scheduled(controller: ScheduledController, bindings: Bindings): Promise<void>;
};

export function createBerth(definition: GatewayDefinition): Berth {
  const worker = createWorker(definition);
  const app = new HonoBase<{ Bindings: Bindings }>({ router: new LinearRouter() });
  app.all('*', (c) => worker.fetch(c.req.raw, c.env, c.executionCtx as ExecutionContext));
  return Object.assign(app, { scheduled: worker.scheduled });
}
