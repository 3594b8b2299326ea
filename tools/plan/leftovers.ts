/**
 * Origins that got no new clients even before the change, because they drain or have no weight. Clients may still be
 * pinned to them. Their number and the weights that once placed them are unknown, so shares are of each origin's own
 * clients, and their keys are assumed to be evenly spread.
 */
import type { Origin, Pool } from '../../shared/config/settings.ts';
import { keepsPinned } from '../../shared/routing/placement/eligibility.ts';
import { type Field, fieldOf } from './field.ts';
import { addPinned } from './pinned.ts';
import type { PlaceShare } from './places.ts';
import { addSampledLeftovers } from './sampled.ts';
import type { Side } from './side.ts';
import type { Slice } from './slices.ts';
import { atOf, createTally, type Flow } from './tally.ts';

export interface Leftover {
  readonly from: string;
  /** Of this origin's own clients. */
  readonly flow: Flow;
}

/** `slices: null`: there are too many, and keys are sampled. */
export function leftoversOf(
  before: Side,
  after: Side,
  slices: readonly Slice[] | null,
  places: readonly PlaceShare[],
  now: number,
): readonly Leftover[] {
  const flowFrom = (pool: Pool, origin: Origin): Flow => {
    const tally = createTally();
    let counted = 0;
    if (slices === null) addSampledLeftovers(tally, pool, origin, before, after, places, now);
    for (const slice of slices ?? []) {
      // The clients that it shed before have left.
      if (slice.statusOn(before)(pool, origin).shed === 1) continue;
      for (const { place, share } of places) {
        const statusOf = slice.statusOn(after);
        const to = fieldOf(after, place, statusOf);
        const facts = { rememberBranch: before.branches.length > 1, before: alone(pool, origin), after: to };
        addPinned(tally, { ...facts, side: after, statusOf, now }, share * slice.share);
        counted += share * slice.share;
      }
    }
    return tally.flow(slices === null ? 1 : 1 / counted);
  };

  return before.branches.flatMap(({ pool, share }) =>
    pool.origins
      .filter((origin) => share > 0 && keepsPinned(origin, now) && !(origin.state === 'active' && origin.weight > 0))
      .filter((origin) => before.shedOf(pool, origin) < 1)
      .map((origin) => ({ from: atOf(pool.id, origin.id) as string, flow: flowFrom(pool, origin) })),
  );
}

const alone = ({ id }: Pool, origin: Origin): Field => ({
  kind: 'eligible',
  branches: new Map([[id, 1]]),
  origins: new Map([[id, new Map([[origin.id, 1]])]]),
});
