/** Builds this function's gateway from configuration and environment. Opens no connection and loads no SDK. */
import type { GatewayDefinition } from '../shared/config/define.ts';
import { placeOfRegion } from '../shared/config/regions.ts';
import { readSettings } from '../shared/config/resolve.ts';
import type { Settings } from '../shared/config/settings.ts';
import { createMisconfiguredGateway } from '../shared/endpoints/misconfigured.ts';
import { type Authority, createGateway, type Gateway } from '../shared/gateway.ts';
import type { Platform } from '../shared/platform.ts';
import { refusedWhereDeployed } from './deployed.ts';
import { createDynamoDbAuthority } from './dynamodb/dynamodb-parts.ts';
import type { Environment } from './environment.ts';
import type { HandlerParts } from './handlers.ts';
import { createLambdaPlatform } from './platform.ts';
import { createStore } from './stores.ts';

export interface BuiltHandlerParts extends HandlerParts {
  readonly gateway: Gateway;
}

export async function buildHandlerParts(
  definition: GatewayDefinition,
  environment: Environment,
): Promise<BuiltHandlerParts> {
  const platform = createLambdaPlatform();
  const place = environment.region === null ? null : placeOfRegion(environment.region);
  return { gateway: await buildGateway(definition, environment, platform), platform, place };
}

async function buildGateway(
  definition: GatewayDefinition,
  environment: Environment,
  platform: Platform,
): Promise<Gateway> {
  const reading = readSettings(definition, environment.all, 'lambda');
  if (reading.kind === 'problems') return createMisconfiguredGateway(reading.problems, platform);
  const { settings } = reading;
  const kind = settings.session.store;
  const created = kind === null ? null : createStore(kind, environment);
  if (created?.kind === 'issue') return createMisconfiguredGateway([created.issue], platform);
  const gateway = await createGateway({
    settings,
    platform,
    store: created?.store ?? null,
    authority: authorityFor(settings, environment),
  });
  return refusedWhereDeployed(gateway, settings, platform);
}

/**
 * The run-time state that all instances share is in items of the table, whichever store keeps the sessions. `readsAtOnce`
 * only where the store loads the DynamoDB client anyway: otherwise the first request would pay for loading it.
 */
function authorityFor({ session }: Settings, { sessionTable, region }: Environment): Authority | null {
  if (sessionTable === null) return null;
  const options = { table: sessionTable, ...(region && { region }) };
  return { ...createDynamoDbAuthority(options), readsAtOnce: session.store === 'dynamodb' };
}
