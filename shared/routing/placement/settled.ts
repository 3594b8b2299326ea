/**
 * Placements that stand until something happens. A pinned client asks again and again, and while every origin is well,
 * active and not controlled, and nothing limits the regions, the answer depends on nothing but its pin, its key, its place
 * and the route's arms: the same objects, the same answer. Remembered with the opened pin, and forgotten with it.
 */
import type { Place } from '../../platform.ts';
import type { Pin } from '../pins/pin.ts';
import type { Arm } from './branches.ts';
import type { Placement, Question } from './choose.ts';

export interface Settled {
  /** The answer to this question, remembered or by `choose`. `isQuiet`: nothing is known against any origin. */
  answer(question: Question, isQuiet: boolean, choose: (question: Question) => Placement): Placement;
}

interface Remembered {
  readonly arms: readonly Arm[];
  readonly clientKey: string;
  readonly place: Place | null;
  readonly placement: Placement;
}

export function createSettled(): Settled {
  const byPin = new WeakMap<Pin, Remembered>();
  const areActive = new WeakMap<readonly Arm[], boolean>();

  /** A drain has a deadline: what the clock can change is not remembered. */
  function allActive(arms: readonly Arm[]): boolean {
    const known = areActive.get(arms);
    if (known !== undefined) return known;
    const verdict = arms.every(({ pool }) => pool.origins.every(({ state }) => state === 'active'));
    areActive.set(arms, verdict);
    return verdict;
  }

  return {
    answer(question, isQuiet, choose) {
      const { arms, clientKey, place, pin: reading, allowed } = question;
      const isSettled =
        isQuiet && reading.kind === 'valid' && allowed.route === null && allowed.residency === null && allActive(arms);
      if (!isSettled) return choose(question);
      const known = byPin.get(reading.pin);
      if (known && known.arms === arms && known.clientKey === clientKey && known.place === place)
        return known.placement;
      const placement = choose(question);
      if (placement.kind === 'placed' && placement.because === 'pinned') {
        byPin.set(reading.pin, { arms, clientKey, place, placement });
      }
      return placement;
    },
  };
}
