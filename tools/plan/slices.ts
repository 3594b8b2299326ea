/**
 * Shedding cuts the clients into slices, independently for each origin and of everything else that a key decides. Inside
 * one combination of slices every origin sheds either all clients or none, before and after the change. Only the
 * rendezvous is then left to chance.
 */
import type { Origin, Pool } from '../../shared/config/settings.ts';
import type { OriginStatusOf } from '../../shared/routing/placement/types.ts';
import type { Side } from './side.ts';

export interface Slice {
  /** Of the clients. */
  readonly share: number;
  statusOn(side: Side): OriginStatusOf;
}

/** With more combinations a sample is cheaper and as good. */
const maxSlices = 729;

/** `null`: too many origins shed. */
export function slicesOf(sides: readonly Side[]): readonly Slice[] | null {
  // A client draws once for an origin's id, also if several pools have an origin of that id.
  const cuts = new Map<string, Set<number>>();
  for (const side of sides) {
    for (const { pool } of side.branches) {
      for (const origin of pool.origins) {
        const shed = side.shedOf(pool, origin);
        if (shed > 0) cuts.set(origin.id, (cuts.get(origin.id) ?? new Set()).add(shed));
      }
    }
  }

  let slices: { share: number; drawn: ReadonlyMap<string, number> }[] = [{ share: 1, drawn: new Map() }];
  for (const [id, values] of cuts) {
    const ends = [...new Set([0, ...values, 1])].sort((a, b) => a - b);
    const parts = ends
      .slice(1)
      .map((end, i) => ({ width: end - (ends[i] as number), middle: (end + (ends[i] as number)) / 2 }));
    slices = slices.flatMap(({ share, drawn }) =>
      parts.map(({ width, middle }) => ({ share: share * width, drawn: new Map([...drawn, [id, middle]]) })),
    );
    if (slices.length > maxSlices) return null;
  }
  return slices.map(({ share, drawn }) => ({
    share,
    statusOn: (side) => (pool: Pool, origin: Origin) => ({
      ejected: false,
      shed: (drawn.get(origin.id) ?? 1) < side.shedOf(pool, origin) ? 1 : 0,
    }),
  }));
}
