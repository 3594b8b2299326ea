/** What a change does to the clients of one route. */

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
  /** `sampled`: in one of a thousand cases a share is off by more than `within`. */
  readonly accuracy:
    | { readonly kind: 'exact' }
    | { readonly kind: 'sampled'; readonly keys: number; readonly within: number };
  /** Clients without a pin: new ones, and all clients where the affinity carries no pin. */
  readonly keyed: Flow;
  /** Clients that come back with a pin. `null`: before the change no client has one. */
  readonly pinned: PinnedFlow | null;
}

export interface PinnedFlow extends Flow {
  /** Whether their pins are still read. If another transport carries them, all clients count as new. */
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
