/** What a route needs from the pools that it names. */
import type { Draft, DraftRoute } from '../draft.ts';
import { type Key, listed, nearestWord, type RawIssue } from '../issues.ts';
import { originSchema } from '../schema/pool.ts';

/** The pools a route goes to, with where each is named. */
function namedPools(draft: Draft, { pool }: DraftRoute, i: number): { keys: readonly Key[]; name: string }[] {
  if (typeof pool === 'string') return [{ keys: ['routes', i, 'pool'], name: pool }];
  if (pool) return Object.keys(pool.split).map((name) => ({ keys: ['routes', i, 'pool', 'split', name], name }));
  const all = Object.keys(draft.pools ?? {});
  return all.length === 1 ? [{ keys: ['routes', i, 'pool'], name: all[0] as string }] : [];
}

export function checkRoutePools(draft: Draft, route: DraftRoute, i: number): RawIssue[] {
  if (draft.pools === undefined || draft.isBroken('routes', i, 'pool')) return [];
  const known = Object.keys(draft.pools);
  const named = namedPools(draft, route, i);
  const issues: RawIssue[] = [];
  if (named.length === 0 && known.length > 0) {
    issues.push({
      keys: ['routes', i, 'pool'],
      message: 'is missing, and there are several pools',
      remedy: `Name one of ${listed(known)}.`,
    });
  }
  if (typeof route.pool === 'object' && Object.values(route.pool.split).every((share) => share === 0)) {
    issues.push({
      keys: ['routes', i, 'pool', 'split'],
      message: 'gives nobody a share',
      remedy: 'Make at least one share larger than 0.',
    });
  }
  for (const { keys, name } of named) {
    if (draft.isBroken('pools', name) && !known.includes(name)) continue;
    const pool = Object.hasOwn(draft.pools, name) ? draft.pools[name] : undefined;
    if (pool === undefined) {
      const meant = nearestWord(name, known);
      issues.push({
        keys,
        value: name,
        message: 'is not a pool',
        remedy: meant ? `Did you mean '${meant}'?` : `The pools are ${listed(known)}.`,
      });
      continue;
    }
    issues.push(...checkIssues(draft, route, i, name), ...checkRegions(draft, route, i, name));
  }
  return issues;
}

function checkIssues(draft: Draft, route: DraftRoute, i: number, pool: string): RawIssue[] {
  if (route.issues !== true || draft.isBroken('pools', pool, 'commands')) return [];
  const commands = draft.pools?.[pool]?.commands;
  if (commands === undefined) {
    return [
      {
        keys: ['routes', i, 'issues'],
        value: true,
        message: `needs proof of who begins a session, and pool ${pool} has no commands`,
        remedy: `Add commands: { token: env.ORIGIN_TOKEN } to pools.${pool}, or take issues away.`,
      },
    ];
  }
  if (commands.may === undefined || commands.may.includes('issue')) return [];
  return [
    {
      keys: ['routes', i, 'issues'],
      value: true,
      message: `does nothing, since pool ${pool} may not issue`,
      remedy: `Add 'issue' to pools.${pool}.commands.may, or take issues away.`,
    },
  ];
}

function checkRegions(draft: Draft, route: DraftRoute, i: number, pool: string): RawIssue[] {
  const { regions } = route;
  if (regions === undefined || draft.isBroken('pools', pool, 'origins')) return [];
  const there = new Set(
    draft.pools?.[pool]?.origins?.map((origin) => origin?.region ?? originSchema.entries.region.default),
  );
  if (regions.some((region) => there.has(region))) return [];
  return [
    {
      keys: ['routes', i, 'regions'],
      value: regions.join(', '),
      message: `leaves pool ${pool} without an origin`,
      remedy: `Use the regions of its origins as they are written there: ${listed(there)}.`,
    },
  ];
}
