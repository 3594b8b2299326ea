import type { AffinityBy, CommandName, Commands, Pool, Route, Settings } from '../../shared/config/settings.ts';

/** As much of a configuration as the proxy reads: pools `app` and `canary`, with cookies for their pins. */
export function settingsFor(
  more: { door?: Settings['door']; affinity?: AffinityBy; commands?: Commands } = {},
): Settings {
  const pools = [
    poolOf('app', more.affinity ?? cookieOf('__Host-affinity'), more.commands ?? null),
    poolOf('canary', cookieOf('__Host-affinity-canary'), null),
  ];
  return {
    door: more.door ?? 'worker',
    publicOrigins: [{ origin: 'https://shop.example', host: 'shop.example', scheme: 'https' }],
    prefix: '/.session',
    session: { cookie: { name: '__Host-session' } },
    pools: new Map(pools.map((pool) => [pool.id, pool])),
  } as unknown as Settings;
}

const cookieOf = (name: string) => ({ kind: 'cookie', name }) as AffinityBy;

const poolOf = (id: string, by: AffinityBy, commands: Commands | null): Pool =>
  ({ id, affinity: { by }, commands }) as unknown as Pool;

export const everyCommand: readonly CommandName[] = ['issue', 'update', 'rotate', 'end'];

export const routeWith = (given: Partial<Route>): Route => ({ issues: false, session: 'optional', ...given }) as Route;
