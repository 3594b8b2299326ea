/**
 * What is there already, or will be. Most requests meet only things that this isolate has seen before, and a promise for
 * each of them, at every step, is what a gateway spends its time on.
 */
export type Soon<T> = T | Promise<T>;

export const andThen = <T, R>(value: Soon<T>, next: (value: T) => Soon<R>): Soon<R> =>
  value instanceof Promise ? value.then(next) : next(value);
