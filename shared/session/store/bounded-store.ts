/**
 * A store whose calls answer in time or throw `StoreUnavailable`, and whose outages are seen: counted, logged, and not waited
 * for by every request (`outage.ts`).
 */
import { failAfter } from '../../time/timeout.ts';
import { OutageWatch } from './outage.ts';
import type { Store } from './store.ts';
import { reasonOf, StoreUnavailable } from './unavailable.ts';

/**
 * - `ok`: it answered.
 * - `failed`: it refused, or could not be reached.
 * - `skipped`: it was not asked, because an earlier call got no answer.
 */
export type StoreOutcome = 'ok' | 'failed' | 'skipped';

export interface StoreObserver {
  /** Milliseconds since the epoch, by the process's clock. */
  now(): number;
  onCall(operation: string, outcome: StoreOutcome, tookMs: number): void;
  /** The first failure of an outage. `cause`: for the log. */
  onDown(cause: string, since: number): void;
  /** The first success after an outage. */
  onUp(since: number): void;
}

/** For a store whose outages nothing else has to know. */
export const unobserved: StoreObserver = { now: Date.now, onCall: () => {}, onDown: () => {}, onUp: () => {} };

/** `ms`: `answersWithinMs` of the store's kind (`config/stores.ts`). */
export function boundedStore(store: Store, observer: StoreObserver, ms: number): Store {
  const watch = new OutageWatch();

  async function observed(name: string, call: () => Promise<unknown>): Promise<unknown> {
    const startedAt = observer.now();
    // A check is asked for the truth, and what it finds need not concern the other calls.
    const counts = name !== 'check';
    if (counts && !watch.admits(startedAt)) {
      observer.onCall(name, 'skipped', 0);
      throw new StoreUnavailable('the store gave no answer a moment ago and is not asked yet');
    }
    try {
      const answer = await failAfter(call(), ms, () => `the store did not answer ${name} within ${ms} ms`);
      const now = observer.now();
      observer.onCall(name, 'ok', now - startedAt);
      const ended = counts ? watch.succeeded(now) : null;
      if (ended) observer.onUp(ended.since);
      return answer;
    } catch (error) {
      const now = observer.now();
      observer.onCall(name, 'failed', now - startedAt);
      const began = counts ? watch.failed(now, now - startedAt) : null;
      const cause = reasonOf(error);
      if (began) observer.onDown(cause, began.since);
      throw error instanceof StoreUnavailable ? error : new StoreUnavailable(cause);
    }
  }

  return eachCall(store, observed);
}

/** Any error of a call is an outage. */
export const withOutages = (store: Store): Store =>
  eachCall(store, async (_, call) => {
    try {
      return await call();
    } catch (error) {
      throw new StoreUnavailable(reasonOf(error));
    }
  });

type Around = (name: string, call: () => Promise<unknown>) => Promise<unknown>;

const eachCall = (store: Store, around: Around): Store =>
  new Proxy(store, {
    get(target, name) {
      const method: unknown = Reflect.get(target, name);
      if (typeof method !== 'function') return method;
      return (...args: unknown[]) => around(String(name), () => Reflect.apply(method, target, args));
    },
  });
