/**
 * The readings of a path. An origin may decode a path once more, read `\` as `/` or drop `;parameters`, so an access rule must
 * hold for every way in which the path can be read.
 */

/** Has one reading only: no escapes, no `;`, no `\`, no `//`, no dot segment. */
const plain = /^(?:\/[A-Za-z0-9_~!$&'()*+,=:@-][A-Za-z0-9_~!$&'()*+,=:@.-]*)*\/?$/;

/** Some proxies decode for an application that decodes again. */
const maxDecodings = 2;
/** A normal path has a dozen at most. One with more was made to be misread. */
const maxReadings = 64;
/** What servers accept in a request line. The work grows with the length and the number of readings. */
const maxPathBytes = 8_192;

/**
 * Ways to hide where a path leads, one bit each. Parameters, doubled slashes and escaped letters are not among them, because
 * normal links have them.
 */
const escapedSlash = 1;
const dotSegment = 2;
const backslash = 4;

/** What servers, containers and frameworks do to a path besides decoding it, in any order. */
const simplifications: readonly (readonly [simplified: (path: string) => string, disguise: number])[] = [
  [(path) => path.replace(/;[^/]*/g, ''), 0],
  [(path) => path.replace(/\/{2,}/g, '/'), 0],
  // Decoded text that is parsed as a URL again ends at the first of these.
  [(path) => path.replace(/[?#].*$/s, ''), 0],
  [(path) => path.replaceAll('\\', '/'), backslash],
  [(path) => (path.includes('/.') ? withoutDotSegments(path) : path), dotSegment],
];

export interface PathReading {
  readonly path: string;
  /** The disguises that had to be removed, one bit each; `0`: none. */
  readonly disguise: number;
}
export type Readings =
  | { readonly kind: 'read'; readonly readings: readonly PathReading[] }
  | { readonly kind: 'refused'; readonly because: string };

const refused = (because: string): Readings => ({ kind: 'refused', because });

/**
 * Every reading of a path, the one that is forwarded first: percent-decoded up to twice, `\` as `/`, without `;` parameters,
 * `//`, dot segments, and what a decoded `?` or `#` would cut off, in every order of these. Refused when the path is too
 * long, when a reading has a control character, or when there are too many readings.
 * Bytes above 0x7f are compared as bytes, so that `/café` and `/caf%C3%A9` are one path.
 */
export function readingsOf(path: string): Readings {
  if (path.length > maxPathBytes) return refused(`the path is longer than ${maxPathBytes} bytes`);
  if (plain.test(path)) return { kind: 'read', readings: [{ path, disguise: 0 }] };
  const readings = new Map<string, number>();
  let level = new Map([[decode(path, isBeyondAscii), 0]]);
  for (let decodings = 0; decodings <= maxDecodings; decodings++) {
    if (decodings > 0) {
      if (!hasEscapes(level)) break;
      level = decoded(level);
    }
    // A map's iteration includes entries that are added during it.
    for (const [reading, disguise] of level) {
      if (hasControl(reading)) return refused('control character in the path');
      keepPlainer(readings, reading, disguise);
      for (const [simplified, more] of simplifications) keepPlainer(level, simplified(reading), disguise | more);
      if (level.size > maxReadings) return refused('the path can be read in too many ways');
    }
  }
  return { kind: 'read', readings: Array.from(readings, ([reading, disguise]) => ({ path: reading, disguise })) };
}

function hasEscapes(level: ReadonlyMap<string, number>): boolean {
  for (const reading of level.keys()) if (reading.includes('%')) return true;
  return false;
}

function decoded(level: ReadonlyMap<string, number>): Map<string, number> {
  const next = new Map<string, number>();
  for (const [reading, disguise] of level) {
    keepPlainer(
      next,
      decode(reading, () => true),
      disguise | (/%2f/i.test(reading) ? escapedSlash : 0),
    );
  }
  return next;
}

/** The reading with fewer disguises counts, and is simplified once more. */
function keepPlainer(known: Map<string, number>, reading: string, disguise: number): void {
  const before = known.get(reading);
  if (before !== undefined && before <= disguise) return;
  known.delete(reading);
  known.set(reading, disguise);
}

const isBeyondAscii = (byte: number): boolean => byte >= 0x80;
/** Would change the path's structure if it were not escaped, or is a control character. */
const isStructural = (byte: number): boolean =>
  byte < 0x20 || byte === 0x7f || '/\\?#;'.includes(String.fromCharCode(byte));

/** A route's pattern in the form in which it compares with the readings. */
export const patternForm = (path: string): string => decode(bytesOf(path), isBeyondAscii);

/** The same, and with its escapes resolved: a server that decodes reads `/my%20files` as `/my files`. */
export function patternForms(path: string): readonly [string, ...string[]] {
  const written = patternForm(path);
  const meant = decode(bytesOf(path), (byte) => !isStructural(byte));
  return meant === written ? [written] : [written, meant];
}

/** Makes patterns and readings comparable: equal text means that they match. */
export type Fold = (path: string) => string;

/**
 * `folded`: without letter case and without one last slash, which most servers ignore. `exact`: both count, and
 * only the digits of an escape are the same in either case (RFC 3986, section 6.2.2.1).
 */
export const foldFor = (matching: 'folded' | 'exact'): Fold => (matching === 'folded' ? folded : withEscapesAlike);

const folded: Fold = (path) => foldCase(path.endsWith('/') ? path.slice(0, -1) : path);
const withEscapesAlike: Fold = (path) => path.replace(/%[0-9a-f]{2}/gi, (escaped) => escaped.toUpperCase());

/** Of text whose characters are bytes. */
function foldCase(text: string): string {
  if (!/[\x80-\xff]/.test(text)) return text.toLowerCase();
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase()).replace(letterBeyondAscii, foldLetter);
}

/** A character of UTF-8 (RFC 3629, section 4), or a capital letter of ISO 8859-1 that is part of none. */
const letterBeyondAscii =
  /[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}|[\xc0-\xd6\xd8-\xde]/g;

/**
 * Servers compare by small letters, by capitals or by either: what is equal in one of these ways is equal here. Lower case
 * of U+0130 is `i` to those that map one character to one (Unicode, UnicodeData.txt).
 */
function foldLetter(bytes: string): string {
  const letter =
    bytes.length === 1 ? bytes : new TextDecoder().decode(Uint8Array.from(bytes, (byte) => byte.charCodeAt(0)));
  if (letter.includes('\ufffd')) return bytes;
  const alike = letter === '\u0130' ? 'i' : letter.toLowerCase().toUpperCase().toLowerCase();
  return bytes.length === 1 ? alike : bytesOf(alike);
}

/** Text as its bytes in UTF-8, one character each. */
const bytesOf = (text: string): string => String.fromCharCode(...new TextEncoder().encode(text));

function decode(path: string, which: (byte: number) => boolean): string {
  return path.replace(/%([0-9A-Fa-f]{2})/g, (whole, digits: string) => {
    const byte = Number.parseInt(digits, 16);
    return which(byte) ? String.fromCharCode(byte) : whole;
  });
}

function hasControl(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x20 || code === 0x7f) return true;
  }
  return false;
}

/** RFC 3986, section 5.2.4: an empty segment is one that `..` takes away. */
function withoutDotSegments(path: string): string {
  const out: string[] = [];
  const segments = path.split('/').slice(1);
  for (const segment of segments) {
    if (segment === '..') out.pop();
    else if (segment !== '.') out.push(segment);
  }
  const last = segments.at(-1);
  return `/${out.join('/')}${out.length > 0 && (last === '.' || last === '..') ? '/' : ''}`;
}
