/**
 * A pin behind an application's own value, as one text: `<value>~b1.<pin>`. The pin is always of one length and holds
 * neither `~` nor `.`, so what ends in this form is known for ours without a key and without the configuration that made
 * it: it is taken off before an origin sees the value, also when no key opens it any more. The last such end is the
 * boundary, so that a value which another gateway has wrapped before is one like any other.
 *
 * Before, it was `<value>~<pin>`, with pins as long as what was in them. Those are still read (`restoring.ts`).
 */
import type { SealedPin } from './transport.ts';

/** Of a sealed pin behind a value, in characters of base64url: 384 bytes, of which 352 are the padded pin (`pin.ts`). */
export const pinLength = 512;
const mark = '~b1.';
/** What a value grows by. */
export const suffixLength = mark.length + pinLength;

export const wrapped = (value: string, pin: string): string => value + mark + pin;

export interface Suffix {
  /** Behind it. */
  readonly end: number;
  /** The sealed pin. */
  readonly text: string;
  /** Of the form before, which an application's own value may have by chance. */
  readonly isOlder: boolean;
}

/** Sealed pins of the form before: of the shortest names, and of the longest that were ever read. */
const [shortestOlder, longestOlder] = [135, 768];
const formed = new RegExp(`~(?:b1\\.([\\w-]{${pinLength}})|([\\w-]{${shortestOlder},${longestOlder}}))(?![\\w-])`, 'y');

/** The suffix that begins at this `~`, or `null`. What follows it is the caller's to judge. */
export function suffixAt(text: string, at: number): Suffix | null {
  formed.lastIndex = at;
  const found = formed.exec(text);
  if (found === null) return null;
  const [{ length }, pin, older] = found as unknown as [string, string | undefined, string | undefined];
  return { end: at + length, text: (pin ?? older) as string, isOlder: pin === undefined };
}

/** Whether a cookie's value may be complete here, and what comes behind a comma is another cookie of another line. */
export function endsInPin(value: string): boolean {
  const tail = value.slice(-longestTail);
  const at = tail.lastIndexOf('~');
  return at >= 0 && suffixAt(tail, at)?.end === tail.length;
}
const longestTail = longestOlder + 1;

/** `null` for what cannot be one of ours. Whether it leads anywhere, only opening the pin can tell. */
export function unwrapped(text: string): (SealedPin & { readonly value: string; readonly isOlder: boolean }) | null {
  const at = text.lastIndexOf('~');
  const suffix = at < 1 ? null : suffixAt(text, at);
  if (suffix === null) return null;
  const { end, text: pin, isOlder } = suffix;
  // Some clients put quotes around a whole value that came without.
  const isQuoted = end === text.length - 1 && text.startsWith('"') && text.endsWith('"');
  if (end < text.length && !isQuoted) return null;
  const value = text.slice(isQuoted ? 1 : 0, at);
  return value === '' ? null : { value, text: pin, isOlder };
}

/** Tells the values of one carrier from those of another. */
export const cookieLabel = (name: string): string => `origin cookie ${name}`;
export const headerLabel = (name: string): string => `wrapped header ${name}`;
