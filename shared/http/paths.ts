/**
 * The only path normal form. An origin may understand a path in other ways than we do (decode it once more, take `\` for
 * `/`, drop `;parameters`), so a rule has to hold in each of the ways it can be read.
 */

/** Nothing in here can be read in a second way: no escapes, no `;`, no `\`, no `//`, no dot segment. */
const plain = /^(?:\/[A-Za-z0-9_~!$&'()*+,=:@-][A-Za-z0-9_~!$&'()*+,=:@.-]*)*\/?$/;

/** Twice happens where a proxy decodes for an application that decodes again. */
const mostDecodings = 2;
/** An honest path has a dozen at the most. One with more was made to be misread, and reading it on would be work. */
const mostReadings = 64;

/** What servers, containers and frameworks do to a path besides decoding it, each of them in its own order. */
const simplifications: readonly ((path: string) => string)[] = [
  (path) => path.replaceAll('\\', '/'),
  (path) => path.replace(/;[^/]*/g, ''),
  (path) => path.replace(/\/{2,}/g, '/'),
  (path) => (path.includes('/.') ? withoutDotSegments(path) : path),
  // Decoded text that is made a URL again ends at the first of these.
  (path) => path.replace(/[?#].*$/s, ''),
];

/**
 * Every reading of a path, the one that is forwarded first: percent-decoded up to twice, `\` as `/`, without `;` parameters,
 * `//`, dot segments, and what a decoded `?` or `#` would cut off, in every order of these. `null` when a reading holds NUL
 * or another control character, or when there is no end of them.
 * Bytes above 0x7f are compared as bytes, so that `/café` and `/caf%C3%A9` are one path.
 */
export function readingsOf(path: string): readonly string[] | null {
  if (plain.test(path)) return [path];
  const readings = new Set<string>();
  let level = new Set([decode(path, (byte) => byte >= 0x80)]);
  for (let decodings = 0; decodings <= mostDecodings; decodings++) {
    if (decodings > 0) level = new Set([...level].map((reading) => decode(reading, () => true)));
    // A set hands out what is added to it on the way.
    for (const reading of level) {
      if (hasControl(reading)) return null;
      readings.add(reading);
      for (const simplify of simplifications) level.add(simplify(reading));
      if (level.size > mostReadings) return null;
    }
  }
  return [...readings];
}

/** How a route's own pattern is written so that it compares with the readings. */
export const patternForm = (path: string): string => {
  const bytes = new TextEncoder().encode(path);
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return decode(text, (byte) => byte >= 0x80);
};

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

/** Letters, digits and slashes: what a URL parser would leave as it is. */
const plainUrl = /^https?:\/\/[^/?#\\]+(\/[A-Za-z0-9_~/-]*)(?:\?|$)/;

/** The path of an absolute URL, as the URL standard normalises it; without a parser where there is nothing to normalise. */
export const pathOf = (url: string): string => plainUrl.exec(url)?.[1] ?? new URL(url).pathname;
