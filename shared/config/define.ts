/** The one function that `gateway.config.ts` calls. It only gives the settings their type, for the editor. */
import type { Environment } from './environment.ts';
import type { GatewayInput } from './input.ts';

/** The settings, or a function that makes them from the environment. */
export type GatewayDefinition = GatewayInput | ((env: Environment) => GatewayInput);

/**
 * Describes a gateway: by its settings, or by a function of the environment when origins' URLs and tokens come from there.
 * Editors explain each setting on hover; docs/configuration.md lists all of them.
 */
export function defineGateway(definition: GatewayDefinition): GatewayDefinition {
  return definition;
}
