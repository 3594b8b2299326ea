/** The Cloudflare door. The gateway is built once per isolate and remembered under the isolate's one `env`. */
import type { ExecutionContext } from '@cloudflare/workers-types';
import definition from '../gateway.config.ts';
import { readSettings } from '../shared/config/resolve.ts';
import type { Settings } from '../shared/config/settings.ts';
import { createGateway, createMisconfiguredGateway, type Gateway } from '../shared/gateway.ts';
import { createMemoryStore } from '../shared/session/memory-store.ts';
import type { Store } from '../shared/session/store.ts';
import { type Bindings, variablesOf } from './bindings.ts';
import { createKvStore } from './kv-store.ts';
import { arrivalOf, workerPlatform } from './platform.ts';

const gateways = new WeakMap<Bindings, Gateway>();

function gatewayFor(bindings: Bindings): Gateway {
  const known = gateways.get(bindings);
  if (known) return known;
  const read = readSettings(definition, variablesOf(bindings), 'worker');
  const gateway =
    read.kind === 'ok'
      ? createGateway({ settings: read.settings, platform: workerPlatform, store: openStore(read.settings, bindings) })
      : createMisconfiguredGateway(read.problems, workerPlatform);
  gateways.set(bindings, gateway);
  return gateway;
}

function openStore({ session }: Settings, { SESSIONS }: Bindings): Store | null {
  if (session.store === null) return null;
  if (session.store === 'memory') return createMemoryStore();
  if (session.store === 'kv' && SESSIONS) return createKvStore(SESSIONS);
  throw new Error(`wrangler.toml has no binding for the store ${session.store}`);
}

export default {
  fetch: (request: Request, bindings: Bindings, ctx: ExecutionContext): Promise<Response> =>
    gatewayFor(bindings).handle(request, arrivalOf(request, ctx)),
};
