import type { GeoPoint } from '../../platform.ts';

/** A point on the unit sphere. Comparing straight lines through the earth orders places as the way over it does, without a sine per origin. */
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

/** Origins that a client tries in one turn: none of them is nearer than another. */
export interface Tier<T> {
  readonly origins: readonly T[];
}

/**
 * Regions in the order in which a client should try them: the nearest first, those whose place nobody knows last.
 * Regions that are equally near come together as one turn.
 */
export function nearestFirst<T>(
  regions: readonly (Tier<T> & { readonly at: OnSphere | null })[],
  client: GeoPoint,
): readonly Tier<T>[] {
  if (regions.length === 1) return regions;
  const here = onSphere(client);
  const turns: { readonly away: number; origins: readonly T[] }[] = [];
  for (const { at, origins } of regions) {
    const away = at === null ? Number.POSITIVE_INFINITY : chordSquared(here, at);
    let farther = turns.length;
    while (farther > 0 && (turns[farther - 1]?.away as number) > away) farther--;
    const level = turns[farther - 1];
    if (level?.away === away) {
      level.origins = [...level.origins, ...origins];
      continue;
    }
    // Moved by hand: for so few `splice` costs more than the distances.
    for (let i = turns.length; i > farther; i--) turns[i] = turns[i - 1] as (typeof turns)[number];
    turns[farther] = { away, origins };
  }
  return turns;
}

/** The mean radius of the earth (IUGG). */
const earthRadiusKm = 6371.0088;

/** Along the great circle, by the haversine formula: exact for near places, where the arc cosine is not. For showing, not for choosing. */
export function distanceKm(a: GeoPoint, b: GeoPoint): number {
  const halfLatitude = Math.sin(radians(b.latitude - a.latitude) / 2);
  const halfLongitude = Math.sin(radians(b.longitude - a.longitude) / 2);
  const h = halfLatitude ** 2 + Math.cos(radians(a.latitude)) * Math.cos(radians(b.latitude)) * halfLongitude ** 2;
  return 2 * earthRadiusKm * Math.asin(Math.min(1, Math.sqrt(h)));
}

const radians = (degrees: number): number => (degrees * Math.PI) / 180;

const chordSquared = (a: OnSphere, b: OnSphere): number => (a.x - b.x) ** 2 + (a.y - b.y) ** 2 + (a.z - b.z) ** 2;
