import type { Place } from '../platform.ts';

/** A point on the unit sphere. Comparing straight lines through the earth orders places as the way over it does, without a sine per origin. */
export interface OnSphere {
  readonly x: number;
  readonly y: number;
  readonly z: number;
}

export function onSphere({ latitude, longitude }: Place): OnSphere {
  const [phi, lambda] = [radians(latitude), radians(longitude)];
  return { x: Math.cos(phi) * Math.cos(lambda), y: Math.cos(phi) * Math.sin(lambda), z: Math.sin(phi) };
}

/**
 * Regions in the order in which a client should try them: the nearest first, those whose place nobody knows last.
 * Regions that are equally near come together as one group, and so does everything when the client's place is unknown.
 */
export function nearestFirst<T>(
  regions: readonly { readonly at: OnSphere | null; readonly origins: readonly T[] }[],
  client: Place | null,
): readonly (readonly T[])[] {
  if (regions.length === 1 && regions[0]) return [regions[0].origins];
  if (client === null) return [regions.flatMap((region) => region.origins)];
  const here = onSphere(client);
  const groups: { away: number; origins: readonly T[] }[] = [];
  for (const { at, origins } of regions) {
    const away = at === null ? Number.POSITIVE_INFINITY : chordSquared(here, at);
    let i = groups.length;
    while (i > 0 && (groups[i - 1]?.away as number) > away) i--;
    const level = groups[i - 1];
    if (level?.away === away) level.origins = [...level.origins, ...origins];
    else groups.splice(i, 0, { away, origins });
  }
  return groups.map((group) => group.origins);
}

/** The mean radius of the earth (IUGG). */
const earthRadiusKm = 6371.0088;

/** Along the great circle, by the haversine formula: exact for near places, where the arc cosine is not. For showing, not for choosing. */
export function distanceKm(a: Place, b: Place): number {
  const halfLatitude = Math.sin(radians(b.latitude - a.latitude) / 2);
  const halfLongitude = Math.sin(radians(b.longitude - a.longitude) / 2);
  const h = halfLatitude ** 2 + Math.cos(radians(a.latitude)) * Math.cos(radians(b.latitude)) * halfLongitude ** 2;
  return 2 * earthRadiusKm * Math.asin(Math.min(1, Math.sqrt(h)));
}

const radians = (degrees: number): number => (degrees * Math.PI) / 180;

const chordSquared = (a: OnSphere, b: OnSphere): number => (a.x - b.x) ** 2 + (a.y - b.y) ** 2 + (a.z - b.z) ** 2;
