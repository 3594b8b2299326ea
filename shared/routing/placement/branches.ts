import type { Pool } from '../../config/settings.ts';
import type { Hash } from './hash.ts';
import { type PreparedPool, preparePool } from './prepared-pool.ts';
import { scoreOf } from './rendezvous.ts';

/** One side of a split, its pool looked up. Shares are relative weights. */
export interface Arm {
  readonly pool: Pool;
  readonly share: number;
}

/**
 * The arms of a route in the order in which this client would be given them. An arm with a share of 0 takes nobody.
 *
 * By rendezvous, so that a higher share draws clients in and pushes none around: with two arms whatever the numbers,
 * with more as long as only one number changes (the others' sizes relative to each other stay as they are).
 */
export function armsFor(client: Hash, arms: readonly Arm[], pinnedArm: string | null): readonly PreparedPool[] {
  const [only] = arms;
  if (only && arms.length === 1) return only.share > 0 ? [preparePool(only.pool)] : [];
  return arms
    .filter((arm) => arm.share > 0)
    .map((arm) => {
      const prepared = preparePool(arm.pool);
      const score = arm.pool.id === pinnedArm ? Number.POSITIVE_INFINITY : scoreOf(client, prepared.hash, arm.share);
      return { prepared, score };
    })
    .sort((a, b) => b.score - a.score || (a.prepared.pool.id < b.prepared.pool.id ? -1 : 1))
    .map(({ prepared }) => prepared);
}
