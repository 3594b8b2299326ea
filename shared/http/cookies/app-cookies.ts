/**
 * An application's own cookie on its way through, byte for byte: where its value stands in a Cookie header and in a
 * Set-Cookie line, so that it can be exchanged there and nothing else be touched (RFC 6265bis, sections 4.1 and 5.6).
 */
import { type Piece, piecesOf } from './cookie-header.ts';

/**
 * A Cookie header cut where values of the name begin and end: every second part is such a value. Joined it is the header
 * again. An application's value may hold a comma, and two lines may have been joined by one: `isWhole` says of a value that
 * goes on behind a comma in front of another pair whether it is complete there.
 */
export function splitAtValues(
  header: string,
  name: string,
  isWhole: (value: string) => boolean = () => false,
): string[] {
  const parts: string[] = [];
  const pieces = piecesOf(header);
  let cutAt = 0;
  for (let i = 0; i < pieces.length; i++) {
    const { name: found, valueAt } = pieces[i] as Piece;
    if (found !== name || valueAt < 0) continue;
    while (goesOn(pieces[i + 1], header.slice(valueAt, (pieces[i] as Piece).end))) i++;
    const whole = header.slice(valueAt, (pieces[i] as Piece).end);
    const value = whole.trim();
    const start = valueAt + (whole.length - whole.trimStart().length);
    parts.push(header.slice(cutAt, start), value);
    cutAt = start + value.length;
  }
  parts.push(header.slice(cutAt));
  return parts;

  function goesOn(next: Piece | undefined, value: string): boolean {
    if (next?.behind !== ',') return false;
    return next.valueAt < 0 || (next.name !== name && !isWhole(value.trim()));
  }
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
