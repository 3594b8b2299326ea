/**
 * The one scanner of Cookie headers. It tells where each cookie is, so that some can be read, removed or replaced while every
 * other byte stays (RFC 6265bis, sections 4.2.1 and 5.8.4).
 *
 * A semicolon ends a cookie, even inside quotes, as in browsers. A comma is an ordinary character of a value, but some hosts
 * join two Cookie lines by one. The text after a comma is therefore a piece of its own, and the caller, who knows the names,
 * decides whether it is another cookie.
 */
export interface Piece {
  /** Without the separator before it. */
  readonly start: number;
  readonly end: number;
  /** Before the first `=`, or all of it, without the spaces and tabs around it. */
  readonly name: string;
  /** After the first `=`; -1 when there is none. */
  readonly valueAt: number;
  /** The separator before it. The first piece counts as one after a semicolon. */
  readonly separator: ';' | ',';
  /** The comma before it is between two quotes, and so part of an application's value. */
  readonly isQuoted: boolean;
}

/** So many values of one name are read. A browser sends one for each path, domain and partition, which are few. */
export const maxCookies = 8;

/** The last header: that of one request is read three times. */
let latest: { readonly header: string; readonly pieces: readonly Piece[] } = { header: '', pieces: [] };

export function piecesOf(header: string): readonly Piece[] {
  if (latest.header !== header) latest = { header, pieces: split(header) };
  return latest.pieces;
}

/** From separator to separator, so that no character is read twice. */
function split(header: string): readonly Piece[] {
  const pieces: Piece[] = [];
  const next = (sign: string, from: number): number => {
    const at = header.indexOf(sign, from);
    return at < 0 ? header.length : at;
  };
  let start = 0;
  let separator: Piece['separator'] = ';';
  let isQuoted = false;
  let semicolonAt = next(';', 0);
  let commaAt = next(',', 0);
  let equalsAt = next('=', 0);
  // Quotes matter only where there is a comma.
  let quoteAt = commaAt < header.length ? next('"', 0) : header.length;
  /** The end of the latest quotes. */
  let closedAt = -1;
  for (;;) {
    const end = Math.min(semicolonAt, commaAt);
    while (quoteAt < end) {
      const closing = closingQuote(header, quoteAt, semicolonAt);
      if (closing !== null) closedAt = closing;
      quoteAt = next('"', (closing ?? semicolonAt) + 1);
    }
    const hasValue = equalsAt < end;
    const name = trimmed(header, start, hasValue ? equalsAt : end);
    pieces.push({ start, end, name, valueAt: hasValue ? equalsAt + 1 : -1, separator, isQuoted });
    if (end === header.length) return pieces;
    separator = end === commaAt ? ',' : ';';
    isQuoted = separator === ',' && end < closedAt;
    start = end + 1;
    if (separator === ',') commaAt = next(',', start);
    else semicolonAt = next(';', start);
    if (equalsAt < start) equalsAt = next('=', start);
  }
}

/** `null`: these quotes are not closed before the semicolon. */
function closingQuote(header: string, openedAt: number, semicolonAt: number): number | null {
  for (let at = header.indexOf('"', openedAt + 1); at >= 0 && at < semicolonAt; at = header.indexOf('"', at + 1)) {
    let escapes = at;
    while (header[escapes - 1] === '\\') escapes--;
    if ((at - escapes) % 2 === 0) return at;
  }
  return null;
}

/** Only spaces and tabs: browsers and servers disagree about Unicode's others, which has been used to get around `__Host-`. */
function trimmed(text: string, start: number, end: number): string {
  let from = start;
  let to = end;
  while (from < to && isBlank(text.charCodeAt(from))) from++;
  while (to > from && isBlank(text.charCodeAt(to - 1))) to--;
  return text.slice(from, to);
}

const isBlank = (character: number): boolean => character === 0x20 || character === 0x09;

/** The index of the first piece after this one and after the quotes that are opened in it. */
export function pastQuotes(pieces: readonly Piece[], index: number): number {
  let next = index + 1;
  if (!pieces[index]?.isQuoted) while (pieces[next]?.isQuoted) next++;
  return next;
}

/**
 * The values of one of the gateway's cookies, which hold no comma, in their order and without quotes around them. Values after
 * a comma count only when there is no other: they may be part of an application's value.
 */
export function cookieValues(header: string | null, name: string): readonly string[] {
  if (header === null || !header.includes(name)) return none;
  const separate: string[] = [];
  const joined: string[] = [];
  const pieces = piecesOf(header);
  for (const [i, piece] of pieces.entries()) {
    if (piece.name !== name || piece.valueAt < 0 || piece.isQuoted) continue;
    const { end } = pieces[pastQuotes(pieces, i) - 1] as Piece;
    const values = piece.separator === ';' ? separate : joined;
    if (values.length < maxCookies) values.push(unquoted(trimmed(header, piece.valueAt, end)));
  }
  return separate.length > 0 ? separate : joined;
}
const none: readonly string[] = [];

export const unquoted = (value: string): string =>
  value.length > 1 && value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value;

/**
 * A Cookie header split where the values of an application's cookie begin and end: every second part is a value, and all
 * parts together are the header. Such a value may hold a comma, and two lines may have been joined by one. `isWhole` decides
 * whether a value that is followed by a comma and another pair is complete.
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
    if (next?.separator !== ',') return false;
    return next.valueAt < 0 || (next.name !== name && !isWhole(value.trim()));
  }
}
