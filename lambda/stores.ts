/** The factories of the stores that Lambda can reach: one entry per row of `shared/config/stores.ts` with that door. */
import type { StoreKind, StoreKindAt } from '../shared/config/stores.ts';
import { createMemoryStore } from '../shared/session/store/memory-store.ts';
import type { CreatedStore, Store } from '../shared/session/store/store.ts';
import { createDynamoDbStore } from './dynamodb/dynamodb-parts.ts';
import type { Environment } from './environment.ts';
import { readRedisOptions } from './redis/options.ts';
import { createRedisStore } from './redis/redis-store.ts';

type StoreFactory = (environment: Environment) => CreatedStore;

export const storeFactories: Readonly<Record<StoreKindAt<'lambda'>, StoreFactory>> = {
  dynamodb: ({ sessionTable, region }) =>
    sessionTable === null
      ? issue('SESSION_TABLE', 'is not set', 'Set it to the name of the DynamoDB table for the sessions.')
      : created(createDynamoDbStore({ table: sessionTable, ...(region && { region }) })),
  redis: (environment) => {
    const read = readRedisOptions(environment);
    return read.kind === 'issue' ? read : created(createRedisStore(read.options));
  },
  memory: () => created(createMemoryStore()),
};

/** The configuration refuses kinds that this door cannot reach. */
export function createStore(kind: StoreKind, environment: Environment): CreatedStore {
  const factories: Readonly<Partial<Record<StoreKind, StoreFactory>>> = storeFactories;
  const factory = factories[kind];
  if (!factory) throw new Error(`there is no store ${kind} on Lambda`);
  return factory(environment);
}

const created = (store: Store): CreatedStore => ({ kind: 'store', store });

const issue = (path: string, message: string, remedy: string): CreatedStore => ({
  kind: 'issue',
  issue: { path, message, remedy },
});
