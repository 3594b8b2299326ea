/**
 * What this isolate has verified or opened already, by its text: the second request with the same cookie pays for no
 * cryptography. Lifetimes and revocations are judged anew every time; only what the text itself says is remembered.
 */
export interface Remembered<T> {
  get(text: string): T | undefined;
  set(text: string, value: T): void;
}

interface Entry<T> {
  readonly text: string;
  readonly value: T;
}

/** At 3 kB a cookie and as much again for what it says, about 12 MB at the most. A Worker has 128 MB. */
const mostRemembered = 2_000;
const signLength = 24;

/** Of a text that ends with its signature or its tag. */
export const byItsEnd = (text: string): string => text.slice(-signLength);
/** Of a text that has a random part. */
export const byThePartAt =
  (start: number) =>
  (text: string): string =>
    text.slice(start, start + signLength);

/**
 * `signOf`: a short part of the text in which no two are alike. A text is a new string with every request, and V8 would
 * copy and hash all of it to find it in a `Map`; to compare it costs less. Where signs are alike the last text stays.
 */
export function createRemembered<T>(signOf: (text: string) => string, most = mostRemembered): Remembered<T> {
  // Two generations in place of a linked list: what was used since the last turnover survives the next one.
  let young = new Map<string, Entry<T>>();
  let old = new Map<string, Entry<T>>();
  const keep = (sign: string, entry: Entry<T>): void => {
    if (young.size >= most / 2) {
      old = young;
      young = new Map();
    }
    young.set(sign, entry);
  };
  return {
    get(text) {
      const sign = signOf(text);
      const recent = young.get(sign);
      if (recent !== undefined) return recent.text === text ? recent.value : undefined;
      const older = old.get(sign);
      if (older === undefined || older.text !== text) return undefined;
      keep(sign, older);
      return older.value;
    },
    set: (text, value) => keep(signOf(text), { text, value }),
  };
}
