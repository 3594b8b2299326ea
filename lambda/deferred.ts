/**
 * Work that a request leaves for later. Lambda freezes the process when the reply is out, so "later" is just before that.
 */
import type { Platform } from '../shared/platform.ts';
import { waitAtMost } from '../shared/time/timeout.ts';
import type { Deadline } from './handlers.ts';

/** Kept of the function's time so that a reply still gets out when deferred work hangs. */
const reserveMs = 500;
const longestTimerMs = 2 ** 31 - 1;

export interface Deferred {
  /** `mostHeldMs`: a reply waits no longer than this for it; then it goes on with the next invocation, or never. */
  defer(work: Promise<unknown>, mostHeldMs?: number): void;
  /** When all of it is done, that too which it deferred itself; or at the last moment for the reply. Never throws. */
  settled(): Promise<void>;
}

export function createDeferred(platform: Platform, deadline?: Deadline): Deferred {
  const open = new Set<Promise<unknown>>();
  const brief = new Map<Promise<unknown>, number>();
  const report = (why: string): void =>
    platform.log({ event: 'deferred_work_lost', at: new Date(platform.now()).toISOString(), reason: why });

  const drain = async (): Promise<'drained'> => {
    const held = [...brief].map(([work, mostMs]) => waitAtMost(work, mostMs));
    while (open.size > 0) await Promise.all(open);
    await Promise.all(held);
    return 'drained';
  };

  return {
    defer(work, mostHeldMs) {
      // Its message could name what it was writing; the kind of error says enough.
      const done = work
        .catch((error: unknown) => report(error instanceof Error ? error.name : 'unknown'))
        .finally(() => {
          open.delete(done);
          brief.delete(done);
        });
      if (mostHeldMs === undefined) open.add(done);
      else brief.set(done, mostHeldMs);
    },
    async settled() {
      if (open.size === 0 && brief.size === 0) return;
      const patienceMs = Math.min(
        longestTimerMs,
        Math.max(0, (deadline?.getRemainingTimeInMillis() ?? Infinity) - reserveMs),
      );
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<'late'>((resolve) => {
        timer = setTimeout(resolve, patienceMs, 'late');
      });
      if ((await Promise.race([drain(), late])) === 'late') report('still running when the reply had to go out');
      clearTimeout(timer);
    },
  };
}
