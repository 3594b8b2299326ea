/** The Worker's entry. The gateway is built once per isolate: `env` is one object per isolate, and the gateway's key. */
import type { ExecutionContext, ScheduledController } from '@cloudflare/workers-types';
import definition from '../gateway.config.ts';
import { readSettings } from '../shared/config/resolve.ts';
import { type Authority, createGateway, createMisconfiguredGateway, type Gateway } from '../shared/gateway.ts';
import { type Bindings, variablesOf } from './bindings.ts';
import { createDurableObjectDocument } from './durable-objects/durable-object-document.ts';
import { parts } from './parts.ts';
import { arrivalOf, workerPlatform } from './platform.ts';
import { createStore } from './stores.ts';

/** The runtime finds the classes of the Durable Objects among the entry's exports, by the names in wrangler.toml. */
export { ControlObject } from './durable-objects/control-object.ts';
export { SessionObject } from './durable-objects/session-object.ts';

const gateways = new WeakMap<Bindings, Gateway>();

function gatewayFor(bindings: Bindings): Gateway {
  const known = gateways.get(bindings);
  if (known) return known;
  const gateway = buildGateway(bindings);
  gateways.set(bindings, gateway);
  return gateway;
}

function buildGateway(bindings: Bindings): Gateway {
  const platform = workerPlatform;
  const read = readSettings(definition, variablesOf(bindings), 'worker');
  if (read.kind === 'problems') return createMisconfiguredGateway(read.problems, platform);
  const kind = read.settings.session.store;
  const created = kind === null ? null : createStore(kind, bindings);
  if (created?.kind === 'issue') return createMisconfiguredGateway([created.issue], platform);
  return createGateway({
    settings: read.settings,
    platform,
    store: created?.store ?? null,
    authority: authorityFor(bindings),
    parts,
  });
}

/** The run-time state that all isolates share is in the control object, whichever store keeps the sessions. */
const authorityFor = ({ CONTROL_OBJECTS }: Bindings): Authority | null =>
  CONTROL_OBJECTS
    ? { document: (name) => createDurableObjectDocument({ CONTROL_OBJECTS }, name), readsAtOnce: true }
    : null;

export default {
  fetch: (request: Request, bindings: Bindings, ctx: ExecutionContext): Promise<Response> =>
    gatewayFor(bindings).handle(request, arrivalOf(request, ctx)),
  /** Runs once a minute: see the trigger in wrangler.toml. */
  scheduled: (_: ScheduledController, bindings: Bindings): Promise<void> => gatewayFor(bindings).everyMinute(),
};
