/**
 * An application's own cookie on its way through, byte for byte: where its value stands in a Cookie header and in a
 * Set-Cookie line, so that it can be exchanged there and nothing else be touched (RFC 6265bis, sections 4.1 and 5.6).
 */

/** A Cookie header cut where values of the name begin and end: every second part is such a value. Joined it is the header again. */
export function cutAtValues(header: string, name: string): string[] {
  const parts: string[] = [''];
  for (const [i, pair] of header.split(';').entries()) {
    if (i > 0) append(parts, ';');
    // Some hosts join two Cookie lines by a comma, as if they were any other list.
    for (const [j, piece] of pair.split(commaBefore(name)).entries()) {
      if (j % 2 === 1) {
        append(parts, piece);
        continue;
      }
      const equals = piece.indexOf('=');
      if (equals < 0 || piece.slice(0, equals).trim() !== name) {
        append(parts, piece);
        continue;
      }
      const value = piece.slice(equals + 1);
      const start = equals + 1 + (value.length - value.trimStart().length);
      append(parts, piece.slice(0, start));
      parts.push(value.trim(), piece.slice(start + value.trim().length));
    }
  }
  return parts;
}

const append = (parts: string[], text: string): void => {
  parts[parts.length - 1] += text;
};

const patterns = new Map<string, RegExp>();

/** Names come from the configuration, so there are few. */
function commaBefore(name: string): RegExp {
  const known = patterns.get(name);
  if (known) return known;
  const fresh = new RegExp(`(,[ \\t]*)(?=${name.replace(/[^A-Za-z0-9_-]/g, '\\$&')}[ \\t]*=)`);
  patterns.set(name, fresh);
  return fresh;
}

/** A Set-Cookie line that sets the cookie: what stands before its value, the value, and all the rest. */
export interface SetCookie {
  readonly before: string;
  readonly value: string;
  readonly after: string;
}

/** `null` when the line is about another cookie, or takes this one away. */
export function readSetCookie(line: string, name: string, now: number): SetCookie | null {
  const stop = line.indexOf(';');
  const pair = stop < 0 ? line : line.slice(0, stop);
  const equals = pair.indexOf('=');
  if (equals < 0 || pair.slice(0, equals).trim() !== name) return null;
  const raw = pair.slice(equals + 1);
  const value = raw.trim();
  if (value === '' || hasEnded(line.slice(pair.length), now)) return null;
  const start = equals + 1 + (raw.length - raw.trimStart().length);
  return { before: line.slice(0, start), value, after: line.slice(start + value.length) };
}

/** Max-Age overrules Expires, and the last of each counts (section 5.6.3). */
function hasEnded(attributes: string, now: number): boolean {
  let maxAge: number | null = null;
  let expires: number | null = null;
  for (const attribute of attributes.split(';')) {
    const [name = '', value = ''] = attribute.split('=', 2).map((text) => text.trim());
    if (/^max-age$/i.test(name) && /^-?\d+$/.test(value)) maxAge = Number(value);
    if (/^expires$/i.test(name)) expires = Number.isNaN(Date.parse(value)) ? expires : Date.parse(value);
  }
  return maxAge !== null ? maxAge <= 0 : expires !== null && expires <= now;
}
