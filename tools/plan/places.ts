/** Where the clients are: what decides between regions, and what only their operator knows. */
import type { Pool } from '../../shared/config/settings.ts';
import type { GeoPoint } from '../../shared/platform.ts';

export interface PlaceShare {
  /** `null`: nobody knows, and all regions are equally near. */
  readonly place: GeoPoint | null;
  /** Relative to the others. */
  readonly share: number;
}

/** As parts of 1. @throws when they make nothing. */
export function normalised(places: readonly PlaceShare[]): readonly PlaceShare[] {
  const sum = places.reduce((all, { share }) => all + share, 0);
  if (!(sum > 0) || !Number.isFinite(sum) || places.some(({ share }) => !(share >= 0)))
    throw new RangeError('the shares of the places are to be 0 or more, and one of them more');
  return places.filter(({ share }) => share > 0).map(({ place, share }) => ({ place, share: share / sum }));
}

/** For want of anything better: as many clients near each region that either state knows. */
export function nearEveryRegion(pools: Iterable<Pool>): readonly PlaceShare[] {
  const places = new Map<string, GeoPoint>();
  for (const { origins } of pools) {
    for (const { place } of origins) if (place) places.set(`${place.latitude},${place.longitude}`, place);
  }
  if (places.size === 0) return [{ place: null, share: 1 }];
  return [...places.values()].map((place) => ({ place, share: 1 / places.size }));
}
