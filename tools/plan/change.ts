/** What becomes of one route's clients. */

import { fieldOf } from './field.ts';
import { addKeyed } from './keyed.ts';
import { type Leftover, leftoversOf } from './leftovers.ts';
import { addPinned } from './pinned.ts';
import type { PlaceShare } from './places.ts';
import { addSampled, sample } from './sampled.ts';
import { pinsOf, type Side } from './side.ts';
import { slicesOf } from './slices.ts';
import { createTally, type Flow } from './tally.ts';

export interface Change {
  /** `sampled`: once in a thousand times a share is off by more than `within`. */
  readonly accuracy:
    | { readonly kind: 'exact' }
    | { readonly kind: 'sampled'; readonly keys: number; readonly within: number };
  /** Those without a pin: new ones, and everybody where the affinity carries none. */
  readonly keyed: Flow;
  /** Those that hold a pin and come back with it. `null`: before the change nobody holds any. */
  readonly pinned: PinnedFlow | null;
}

export interface PinnedFlow extends Flow {
  /** Whether their pins are read afterwards: not when the affinity is carried in another way, and then all are placed anew. */
  readonly pinsCount: boolean;
  readonly leftovers: readonly Leftover[];
}

export function changeOf(before: Side, after: Side, places: readonly PlaceShare[], now: number): Change {
  const [keyed, pinned] = [createTally(), createTally()];
  const slices = slicesOf([before, after]);
  if (slices === null) addSampled(keyed, pinned, before, after, places, now);
  for (const slice of slices ?? []) {
    for (const { place, share } of places) {
      const [from, to] = [fieldOf(before, place, slice.statusOn(before)), fieldOf(after, place, slice.statusOn(after))];
      const rememberBranch = before.branches.length > 1;
      addKeyed(keyed, from, to, share * slice.share);
      addPinned(
        pinned,
        { rememberBranch, before: from, after: to, side: after, statusOf: slice.statusOn(after), now },
        share * slice.share,
      );
    }
  }
  return {
    accuracy: slices ? { kind: 'exact' } : { kind: 'sampled', ...sample },
    keyed: keyed.flow(),
    pinned: pinnedFlow(),
  };

  function pinnedFlow(): PinnedFlow | null {
    const pins = pinsOf(before);
    if (pins === null) return null;
    if (pins !== pinsOf(after)) return { ...keyed.flow(), pinsCount: false, leftovers: [] };
    return { ...pinned.flow(), pinsCount: true, leftovers: leftoversOf(before, after, slices, places, now) };
  }
}
