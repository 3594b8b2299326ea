/** What `gateway.config.ts` may contain, as types. The settings themselves are in `schema/`, each in one place. */
import type { InferInput } from 'valibot';
import type { gatewaySchema } from './schema/gateway.ts';

export type { Environment } from './environment.ts';
export type { AffinityInput } from './schema/affinity.ts';

export interface GatewayInput extends InferInput<typeof gatewaySchema> {}
export type SessionInput = NonNullable<GatewayInput['session']>;
export type PoolInput = GatewayInput['pools'][string];
export type OriginInput = PoolInput['origins'][number];
export type RouteInput = GatewayInput['routes'][number];
