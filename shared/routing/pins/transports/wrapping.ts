/**
 * A pin behind an application's own value, as one text: `<value>~b1.<pin>`. All such pins have one length and contain
 * neither `~` nor `.`. This suffix is therefore recognised without a key and without the configuration that made it, and
 * is removed before an origin sees the value, even when no key opens the pin. The last suffix is the boundary: a value
 * that another gateway has wrapped is a value like any other.
 *
 * The older form was `<value>~<pin>`, with pins of any length. It is still read (`restoring.ts`).
 */
export interface SealedPin {
  /** The pin, sealed. */
  readonly text: string;
  /** The application's own value that it stands behind; `null`: the pin is bound to the session. */
  readonly value: string | null;
}

/** Of a sealed pin behind a value, in characters of base64url: 384 bytes, of which 352 are the padded pin (`sealed-pins.ts`). */
export const pinLength = 512;
const mark = '~b1.';
/** By how much a value grows. */
export const suffixLength = mark.length + pinLength;

export const wrapped = (value: string, pin: string): string => value + mark + pin;

export interface Suffix {
  /** Where it ends. */
  readonly end: number;
  /** The sealed pin. */
  readonly text: string;
  /** It has the older form, which an application's own value may have by chance. */
  readonly isOlder: boolean;
}

/** Lengths of sealed pins of the older form: of the shortest names, and the longest that was ever read. */
const [minOlderLength, maxOlderLength] = [135, 768];
const suffixForm = new RegExp(
  `~(?:b1\\.([\\w-]{${pinLength}})|([\\w-]{${minOlderLength},${maxOlderLength}}))(?![\\w-])`,
  'y',
);

/** The suffix that begins at this `~`, or `null`. What may follow it is for the caller to judge. */
export function suffixAt(text: string, at: number): Suffix | null {
  suffixForm.lastIndex = at;
  const found = suffixForm.exec(text);
  if (found === null) return null;
  const [{ length }, pin, older] = found as unknown as [string, string | undefined, string | undefined];
  return { end: at + length, text: (pin ?? older) as string, isOlder: pin === undefined };
}

/** Whether a cookie's value ends in a suffix, so that a comma behind it begins another cookie. */
export function endsInPin(value: string): boolean {
  const tail = value.slice(-maxTailLength);
  const at = tail.lastIndexOf('~');
  return at >= 0 && suffixAt(tail, at)?.end === tail.length;
}
const maxTailLength = maxOlderLength + 1;

/** `null` for a text that has no suffix of ours. Whether a key opens the pin is not looked at. */
export function unwrapped(text: string): (SealedPin & { readonly value: string; readonly isOlder: boolean }) | null {
  const at = text.lastIndexOf('~');
  const suffix = at < 1 ? null : suffixAt(text, at);
  if (suffix === null) return null;
  const { end, text: pin, isOlder } = suffix;
  // Some clients put quotes around a value that they received without.
  const isQuoted = end === text.length - 1 && text.startsWith('"') && text.endsWith('"');
  if (end < text.length && !isQuoted) return null;
  const value = text.slice(isQuoted ? 1 : 0, at);
  return value === '' ? null : { value, text: pin, isOlder };
}

/** Distinguishes the values of one transport from those of another. */
export const cookieLabel = (name: string): string => `origin cookie ${name}`;
export const headerLabel = (name: string): string => `wrapped header ${name}`;
