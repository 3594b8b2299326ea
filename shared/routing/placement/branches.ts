/** The branches of a route: which pool of a split a client belongs to. */
import type { Pool, Route, Settings } from '../../config/settings.ts';
import type { Hash } from './hash.ts';
import { type PreparedPool, preparePool } from './prepared-pool.ts';
import { scoreOf } from './rendezvous.ts';
import type { Branch } from './types.ts';

export type Branches = readonly [Branch, ...Branch[]];

/**
 * The open branches of a route, this client's own first. A branch with a share of 0 is closed.
 *
 * By rendezvous hashing: raising a share draws clients in and moves no other client. This holds for two branches always,
 * and for more as long as one number changes (the other branches keep their sizes relative to each other).
 */
export function rankBranches(
  client: Hash,
  branches: readonly Branch[],
  pinnedBranch: string | null,
): readonly PreparedPool[] {
  const [only] = branches;
  if (only && branches.length === 1) return only.share > 0 ? [preparePool(only.pool)] : [];
  return branches
    .filter((branch) => branch.share > 0)
    .map((branch) => {
      const prepared = preparePool(branch.pool);
      const isPinned = branch.pool.id === pinnedBranch;
      return { prepared, score: isPinned ? Number.POSITIVE_INFINITY : scoreOf(client, prepared.hash, branch.share) };
    })
    .sort((a, b) => b.score - a.score || (a.prepared.pool.id < b.prepared.pool.id ? -1 : 1))
    .map(({ prepared }) => prepared);
}

export type BranchLookup = (route: Route, pools: ReadonlyMap<string, Pool>) => Branches;

/**
 * Finds the branches of a route. They are looked up once for each state of the pools, and by the route's target: a
 * matched route is another object with the same target.
 */
export function createBranchLookup({ routes, pools: fromFile }: Pick<Settings, 'routes' | 'pools'>): BranchLookup {
  const lookUpAll = (pools: ReadonlyMap<string, Pool>) =>
    new Map(routes.map((route) => [route.target, branchesOf(route, pools)]));
  let known = { pools: fromFile, branches: lookUpAll(fromFile) };

  return (route, pools) => {
    if (known.pools !== pools) known = { pools, branches: lookUpAll(pools) };
    return known.branches.get(route.target) as Branches;
  };
}

export function branchesOf(route: Route, pools: ReadonlyMap<string, Pool>): Branches {
  return route.target.branches.map(({ pool: id, share }) => {
    const pool = pools.get(id);
    if (!pool) throw new Error(`route ${route.number} names pool ${id}, which the configuration does not have`);
    return { pool, share };
  }) as [Branch, ...Branch[]];
}
