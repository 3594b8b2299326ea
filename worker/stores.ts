/** The factories of the stores that Workers can reach: one line per row of `shared/config/stores.ts` with that door. */
import type { StoreKind, StoreKindAt } from '../shared/config/stores.ts';
import { createMemoryStore } from '../shared/session/store/memory-store.ts';
import type { CreatedStore, Store } from '../shared/session/store/store.ts';
import type { Bindings } from './bindings.ts';
import { createDurableObjectStore } from './durable-objects/durable-object-store.ts';
import { createKvStore } from './kv/kv-store.ts';

type StoreFactory = (bindings: Bindings) => CreatedStore;

export const storeFactories: Readonly<Record<StoreKindAt<'worker'>, StoreFactory>> = {
  kv: ({ SESSIONS }) => (SESSIONS ? created(createKvStore(SESSIONS)) : unbound('kv', 'the KV namespace SESSIONS')),
  'durable-object': ({ SESSION_OBJECTS, CONTROL_OBJECTS }) =>
    SESSION_OBJECTS && CONTROL_OBJECTS
      ? created(createDurableObjectStore({ SESSION_OBJECTS, CONTROL_OBJECTS }))
      : unbound('durable-object', 'the Durable Objects SESSION_OBJECTS and CONTROL_OBJECTS'),
  memory: () => created(createMemoryStore()),
};

/** The configuration refuses kinds that this door cannot reach. */
export function createStore(kind: StoreKind, bindings: Bindings): CreatedStore {
  const factories: Readonly<Partial<Record<StoreKind, StoreFactory>>> = storeFactories;
  const factory = factories[kind];
  if (!factory) throw new Error(`there is no store ${kind} on Workers`);
  return factory(bindings);
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
