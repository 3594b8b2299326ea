/** Where the clients are. It decides between regions, and only the operator knows it. */
import type { Pool } from '../../shared/config/settings.ts';
import type { GeoPoint } from '../../shared/platform.ts';

export interface PlaceShare {
  /** `null`: unknown; all regions are equally near. */
  readonly place: GeoPoint | null;
  /** Relative to the others. */
  readonly share: number;
}

/** As parts of 1. @throws RangeError if the sum is 0. */
export function normalised(places: readonly PlaceShare[]): readonly PlaceShare[] {
  const sum = places.reduce((all, { share }) => all + share, 0);
  if (!(sum > 0) || !Number.isFinite(sum) || places.some(({ share }) => !(share >= 0)))
    throw new RangeError('the shares of the places must be at least 0, and one of them above 0');
  return places.filter(({ share }) => share > 0).map(({ place, share }) => ({ place, share: share / sum }));
}

/** The default: as many clients near each region of either state. */
export function nearEveryRegion(pools: Iterable<Pool>): readonly PlaceShare[] {
  const places = new Map<string, GeoPoint>();
  for (const { origins } of pools) {
    for (const { place } of origins) if (place) places.set(`${place.latitude},${place.longitude}`, place);
  }
  if (places.size === 0) return [{ place: null, share: 1 }];
  return [...places.values()].map((place) => ({ place, share: 1 / places.size }));
}
