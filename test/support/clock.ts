/** A clock that a test moves by hand. Milliseconds since the epoch. */
export interface Clock {
  now(): number;
  advance(ms: number): void;
}

/** Begins at a whole second, so that what is rounded to seconds can be compared. */
export function createClock(startsAt = Date.UTC(2026, 0, 1, 12)): Clock {
  let now = startsAt;
  return {
    now: () => now,
    advance(ms) {
      now += ms;
    },
  };
}
