/** The one function that `gateway.config.ts` calls: it makes the editor help, and nothing else happens until the file is read. */
import type { Environment, GatewayInput } from './input.ts';

/** The configuration itself, or what makes it from the environment. */
export type GatewayDefinition = GatewayInput | ((env: Environment) => GatewayInput);

/**
 * Describes a gateway. Give it the settings, or a function of the environment when origins' URLs and tokens come from
 * there. Every setting is explained where it is hovered; docs/configuration.md has them all on one page.
 */
export function defineGateway(definition: GatewayDefinition): GatewayDefinition {
  return definition;
}
