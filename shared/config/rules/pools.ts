/** How the settings of a pool depend on one another. */
import type { Door } from '../../platform.ts';
import type { Draft, DraftPool } from '../draft.ts';
import type { RawIssue } from '../issues.ts';
import { mayIssue } from '../schema/commands.ts';
import { hostAt, originSchema } from '../schema/pool.ts';
import { checkAffinity } from './affinity.ts';

export function checkPools(draft: Draft, door: Door): RawIssue[] {
  const pools = poolsOf(draft);
  return [
    ...pools.flatMap(([id, pool]) => [...checkOrigins(draft, id, pool), ...checkHost(id, pool, door)]),
    ...checkCommands(pools),
    ...checkAffinity(draft, pools),
  ];
}

const poolsOf = (draft: Draft): [string, DraftPool][] =>
  Object.entries(draft.pools ?? {}).filter((entry): entry is [string, DraftPool] => entry[1] !== undefined);

function checkOrigins(draft: Draft, pool: string, { origins = [] }: DraftPool): RawIssue[] {
  const seen = new Map<string, number>();
  return origins.flatMap((origin, i) => {
    const issues: RawIssue[] = [];
    const keys = ['pools', pool, 'origins', i];
    if (origin?.id !== undefined) {
      const first = seen.get(origin.id);
      if (first === undefined) seen.set(origin.id, i);
      else {
        issues.push({
          keys: [...keys, 'id'],
          value: origin.id,
          message: `is the id of origins[${first}] too`,
          remedy: 'Give every origin of a pool an id of its own.',
        });
      }
    }
    const state = origin?.state ?? originSchema.entries.state.default;
    if (origin?.drainBy !== undefined && state !== 'draining' && !draft.isBroken(...keys, 'state')) {
      issues.push({
        keys: [...keys, 'drainBy'],
        value: origin.drainBy,
        message: `says when a drain ends, and the origin's state is '${state}'`,
        remedy: "Set state: 'draining', or take drainBy away.",
      });
    }
    return issues;
  });
}

const checkHost = (pool: string, { host }: DraftPool, door: Door): RawIssue[] =>
  door !== 'worker' || hostAt(host, door) !== 'client'
    ? []
    : [
        {
          keys: ['pools', pool, 'host'],
          value: host,
          message: 'is not possible on Workers, where an origin always gets its own Host',
          remedy: "Write host: 'origin', or { lambda: 'client' }; the client's host is in X-Forwarded-Host.",
        },
      ];

/** A canary must not be able to make administrators: where several pools may sign people in, each lists its claims. */
function checkCommands(pools: readonly (readonly [string, DraftPool])[]): RawIssue[] {
  const issuing = pools.filter(([, { commands }]) => commands !== undefined && mayIssue(commands));
  if (issuing.length < 2) return [];
  return issuing.flatMap(([pool, { commands }]) =>
    commands?.claims !== undefined
      ? []
      : [
          {
            keys: ['pools', pool, 'commands', 'claims'],
            message: 'is missing, and several pools may begin sessions',
            remedy: "List the claims that this pool may set, such as claims: ['role'], or [] for none.",
          },
        ],
  );
}
