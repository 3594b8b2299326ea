/**
 * A bounded cache of what was used last. It saves work that a value alone decides, such as verifying a cookie's signature.
 * Lifetimes and revocations are never cached: callers judge them on every request.
 *
 * Two generations take the place of a linked list: an entry that is used moves to the young one, and when that is half
 * the cache, the old one is dropped.
 */
export interface Lru<Key, Value> {
  get(key: Key): Value | undefined;
  set(key: Key, value: Value): void;
}

export interface LruLimits<Key, Value> {
  readonly maxEntries: number;
  /** Of all keys together. An entry of more than half of it is not kept. */
  readonly maxCharacters: number;
  /** Default: the key's own length. */
  readonly lengthOf: (key: Key, value: Value) => number;
}

/** Cookies have up to 4 kB, and their decoded form takes about as much again: about 12 MB at most. A Worker has 128 MB. */
const maxEntries = 2_000;
const maxCharacters = 6_000_000;

export function createLru<Value>(limits?: Partial<LruLimits<string, Value>>): Lru<string, Value>;
export function createLru<Key, Value>(
  limits: Partial<LruLimits<Key, Value>> & Pick<LruLimits<Key, Value>, 'lengthOf'>,
): Lru<Key, Value>;
export function createLru<Key, Value>(limits: Partial<LruLimits<Key, Value>> = {}): Lru<Key, Value> {
  const entriesEach = (limits.maxEntries ?? maxEntries) / 2;
  const charactersEach = (limits.maxCharacters ?? maxCharacters) / 2;
  const lengthOf = limits.lengthOf ?? ((key: Key) => (key as string).length);
  let young = new Map<Key, Value>();
  let old = new Map<Key, Value>();
  let characters = 0;

  function set(key: Key, value: Value): void {
    const length = lengthOf(key, value);
    if (length > charactersEach) return;
    if (young.size >= entriesEach || characters + length > charactersEach) {
      old = young;
      young = new Map();
      characters = 0;
    }
    young.set(key, value);
    characters += length;
  }

  return {
    get(key) {
      const recent = young.get(key);
      if (recent !== undefined) return recent;
      const older = old.get(key);
      if (older !== undefined) set(key, older);
      return older;
    },
    set,
  };
}

/** Does the same work for the same text once. A text longer than `maxLength` is worked on every time. */
export function memoize<Value extends {}>(
  work: (text: string) => Value,
  { maxLength, ...limits }: { readonly maxEntries: number; readonly maxLength: number },
): (text: string) => Value {
  const cache = createLru<Value>(limits);
  return (text) => {
    const known = cache.get(text);
    if (known !== undefined) return known;
    const result = work(text);
    if (text.length <= maxLength) cache.set(text, result);
    return result;
  };
}
