/** A clock that is moved by hand, for everything in this process: what waits for seconds waits by it. */
export interface MovedClock {
  readonly now: () => number;
  /** Moves on, and runs what has waited until then. */
  moveTo(at: number): Promise<void>;
  restore(): void;
}

interface Held {
  readonly due: number;
  readonly run: () => void;
  unref(): Held;
  ref(): Held;
}

/** Shorter waits are those of connections, which are real. */
const longMs = 4_000;
/** For what has waited to reach the database. */
const settleMs = 20;

export function takeClock(startsAt: number): MovedClock {
  const real = { now: Date.now, setTimeout: globalThis.setTimeout, clearTimeout: globalThis.clearTimeout };
  let at = startsAt;
  const waiting = new Set<Held>();
  Date.now = () => at;
  const set = (run: (...args: unknown[]) => void, ms = 0, ...args: unknown[]): unknown => {
    if (ms < longMs) return real.setTimeout(run, ms, ...args);
    const held: Held = { due: at + ms, run: () => run(...args), unref: () => held, ref: () => held };
    waiting.add(held);
    return held;
  };
  const clear = (timer: unknown): void => {
    if (!waiting.delete(timer as Held)) real.clearTimeout(timer as NodeJS.Timeout);
  };
  Object.assign(globalThis, { setTimeout: set, clearTimeout: clear });
  return {
    now: () => at,
    async moveTo(next) {
      at = next;
      const due = [...waiting].filter((held) => held.due <= next);
      for (const held of due) {
        waiting.delete(held);
        held.run();
      }
      if (due.length > 0) await new Promise((resolve) => real.setTimeout(resolve, settleMs));
    },
    restore() {
      Date.now = real.now;
      Object.assign(globalThis, { setTimeout: real.setTimeout, clearTimeout: real.clearTimeout });
    },
  };
}
