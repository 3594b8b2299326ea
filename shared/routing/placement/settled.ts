/**
 * Placements that stand until something happens. A pinned client asks again and again, and while every origin is well,
 * active and not controlled, and nothing limits the regions, the answer depends on nothing but its pin, its key, its place
 * and the route's branches: the same objects, the same answer. Remembered with the opened pin, and forgotten with it.
 */
import type { GeoPoint } from '../../platform.ts';
import type { Pin } from '../pins/pin.ts';
import type { Branch } from './branches.ts';
import type { Placement, Question } from './choose.ts';

export interface Settled {
  /** The answer to this question, remembered or by `choose`. `isQuiet`: nothing is known against any origin. */
  answer(question: Question, isQuiet: boolean, choose: (question: Question) => Placement): Placement;
}

interface Remembered {
  readonly branches: readonly Branch[];
  readonly clientKey: string;
  readonly place: GeoPoint | null;
  readonly placement: Placement;
}

export function createSettled(): Settled {
  const byPin = new WeakMap<Pin, Remembered>();
  const areActive = new WeakMap<readonly Branch[], boolean>();

  /** A drain has a deadline: what the clock can change is not remembered. */
  function allActive(branches: readonly Branch[]): boolean {
    const known = areActive.get(branches);
    if (known !== undefined) return known;
    const verdict = branches.every(({ pool }) => pool.origins.every(({ state }) => state === 'active'));
    areActive.set(branches, verdict);
    return verdict;
  }

  return {
    answer(question, isQuiet, choose) {
      const { branches, clientKey, place, pin: reading, allowed } = question;
      const isSettled =
        isQuiet &&
        reading.kind === 'valid' &&
        allowed.route === null &&
        allowed.residency === null &&
        allActive(branches);
      if (!isSettled) return choose(question);
      const known = byPin.get(reading.pin);
      if (known && known.branches === branches && known.clientKey === clientKey && known.place === place)
        return known.placement;
      const placement = choose(question);
      if (placement.kind === 'placed' && placement.because === 'pinned') {
        byPin.set(reading.pin, { branches, clientKey, place, placement });
      }
      return placement;
    },
  };
}
