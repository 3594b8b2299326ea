/** The Worker: its entry (`index.ts`) adds the configuration. */
import type { ExecutionContext, ScheduledController } from '@cloudflare/workers-types';
import type { GatewayDefinition } from '../shared/config/define.ts';
import { readSettings } from '../shared/config/resolve.ts';
import type { Issue } from '../shared/config/settings.ts';
import { type Authority, createGateway, type Gateway } from '../shared/gateway.ts';
import { type Bindings, variablesOf } from './bindings.ts';
import { createDurableObjectDocument } from './durable-objects/durable-object-document.ts';
import { arrivalOf, workerPlatform } from './platform.ts';
import { createStore } from './stores.ts';

export { ControlObject } from './durable-objects/control-object.ts';
export { SessionObject } from './durable-objects/session-object.ts';

export interface Worker {
  fetch(request: Request, bindings: Bindings, ctx: ExecutionContext): Promise<Response>;
  /** Runs once a minute: see the trigger in wrangler.toml. */
  scheduled(controller: ScheduledController, bindings: Bindings): Promise<void>;
}

/** The gateway is built once per isolate: `env` is one object per isolate, and the gateway's key. */
export function createWorker(definition: GatewayDefinition): Worker {
  const gateways = new WeakMap<Bindings, Gateway>();

  /** Requests that come while it is built build it too, since none may wait for another one's work; the first is kept. */
  async function build(bindings: Bindings): Promise<Gateway> {
    const built = await buildGateway(definition, bindings);
    const gateway = gateways.get(bindings) ?? built;
    gateways.set(bindings, gateway);
    return gateway;
  }

  return {
    async fetch(request, bindings, ctx) {
      const gateway = gateways.get(bindings) ?? (await build(bindings));
      return gateway.handle(request, arrivalOf(request, ctx));
    },
    async scheduled(_, bindings) {
      const gateway = gateways.get(bindings) ?? (await build(bindings));
      await gateway.everyMinute();
    },
  };
}

async function buildGateway(definition: GatewayDefinition, bindings: Bindings): Promise<Gateway> {
  const platform = workerPlatform;
  const read = readSettings(definition, variablesOf(bindings), 'worker');
  if (read.kind === 'problems') return misconfigured(read.problems);
  const { store: kind, jurisdiction } = read.settings.session;
  const created = kind === null ? null : await createStore(kind, bindings, jurisdiction);
  if (created?.kind === 'issue') return misconfigured([created.issue]);
  return createGateway({
    settings: read.settings,
    platform,
    store: created?.store ?? null,
    authority: authorityFor(bindings),
  });
}

async function misconfigured(issues: readonly Issue[]): Promise<Gateway> {
  const { createMisconfiguredGateway } = await import('../shared/endpoints/misconfigured.ts');
  return createMisconfiguredGateway(issues, workerPlatform);
}

/** The run-time state that all isolates share is in the control object, whichever store keeps the sessions. */
const authorityFor = ({ CONTROL_OBJECTS }: Bindings): Authority | null =>
  CONTROL_OBJECTS
    ? { document: (name) => createDurableObjectDocument({ CONTROL_OBJECTS }, name), readsAtOnce: true }
    : null;
