/**
 * Gives requests with equal stable fields the same `StableHeaders` object, so that what follows from these fields is worked
 * out once. What it brings, measured: `docs/decisions/header-cache.md`.
 */
import { type HeaderSnapshot, readHeaders, type StableHeaders, withStable } from '../http/header-snapshot.ts';
import { hasLostBytes } from '../http/headers.ts';
import { fnvNext, fnvStart } from './fnv1a.ts';
import { createLru } from './lru.ts';

/** With cookies of 1 kB, and what is cached on them, about 10 kB each. */
const maxHeaders = 500;
/** A larger header is not kept, so that one client cannot fill the memory of all. */
const maxBytes = 8 * 1024;

export function createHeaderInterner(): (headers: Headers) => HeaderSnapshot {
  const known = createLru<number, StableHeaders>({
    maxEntries: maxHeaders,
    maxCharacters: maxHeaders * maxBytes,
    lengthOf: (_, { values }) => values.reduce((length, value) => length + value.length, 0),
  });

  return (headers) => {
    const snapshot = readHeaders(headers);
    if (snapshot.bytes > maxBytes) return snapshot;
    const { stable } = snapshot;
    const key = keyOf(stable);
    const before = known.get(key);
    if (before !== undefined && areEqual(before, stable)) return withStable(snapshot, before);
    // Two values that have lost bytes look equal and may not be.
    if (!stable.values.some(hasLostBytes)) known.set(key, stable);
    return snapshot;
  };
}

/** Clients differ in the last characters of their values: of a cookie, a token, an address. A tie is only a cache miss. */
const charactersOfEach = 4;

/** Not the whole text: joining and hashing 1 kB costs three times what the interner costs with this key. */
function keyOf({ values, volatileNames }: StableHeaders): number {
  let key: number = fnvStart;
  for (const name of volatileNames) key = fnvNext(fnvNext(key, name.length), name.charCodeAt(0));
  for (const value of values) {
    const { length } = value;
    key = fnvNext(key, length);
    for (let i = Math.max(0, length - charactersOfEach); i < length; i++) key = fnvNext(key, value.charCodeAt(i));
  }
  // 30 bits stay a small integer.
  return key & 0x3fffffff;
}

const areEqual = (one: StableHeaders, other: StableHeaders): boolean =>
  areSame(one.names, other.names) &&
  areSame(one.values, other.values) &&
  areSame(one.volatileNames, other.volatileNames);

function areSame(some: readonly string[], others: readonly string[]): boolean {
  if (some.length !== others.length) return false;
  for (let i = 0; i < some.length; i++) if (some[i] !== others[i]) return false;
  return true;
}

/** Caches on the interned object what follows from a header's stable fields alone. */
export function memoizeByHeaders<T>(work: (stable: StableHeaders) => T): (headers: HeaderSnapshot) => T {
  const known = new WeakMap<StableHeaders, { readonly result: T }>();
  return ({ stable }) => {
    const before = known.get(stable);
    if (before !== undefined) return before.result;
    const result = work(stable);
    known.set(stable, { result });
    return result;
  };
}
