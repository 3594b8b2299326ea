/**
 * Room for the latest of what comes, each under a number. Two generations in place of a linked list: what was used since
 * the last turnover survives the next one.
 */
export interface Recent<T> {
  get(key: number): T | undefined;
  set(key: number, value: T): void;
}

/** As many bits as V8 keeps in a number that takes no memory of its own. */
const keyBits = 0x3fffffff;

/** FNV-1a, a step at a time: tells one from the other and protects nothing. */
export const firstKey = 0x811c9dc5;
export const nextKey = (key: number, part: number): number => Math.imul(key ^ part, 0x01000193);
export const finalKey = (key: number): number => key & keyBits;

export function createRecent<T>(most: number): Recent<T> {
  let young = new Map<number, T>();
  let old = new Map<number, T>();
  function set(key: number, value: T): void {
    if (young.size >= most / 2) {
      old = young;
      young = new Map();
    }
    young.set(key, value);
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
