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
/**
 * Entries are found by the end of their text: there is the signature or the tag, and no two are alike. A text is a new
 * string with every request, and V8 would copy and hash all of it to find it in a `Map`; to compare it costs less.
 */
const tailLength = 24;

export function createRemembered<T>(most = mostRemembered): Remembered<T> {
  // Two generations in place of a linked list: what was used since the last turnover survives the next one.
  let young = new Map<string, Entry<T>>();
  let old = new Map<string, Entry<T>>();
  const keep = (tail: string, entry: Entry<T>): void => {
    if (young.size >= most / 2) {
      old = young;
      young = new Map();
    }
    young.set(tail, entry);
  };
  return {
    get(text) {
      const tail = text.slice(-tailLength);
      const recent = young.get(tail);
      if (recent !== undefined) return recent.text === text ? recent.value : undefined;
      const older = old.get(tail);
      if (older === undefined || older.text !== text) return undefined;
      keep(tail, older);
      return older.value;
    },
    set: (text, value) => keep(text.slice(-tailLength), { text, value }),
  };
}
