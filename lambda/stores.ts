/** The factories of the stores that Lambda can reach: one entry per row of `shared/config/stores.ts` with that door. */
import type { StoreKind, StoreKindAt } from '../shared/config/stores.ts';
import { createMemoryStore } from '../shared/session/store/memory-store.ts';
import type { CreatedStore, Store } from '../shared/session/store/store.ts';
import { createDynamoDbStore } from './dynamodb/dynamodb-parts.ts';
import type { Environment } from './environment.ts';
import { createRedisStore } from './redis/redis-store.ts';

type StoreFactory = (environment: Environment) => CreatedStore;

export const storeFactories: Readonly<Record<StoreKindAt<'lambda'>, StoreFactory>> = {
  dynamodb: ({ sessionTable, region }) =>
    sessionTable === null
      ? issue('SESSION_TABLE', 'is not set', 'Set it to the name of the DynamoDB table for the sessions.')
      : created(createDynamoDbStore({ table: sessionTable, ...(region && { region }) })),
  redis: ({ redisUrl }) =>
    redisUrl !== null && isRedisUrl(redisUrl)
      ? created(createRedisStore({ url: redisUrl }))
      : issue(
          'REDIS_URL',
          redisUrl === null ? 'is not set' : 'is not the address of a Redis server',
          'Write rediss://user:password@host:6379, or redis:// on a private network.',
        ),
  memory: () => created(createMemoryStore()),
};

/** The configuration refuses kinds that this door cannot reach. */
export function createStore(kind: StoreKind, environment: Environment): CreatedStore {
  const factories: Readonly<Partial<Record<StoreKind, StoreFactory>>> = storeFactories;
  const factory = factories[kind];
  if (!factory) throw new Error(`there is no store ${kind} on Lambda`);
  return factory(environment);
}

function isRedisUrl(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && ['redis:', 'rediss:'].includes(url.protocol) && url.hostname !== '';
}

const created = (store: Store): CreatedStore => ({ kind: 'store', store });

const issue = (path: string, message: string, remedy: string): CreatedStore => ({
  kind: 'issue',
  issue: { path, message, remedy },
});
