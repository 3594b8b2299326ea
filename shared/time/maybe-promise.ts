/**
 * A value that is often known already: a credential that was verified before, a pin that was opened before. The caller then
 * need not wait for a promise.
 */
export type MaybePromise<T> = T | Promise<T>;

export const chain = <T, R>(value: MaybePromise<T>, next: (value: T) => MaybePromise<R>): MaybePromise<R> =>
  value instanceof Promise ? value.then(next) : next(value);
