/**
 * The only path normal form. An origin may understand a path in other ways than we do (decode it once more, take `\` for
 * `/`, drop `;parameters`), so a rule has to hold in each of the ways it can be read.
 */

/** Nothing in here can be read in a second way: no escapes, no `;`, no `\`, no `//`, no dot segment. */
const plain = /^(?:\/[A-Za-z0-9_~!$&'()*+,=:@-][A-Za-z0-9_~!$&'()*+,=:@.-]*)*\/?$/;

/**
 * Every reading of a path, the one that is forwarded first: percent-decoded once and twice, `\` as `/`, without `;`
 * parameters, dot segments and `//` resolved. `null` when a reading holds NUL or another control character.
 * Bytes above 0x7f are compared as bytes, so that `/café` and `/caf%C3%A9` are one path.
 */
export function readingsOf(path: string): readonly string[] | null {
  if (plain.test(path)) return [path];
  const forwarded = decode(path, (byte) => byte >= 0x80);
  const once = decode(path, () => true);
  const twice = decode(once, () => true);
  const readings = new Set<string>();
  for (const decoded of [forwarded, once, twice]) {
    if (hasControl(decoded)) return null;
    for (const slashed of [decoded, decoded.replaceAll('\\', '/')]) {
      for (const bare of [slashed, slashed.replace(/;[^/]*/g, '')]) {
        readings.add(bare);
        readings.add(resolve(bare));
      }
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

function resolve(path: string): string {
  const out: string[] = [];
  const segments = path.split('/');
  for (const segment of segments) {
    if (segment === '' || segment === '.') continue;
    if (segment === '..') out.pop();
    else out.push(segment);
  }
  const last = segments.at(-1);
  const open = out.length > 0 && (last === '' || last === '.' || last === '..') ? '/' : '';
  return `/${out.join('/')}${open}`;
}
