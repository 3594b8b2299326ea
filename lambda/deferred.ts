/**
 * Work that a request leaves for later. Lambda freezes the process once the reply is out, so "later" is just before that.
 */
import { logEvent } from '../shared/log/events.ts';
import type { Platform } from '../shared/platform.ts';
import { waitAtMost } from '../shared/time/timeout.ts';

/** The part of Lambda's context that is used here. */
export interface Deadline {
  getRemainingTimeInMillis(): number;
}

/** Kept free at the end of the function's time, so that the reply still gets out when deferred work hangs. */
const reserveMs = 500;
/** The longest delay that `setTimeout` accepts. */
const maxTimerMs = 2 ** 31 - 1;

export interface Deferred {
  /** `maxHeldMs`: the reply waits at most this long. After that the work goes on with the next invocation, if there is one. */
  defer(work: Promise<unknown>, maxHeldMs?: number): void;
  /** Resolves when all work is done, including work that deferred work adds, or when the reply has to go out. Never throws. */
  drained(): Promise<void>;
}

export function createDeferred(platform: Platform, deadline?: Deadline): Deferred {
  const required = new Set<Promise<unknown>>();
  const optional = new Map<Promise<unknown>, number>();
  const report = (reason: string): void => logEvent(platform, 'deferred_work_lost', { reason });

  const drain = async (): Promise<void> => {
    const held = [...optional].map(([work, maxHeldMs]) => waitAtMost(work, maxHeldMs));
    while (required.size > 0) await Promise.all(required);
    await Promise.all(held);
  };

  return {
    defer(work, maxHeldMs) {
      const done = work
        // Only the kind of error is logged: its message could contain what was being written.
        .catch((error: unknown) => report(error instanceof Error ? error.name : 'unknown'))
        .finally(() => {
          required.delete(done);
          optional.delete(done);
        });
      if (maxHeldMs === undefined) required.add(done);
      else optional.set(done, maxHeldMs);
    },

    async drained() {
      if (required.size === 0 && optional.size === 0) return;
      const remainingMs = deadline?.getRemainingTimeInMillis() ?? Infinity;
      let isDrained = false;
      const draining = drain().then(() => {
        isDrained = true;
      });
      await waitAtMost(draining, Math.min(maxTimerMs, Math.max(0, remainingMs - reserveMs)));
      if (!isDrained) report('still running when the reply had to go out');
    },
  };
}
