/** The Worker's entry. The gateway is built once per isolate: `env` is one object per isolate, and the gateway's key. */
import type { ExecutionContext, ScheduledController } from '@cloudflare/workers-types';
import definition from '../gateway.config.ts';
import { readSettings } from '../shared/config/resolve.ts';
import type { Issue, Settings } from '../shared/config/settings.ts';
import type { StoreKind } from '../shared/config/stores.ts';
import { type Authority, createGateway, createMisconfiguredGateway, type Gateway } from '../shared/gateway.ts';
import { createMemoryStore } from '../shared/session/store/memory-store.ts';
import type { Store } from '../shared/session/store/store.ts';
import { type Bindings, variablesOf } from './bindings.ts';
import { createDurableObjectDocument } from './durable-objects/durable-object-document.ts';
import { createDurableObjectStore } from './durable-objects/durable-object-store.ts';
import { createKvStore } from './kv/kv-store.ts';
import { parts } from './parts.ts';
import { arrivalOf, workerPlatform } from './platform.ts';

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
  const store = storeFor(read.settings, bindings);
  if (store.kind === 'problem') return createMisconfiguredGateway([store.problem], platform);
  return createGateway({
    settings: read.settings,
    platform,
    store: store.store,
    authority: authorityFor(bindings),
    parts,
  });
}

/** The run-time state that all isolates share is in the control object, whichever store keeps the sessions. */
const authorityFor = ({ CONTROL_OBJECTS }: Bindings): Authority | null =>
  CONTROL_OBJECTS
    ? { document: (name) => createDurableObjectDocument({ CONTROL_OBJECTS }, name), readsAtOnce: true }
    : null;

type StoreChoice =
  | { readonly kind: 'store'; readonly store: Store | null }
  | { readonly kind: 'problem'; readonly problem: Issue };

function storeFor({ session }: Settings, { SESSIONS, SESSION_OBJECTS, CONTROL_OBJECTS }: Bindings): StoreChoice {
  switch (session.store) {
    case null:
      return { kind: 'store', store: null };
    case 'memory':
      return { kind: 'store', store: createMemoryStore() };
    case 'kv':
      if (!SESSIONS) return unbound('kv', 'the KV namespace SESSIONS');
      return { kind: 'store', store: createKvStore(SESSIONS) };
    case 'durable-object':
      if (!SESSION_OBJECTS || !CONTROL_OBJECTS) {
        return unbound('durable-object', 'the Durable Objects SESSION_OBJECTS and CONTROL_OBJECTS');
      }
      return { kind: 'store', store: createDurableObjectStore({ SESSION_OBJECTS, CONTROL_OBJECTS }) };
    default:
      return problem(`is ${session.store}, which Workers do not have`, 'Choose kv or durable-object for worker.');
  }
}

const unbound = (kind: StoreKind, what: string): StoreChoice =>
  problem(
    `is ${kind}, but wrangler.toml has no binding for it`,
    `Add ${what} to wrangler.toml, as in this repository.`,
  );

const problem = (message: string, remedy: string): StoreChoice => ({
  kind: 'problem',
  problem: { path: 'session.store', message, remedy },
});

export default {
  fetch: (request: Request, bindings: Bindings, ctx: ExecutionContext): Promise<Response> =>
    gatewayFor(bindings).handle(request, arrivalOf(request, ctx)),
  /** Runs once a minute: see the trigger in wrangler.toml. */
  scheduled: (_: ScheduledController, bindings: Bindings): Promise<void> => gatewayFor(bindings).everyMinute(),
};
