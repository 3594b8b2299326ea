import type { DurableObjectNamespace, KVNamespace } from '@cloudflare/workers-types';
import type { ControlObject } from './control-object.ts';
import type { SessionObject } from './session-object.ts';

/** What the objects of the `durable-object` store find in their own environment: each other. */
export interface ObjectBindings {
  readonly SESSION_OBJECTS: DurableObjectNamespace<SessionObject>;
  readonly CONTROL_OBJECTS: DurableObjectNamespace<ControlObject>;
}

/** Every binding and variable that wrangler.toml declares, and what `wrangler secret put` adds. The only reader of `env`. */
export interface Bindings extends Partial<ObjectBindings> {
  readonly SESSIONS?: KVNamespace;
  readonly SESSION_KEYS?: string;
  readonly GATEWAY_TOKENS?: string;
  readonly DEV_HEADERS?: string;
  /** Whatever else `gateway.config.ts` reads: origins' URLs, their tokens. */
  readonly [name: string]: unknown;
}

/** The plain variables, for the configuration. Bindings are objects and none of its business. */
export function variablesOf(bindings: Bindings): Record<string, string> {
  const variables: Record<string, string> = {};
  for (const [name, value] of Object.entries(bindings)) if (typeof value === 'string') variables[name] = value;
  return variables;
}
