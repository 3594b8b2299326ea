/** Regions by their distance from the client. */
import type { GeoPoint } from '../../platform.ts';

/** A point on the unit sphere. Straight-line distances sort places as great-circle distances do, without a sine per origin. */
export interface OnSphere {
  readonly x: number;
  readonly y: number;
  readonly z: number;
}

export function onSphere({ latitude, longitude }: GeoPoint): OnSphere {
  const phi = radians(latitude);
  const lambda = radians(longitude);
  return { x: Math.cos(phi) * Math.cos(lambda), y: Math.cos(phi) * Math.sin(lambda), z: Math.sin(phi) };
}

/** Origins that are equally near. */
export interface Tier<T> {
  readonly origins: readonly T[];
}

/** The nearest tier first; regions whose place is unknown come last. */
export function nearestFirst<T>(
  regions: readonly (Tier<T> & { readonly at: OnSphere | null })[],
  client: GeoPoint,
): readonly Tier<T>[] {
  if (regions.length === 1) return regions;
  const here = onSphere(client);
  const tiers: { readonly distance: number; origins: readonly T[] }[] = [];
  for (const { at, origins } of regions) {
    const distance = at === null ? Number.POSITIVE_INFINITY : chordSquared(here, at);
    let index = tiers.length;
    while (index > 0 && (tiers[index - 1]?.distance as number) > distance) index--;
    const level = tiers[index - 1];
    if (level?.distance === distance) {
      level.origins = [...level.origins, ...origins];
      continue;
    }
    // An insertion by hand: for so few tiers `splice` costs more than the distances.
    for (let i = tiers.length; i > index; i--) tiers[i] = tiers[i - 1] as (typeof tiers)[number];
    tiers[index] = { distance, origins };
  }
  return tiers;
}

/** The mean radius of the earth (IUGG). */
const earthRadiusKm = 6371.0088;

/** Great-circle distance by the haversine formula, which is exact for near places too. For display only. */
export function distanceKm(a: GeoPoint, b: GeoPoint): number {
  const halfLatitude = Math.sin(radians(b.latitude - a.latitude) / 2);
  const halfLongitude = Math.sin(radians(b.longitude - a.longitude) / 2);
  const h = halfLatitude ** 2 + Math.cos(radians(a.latitude)) * Math.cos(radians(b.latitude)) * halfLongitude ** 2;
  return 2 * earthRadiusKm * Math.asin(Math.min(1, Math.sqrt(h)));
}

const radians = (degrees: number): number => (degrees * Math.PI) / 180;

const chordSquared = (a: OnSphere, b: OnSphere): number => (a.x - b.x) ** 2 + (a.y - b.y) ** 2 + (a.z - b.z) ** 2;
