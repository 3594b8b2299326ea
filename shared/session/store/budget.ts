/**
 * How long one request may wait for the store in all. A store that answers slowly, and in time for each call, must not hold a
 * request with many calls for longer than this.
 */
import { failAfter } from '../../time/timeout.ts';
import { StoreUnavailable } from './unavailable.ts';

const budgetMs = 3_000;

export class StoreBudget {
  readonly #now: () => number;
  #leftMs: number;
  #pending = 0;
  #since = 0;

  /** `now`: the process's clock, in milliseconds. */
  constructor(now: () => number, ms = budgetMs) {
    this.#now = now;
    this.#leftMs = ms;
  }

  /** The work's own result, or `StoreUnavailable` when the budget is used up. The work goes on then. */
  async spend<T>(work: Promise<T>): Promise<T> {
    if (this.#pending === 0) this.#since = this.#now();
    this.#pending++;
    // Calls that run side by side spend the same time.
    const leftMs = Math.max(0, this.#leftMs - (this.#now() - this.#since));
    try {
      return await failAfter(work, leftMs, () => new StoreUnavailable('the store took too long for one request'));
    } finally {
      this.#pending--;
      if (this.#pending === 0) this.#leftMs -= this.#now() - this.#since;
    }
  }
}

/** The same object, whose methods, and those of its parts, spend the budget where they answer with a promise. */
export const spending = <T extends object>(object: T, budget: StoreBudget): T =>
  new Proxy(object, {
    get(target, name) {
      const method: unknown = Reflect.get(target, name);
      if (typeof method === 'object' && method !== null) return spending(method, budget);
      if (typeof method !== 'function') return method;
      return (...args: unknown[]) => {
        const result: unknown = Reflect.apply(method, target, args);
        return result instanceof Promise ? budget.spend(result) : result;
      };
    },
  });
