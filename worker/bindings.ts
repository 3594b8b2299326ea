import type { DurableObjectNamespace, KVNamespace } from '@cloudflare/workers-types';
import type { ControlObject } from './control-object.ts';
import type { SessionObject } from './session-object.ts';

/** The bindings of the `durable-object` store, which its objects use too: they call each other. */
export interface ObjectBindings {
  readonly SESSION_OBJECTS: DurableObjectNamespace<SessionObject>;
  readonly CONTROL_OBJECTS: DurableObjectNamespace<ControlObject>;
}

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
