import type { Settings } from './config/settings.ts';
import type { Arrival, Platform } from './platform.ts';
import type { Store } from './session/store.ts';

export interface Gateway {
  /** Answers every request; never throws for anything a client or an origin did. */
  handle(request: Request, arrival: Arrival): Promise<Response>;
}

export interface GatewayParts {
  readonly settings: Settings;
  readonly platform: Platform;
  /** `null` only for the `token` strategy without a store. */
  readonly store: Store | null;
}

export function createGateway(_parts: GatewayParts): Gateway {
  return { handle: async () => new Response('not built yet', { status: 503 }) };
}
