/**
 * Active health: what a series of probes says of an origin. Pure. `down` failed probes in a row take it out, `up` successful
 * ones bring it back. An origin that is up and has no failed probe needs no entry, and causes no write.
 */
import type { Origin, Pool } from '../../config/settings.ts';
import { withEntry } from '../control/change.ts';
import { type ControlDocument, controlOf, type OriginControl, type Probed } from '../control/control.ts';

/** `undefined`: up. */
export function afterProbe(
  before: Probed | undefined,
  isGood: boolean,
  { up, down }: Pool['health']['probe'],
): Probed | undefined {
  const { down: isDown, streak } = before ?? { down: false, streak: 0 };
  if (isGood !== isDown) return isDown ? { down: true, streak: 0 } : undefined;
  const reached = streak + 1 >= (isDown ? up : down);
  if (!reached) return { down: isDown, streak: streak + 1 };
  return isDown ? undefined : { down: true, streak: 0 };
}

export interface ProbeResult {
  readonly pool: Pool;
  readonly origin: Origin;
  readonly isGood: boolean;
}
export interface HealthChange {
  readonly pool: string;
  readonly origin: string;
  readonly to: 'up' | 'down';
}

/** The next document (`null`: unchanged) and the origins that went up or down. */
export function afterProbes(
  document: ControlDocument,
  results: readonly ProbeResult[],
  now: number,
): { readonly document: ControlDocument | null; readonly changes: readonly HealthChange[] } {
  let next = document;
  const changes: HealthChange[] = [];
  for (const { pool, origin, isGood } of results) {
    const { probed: before, ...entry } = controlOf(document, pool.id, origin.id);
    const after = afterProbe(before, isGood, pool.health.probe);
    if (before?.down === after?.down && before?.streak === after?.streak) continue;
    const isUp = before?.down === true && after?.down !== true;
    if (isUp || (after?.down && !before?.down)) {
      changes.push({ pool: pool.id, origin: origin.id, to: isUp ? 'up' : 'down' });
    }
    const changed: OriginControl = { ...entry, ...(after && { probed: after }), ...(isUp && { backSince: now }) };
    next = withEntry(next, pool.id, origin.id, changed);
  }
  return { document: next === document ? null : next, changes };
}
