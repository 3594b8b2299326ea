/**
 * What is there already, or will be. Most requests meet only things that this isolate has seen before, and a promise for
 * each of them, at every step, is what a gateway spends its time on.
 */
export type MaybePromise<T> = T | Promise<T>;

export const chain = <T, R>(value: MaybePromise<T>, next: (value: T) => MaybePromise<R>): MaybePromise<R> =>
  value instanceof Promise ? value.then(next) : next(value);
