/**
 * What follows from a text, where this isolate has worked it out already: the second request with the same cookie pays for
 * no cryptography, the second for a path needs no walk along the routes. Only what the text itself says is remembered;
 * lifetimes and revocations are judged anew every time.
 */
import { createRecent, finalKey, firstKey, nextKey } from './lru.ts';

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

/** Of a text that ends with its signature or its tag, or differs from others in its end for another reason. */
export const byItsEnd = (text: string): number => signOfPart(text, Math.max(0, text.length - signLength), text.length);
/** Of a text that has a random part. */
export const byThePartAt =
  (start: number) =>
  (text: string): number =>
    signOfPart(text, start, Math.min(text.length, start + signLength));

function signOfPart(text: string, start: number, end: number): number {
  let sign = firstKey;
  for (let i = start; i < end; i++) sign = nextKey(sign, text.charCodeAt(i));
  return finalKey(sign);
}

/**
 * `signOf`: a number out of a short part of the text in which no two are alike. A text is a new string with every request,
 * and to find it in a `Map` V8 would hash all of it and enter it into a table of its own; to compare it costs less. Where
 * signs are alike the last text stays.
 */
export function createRemembered<T>(signOf: (text: string) => number, most = mostRemembered): Remembered<T> {
  const recent = createRecent<Entry<T>>(most);
  return {
    get(text) {
      const entry = recent.get(signOf(text));
      return entry?.text === text ? entry.value : undefined;
    },
    set: (text, value) => recent.set(signOf(text), { text, value }),
  };
}

/** The same work for the same text is done once. `most` texts are kept, and none longer than `longest`. */
export function remembering<T extends {}>(
  work: (text: string) => T,
  { most, longest }: { readonly most: number; readonly longest: number },
): (text: string) => T {
  const remembered = createRemembered<T>(byItsEnd, most);
  return (text) => {
    const known = remembered.get(text);
    if (known !== undefined) return known;
    const result = work(text);
    if (text.length <= longest) remembered.set(text, result);
    return result;
  };
}
