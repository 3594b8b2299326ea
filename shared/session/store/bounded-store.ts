/** A store whose calls answer in time or throw `StoreUnavailable`. */
import { failAfter } from '../../time/timeout.ts';
import type { Store } from './store.ts';
import { reasonOf, StoreUnavailable } from './unavailable.ts';

/** Longer than the slowest healthy answer of any store (KV from a distant location: less than 1 s). */
const timeoutMs = 3_000;

export const boundedStore = (store: Store, ms = timeoutMs): Store =>
  withOutages(
    eachCall(store, (name, call) => failAfter(call(), ms, () => `the store did not answer ${name} within ${ms} ms`)),
  );

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
