/**
 * Credentials this isolate has verified already, by their text: the second request with the same cookie pays for no
 * cryptography. Lifetimes and revocations are judged anew every time; only the signature is remembered.
 */
export interface Remembered<T> {
  get(text: string): T | undefined;
  set(text: string, value: T): void;
}

/** At 3 kB a cookie and as much again for what it says, about 12 MB at the most. A Worker has 128 MB. */
const mostRemembered = 2_000;

export function createRemembered<T>(): Remembered<T> {
  // Two generations in place of a linked list: what was used since the last turnover survives the next one.
  let young = new Map<string, T>();
  let old = new Map<string, T>();
  const keep = (text: string, value: T): void => {
    if (young.size >= mostRemembered / 2) {
      old = young;
      young = new Map();
    }
    young.set(text, value);
  };
  return {
    get(text) {
      const recent = young.get(text);
      if (recent !== undefined) return recent;
      const older = old.get(text);
      if (older !== undefined) keep(text, older);
      return older;
    },
    set: keep,
  };
}
