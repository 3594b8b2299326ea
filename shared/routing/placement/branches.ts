import type { Pool } from '../../config/settings.ts';
import type { Hash } from './hash.ts';
import { type PreparedPool, preparePool } from './prepared-pool.ts';
import { scoreOf } from './rendezvous.ts';

/** One side of a split, its pool looked up. Shares are relative weights. */
export interface Branch {
  readonly pool: Pool;
  readonly share: number;
}

/**
 * The branches of a route in the order in which this client would be given them. An branch with a share of 0 takes nobody.
 *
 * By rendezvous, so that a higher share draws clients in and pushes none around: with two branches whatever the numbers,
 * with more as long as only one number changes (the others' sizes relative to each other stay as they are).
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
      const score =
        branch.pool.id === pinnedBranch ? Number.POSITIVE_INFINITY : scoreOf(client, prepared.hash, branch.share);
      return { prepared, score };
    })
    .sort((a, b) => b.score - a.score || (a.prepared.pool.id < b.prepared.pool.id ? -1 : 1))
    .map(({ prepared }) => prepared);
}
