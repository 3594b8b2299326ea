/** Builds this function's gateway from configuration and environment. Opens no connection and loads no SDK. */
import type { GatewayDefinition } from '../shared/config/define.ts';
import { placeOfRegion } from '../shared/config/regions.ts';
import { readSettings } from '../shared/config/resolve.ts';
import type { Issue, Settings } from '../shared/config/settings.ts';
import { type Authority, createGateway, createMisconfiguredGateway, type Gateway } from '../shared/gateway.ts';
import { importedParts } from '../shared/parts.ts';
import { createMemoryStore } from '../shared/session/store/memory-store.ts';
import type { Store } from '../shared/session/store/store.ts';
import { refusedWhereDeployed } from './deployed.ts';
import { createDynamoDbDocument } from './dynamodb/dynamodb-document.ts';
import { createDynamoDbStore } from './dynamodb/dynamodb-store.ts';
import type { Environment } from './environment.ts';
import type { HandlerParts } from './handlers.ts';
import { createLambdaPlatform } from './platform.ts';
import { createRedisStore } from './redis/redis-store.ts';

export interface BuiltHandlerParts extends HandlerParts {
  readonly gateway: Gateway;
}

export function buildHandlerParts(definition: GatewayDefinition, environment: Environment): BuiltHandlerParts {
  const platform = createLambdaPlatform();
  const place = environment.region === null ? null : placeOfRegion(environment.region);
  const reading = readSettings(definition, environment.all, 'lambda');
  if (reading.kind === 'problems') {
    return { gateway: createMisconfiguredGateway(reading.problems, platform), platform, place };
  }
  const store = storeFor(reading.settings, environment);
  if (store.kind === 'problem') {
    return { gateway: createMisconfiguredGateway([store.problem], platform), platform, place };
  }
  const authority = authorityFor(reading.settings, environment);
  const gateway = createGateway({
    settings: reading.settings,
    platform,
    store: store.store,
    authority,
    parts: importedParts,
  });
  return { gateway: refusedWhereDeployed(gateway, reading.settings, platform), platform, place };
}

/**
 * The run-time state that all instances share is in items of the table, whichever store keeps the sessions. `readsAtOnce`
 * only where the store loads the DynamoDB client anyway: otherwise the first request would pay for loading it.
 */
function authorityFor({ session }: Settings, { sessionTable, region }: Environment): Authority | null {
  if (sessionTable === null) return null;
  const options = { table: sessionTable, ...(region && { region }) };
  return { document: (name) => createDynamoDbDocument(options, name), readsAtOnce: session.store === 'dynamodb' };
}

type StoreChoice =
  | { readonly kind: 'store'; readonly store: Store | null }
  | { readonly kind: 'problem'; readonly problem: Issue };

function storeFor({ session }: Settings, { sessionTable, redisUrl, region }: Environment): StoreChoice {
  switch (session.store) {
    case null:
      return { kind: 'store', store: null };
    case 'memory':
      return { kind: 'store', store: createMemoryStore() };
    case 'dynamodb':
      if (sessionTable === null) {
        return problem('SESSION_TABLE', 'is not set', 'Set it to the name of the DynamoDB table for the sessions.');
      }
      return { kind: 'store', store: createDynamoDbStore({ table: sessionTable, ...(region && { region }) }) };
    case 'redis':
      if (redisUrl === null || !isRedisUrl(redisUrl)) {
        return problem(
          'REDIS_URL',
          redisUrl === null ? 'is not set' : 'is not the address of a Redis server',
          'Write rediss://user:password@host:6379, or redis:// on a private network.',
        );
      }
      return { kind: 'store', store: createRedisStore({ url: redisUrl }) };
    default:
      return problem(
        'session.store',
        `is ${session.store}, which Lambda does not have`,
        'Choose dynamodb or redis for lambda.',
      );
  }
}

function isRedisUrl(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && ['redis:', 'rediss:'].includes(url.protocol) && url.hostname !== '';
}

const problem = (path: string, message: string, remedy: string): StoreChoice => ({
  kind: 'problem',
  problem: { path, message, remedy },
});
