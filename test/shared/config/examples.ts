/** Configurations to begin from, and a way to ask what is wrong with one. */
import type { GatewayDefinition } from '../../../shared/config/define.ts';
import type { Environment } from '../../../shared/config/input.ts';
import { readSettings } from '../../../shared/config/resolve.ts';
import type { Issue, Settings } from '../../../shared/config/settings.ts';
import type { Door } from '../../../shared/platform.ts';
import { freshKeys } from '../../../tools/keys.ts';

export const sessionKeys = JSON.stringify(await freshKeys(Date.UTC(2026, 0, 1)));
export const goodEnv: Environment = { SESSION_KEYS: sessionKeys };

export const publicOrigins = ['https://shop.example'];
export const origins = [{ id: 'eu', url: 'https://eu.origin.example', region: 'eu' }];
export const commands = { token: 'proof-of-origin' };
export const pools = { app: { origins, commands } };
export const routes = [{ path: '/*', pool: 'app' }];
export const minimal = { publicOrigins, pools: { app: { origins } }, routes };

/** The minimal configuration with something else in it. Loosely typed: most of what is tried is wrong. */
export const configured = (part: object): GatewayDefinition => ({ publicOrigins, pools, routes, ...part }) as never;
export const withSession = (session: object): GatewayDefinition => configured({ session });
export const withPool = (pool: object): GatewayDefinition =>
  configured({ pools: { app: { origins, commands, ...pool } } });
/** One route before the one that takes the rest. */
export const withRoute = (route: object): GatewayDefinition => configured({ routes: [route, ...routes] });

export function problemsOf(definition: GatewayDefinition, env: Environment = goodEnv, door: Door = 'worker') {
  const reading = readSettings(definition, env, door);
  return reading.kind === 'ok' ? [] : reading.problems;
}

/** `path message`, as people read it. */
export const sentences = (problems: readonly Issue[]): string[] =>
  problems.map(({ path, message }) => `${path} ${message}`);

export const complaints = (definition: GatewayDefinition, env: Environment = goodEnv, door: Door = 'worker') =>
  sentences(problemsOf(definition, env, door));

export function settingsOf(definition: GatewayDefinition, env: Environment = goodEnv, door: Door = 'worker'): Settings {
  const reading = readSettings(definition, env, door);
  if (reading.kind === 'problems')
    throw new Error(`not a good configuration: ${sentences(reading.problems).join('; ')}`);
  return reading.settings;
}
