import type { KVNamespace } from '@cloudflare/workers-types';
import type { ObjectBindings } from './durable-objects/session-object.ts';

/** The Worker's `env`: bindings and variables of wrangler.toml, and secrets of `wrangler secret put`. Nothing else reads it. */
export interface Bindings extends Partial<ObjectBindings> {
  readonly SESSIONS?: KVNamespace;
  readonly SESSION_KEYS?: string;
  readonly GATEWAY_TOKENS?: string;
  readonly DEV_HEADERS?: string;
  /** Variables of your own that `gateway.config.ts` reads, such as the origins' URLs and tokens. */
  readonly [name: string]: unknown;
}

/** The variables and secrets, for the configuration. Bindings are objects and are left out. */
export function variablesOf(bindings: Bindings): Record<string, string> {
  const variables: Record<string, string> = {};
  for (const [name, value] of Object.entries(bindings)) if (typeof value === 'string') variables[name] = value;
  return variables;
}
