/** The Cloudflare door. The gateway is built once per isolate and remembered under the isolate's one `env`. */
import type { ExecutionContext } from '@cloudflare/workers-types';
import definition from '../gateway.config.ts';
import { readSettings } from '../shared/config/resolve.ts';
import type { Problem, Settings } from '../shared/config/settings.ts';
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
  const gateway = buildGateway(bindings);
  gateways.set(bindings, gateway);
  return gateway;
}

function buildGateway(bindings: Bindings): Gateway {
  const platform = workerPlatform;
  const read = readSettings(definition, variablesOf(bindings), 'worker');
  if (read.kind === 'problems') return createMisconfiguredGateway(read.problems, platform);
  const store = storeFor(read.settings, bindings);
  if (store.kind === 'problem') return createMisconfiguredGateway([store.problem], platform);
  return createGateway({ settings: read.settings, platform, store: store.store });
}

type StoreChoice =
  | { readonly kind: 'store'; readonly store: Store | null }
  | { readonly kind: 'problem'; readonly problem: Problem };

function storeFor({ session }: Settings, { SESSIONS }: Bindings): StoreChoice {
  if (session.store === null) return { kind: 'store', store: null };
  if (session.store === 'memory') return { kind: 'store', store: createMemoryStore() };
  if (session.store === 'kv' && SESSIONS) return { kind: 'store', store: createKvStore(SESSIONS) };
  return {
    kind: 'problem',
    problem: {
      path: 'session.store',
      message: `is ${session.store}, and wrangler.toml binds nothing for it`,
      remedy: 'Add the KV namespace SESSIONS to wrangler.toml, as this repository has it.',
    },
  };
}

export default {
  fetch: (request: Request, bindings: Bindings, ctx: ExecutionContext): Promise<Response> =>
    gatewayFor(bindings).handle(request, arrivalOf(request, ctx)),
};
