/**
 * The factories of the stores that Workers can reach: one entry per row of `shared/config/stores.ts` with that door.
 * An isolate loads the one store that its configuration names.
 */
import type { StoreKind, StoreKindAt } from '../shared/config/stores.ts';
import type { CreatedStore, Store } from '../shared/session/store/store.ts';
import type { Bindings } from './bindings.ts';
import type { Jurisdiction } from './durable-objects/within-jurisdiction.ts';

type StoreFactory = (bindings: Bindings, jurisdiction?: Jurisdiction) => Promise<CreatedStore>;

export const storeFactories: Readonly<Record<StoreKindAt<'worker'>, StoreFactory>> = {
  async kv({ SESSIONS }) {
    if (!SESSIONS) return unbound('kv', 'the KV namespace SESSIONS');
    const { createKvStore } = await import('./kv/kv-store.ts');
    return created(createKvStore(SESSIONS));
  },
  async 'durable-object'({ SESSION_OBJECTS, CONTROL_OBJECTS }, jurisdiction) {
    if (!SESSION_OBJECTS || !CONTROL_OBJECTS) {
      return unbound('durable-object', 'the Durable Objects SESSION_OBJECTS and CONTROL_OBJECTS');
    }
    const { createDurableObjectStore } = await import('./durable-objects/durable-object-store.ts');
    return created(createDurableObjectStore({ SESSION_OBJECTS, CONTROL_OBJECTS }, jurisdiction));
  },
  async dynamodb(bindings) {
    const { createDynamoDbStore } = await import('./dynamodb/dynamodb-store.ts');
    return createDynamoDbStore(bindings);
  },
  async memory() {
    const { createMemoryStore } = await import('../shared/session/store/memory-store.ts');
    return created(createMemoryStore());
  },
};

/** The configuration refuses kinds that this door cannot reach. */
export async function createStore(
  kind: StoreKind,
  bindings: Bindings,
  jurisdiction?: Jurisdiction,
): Promise<CreatedStore> {
  const factories: Readonly<Partial<Record<StoreKind, StoreFactory>>> = storeFactories;
  const factory = factories[kind];
  if (!factory) throw new Error(`there is no store ${kind} on Workers`);
  return factory(bindings, jurisdiction);
}

const created = (store: Store): CreatedStore => ({ kind: 'store', store });

const unbound = (kind: StoreKind, binding: string): CreatedStore => ({
  kind: 'issue',
  issue: {
    path: 'session.store',
    message: `is ${kind}, but wrangler.toml has no binding for it`,
    remedy: `Add ${binding} to wrangler.toml, as in this repository.`,
  },
});
