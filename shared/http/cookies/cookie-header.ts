/**
 * The one parser of Cookie headers: it tells where each cookie is, so that some can be read, removed or replaced while
 * every other byte stays (RFC 6265bis, sections 4.2.1 and 5.8.4).
 *
 * `;` ends a cookie, also inside quotes, as browsers have it. A comma is an ordinary character of a value, but some hosts
 * join two Cookie lines by one, as if they were any other list. What stands behind a comma is therefore a piece of its own
 * here, and whether it is another cookie is for the reader to say, who knows the names.
 */
export interface Piece {
  /** Without the separator before it. */
  readonly start: number;
  readonly end: number;
  /** In front of the first `=`, or all of it, without the spaces and tabs around it. */
  readonly name: string;
  /** Behind the first `=`; -1 when there is none. */
  readonly valueAt: number;
  /** The separator before it. The first piece counts as one behind a semicolon. */
  readonly behind: ';' | ',';
  /** The comma before it stands between two quotes, so that it belongs to somebody's value. */
  readonly isQuoted: boolean;
}

/** Of one name, so many values are looked at. A browser sends one for each path, domain and partition, which are few. */
export const maxCookies = 8;

/** The header that was taken apart last: one request's is read three times. */
let latest: { readonly header: string; readonly pieces: readonly Piece[] } = { header: '', pieces: [] };

export function piecesOf(header: string): readonly Piece[] {
  if (latest.header !== header) latest = { header, pieces: takeApart(header) };
  return latest.pieces;
}

/** From sign to sign, so that no character is looked at twice. */
function takeApart(header: string): readonly Piece[] {
  const pieces: Piece[] = [];
  const next = (sign: string, from: number): number => {
    const at = header.indexOf(sign, from);
    return at < 0 ? header.length : at;
  };
  let start = 0;
  let behind: Piece['behind'] = ';';
  let isQuoted = false;
  let semicolonAt = next(';', 0);
  let commaAt = next(',', 0);
  let equalsAt = next('=', 0);
  // Without a comma it does not matter what is quoted.
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
    pieces.push({ start, end, name, valueAt: hasValue ? equalsAt + 1 : -1, behind, isQuoted });
    if (end === header.length) return pieces;
    behind = end === commaAt ? ',' : ';';
    isQuoted = behind === ',' && end < closedAt;
    start = end + 1;
    if (behind === ',') commaAt = next(',', start);
    else semicolonAt = next(';', start);
    if (equalsAt < start) equalsAt = next('=', start);
  }
}

/** `null`: these quotes are not closed in front of the semicolon. */
function closingQuote(header: string, openedAt: number, semicolonAt: number): number | null {
  for (let at = header.indexOf('"', openedAt + 1); at >= 0 && at < semicolonAt; at = header.indexOf('"', at + 1)) {
    let escapes = at;
    while (header[escapes - 1] === '\\') escapes--;
    if ((at - escapes) % 2 === 0) return at;
  }
  return null;
}

/** Spaces and tabs alone: to others of Unicode browsers and servers hold different views, which has been used to get around `__Host-`. */
function trimmed(text: string, start: number, end: number): string {
  let from = start;
  let to = end;
  while (from < to && isBlank(text.charCodeAt(from))) from++;
  while (to > from && isBlank(text.charCodeAt(to - 1))) to--;
  return text.slice(from, to);
}

const isBlank = (character: number): boolean => character === 0x20 || character === 0x09;

/** The number of the first piece behind this one and behind the quotes that are opened in it. */
export function pastQuotes(pieces: readonly Piece[], index: number): number {
  let next = index + 1;
  if (!pieces[index]?.isQuoted) while (pieces[next]?.isQuoted) next++;
  return next;
}

/**
 * The values of a cookie of ours, which hold no comma, in their order and without quotes around them. Those behind a comma
 * are believed when there is no other: an application's value can hold a comma, and then anything.
 */
export function cookieValues(header: string | null, name: string): readonly string[] {
  if (header === null || !header.includes(name)) return none;
  const apart: string[] = [];
  const joined: string[] = [];
  const pieces = piecesOf(header);
  for (const [i, piece] of pieces.entries()) {
    if (piece.name !== name || piece.valueAt < 0 || piece.isQuoted) continue;
    const { end } = pieces[pastQuotes(pieces, i) - 1] as Piece;
    const values = piece.behind === ';' ? apart : joined;
    if (values.length < maxCookies) values.push(unquoted(trimmed(header, piece.valueAt, end)));
  }
  return apart.length > 0 ? apart : joined;
}
const none: readonly string[] = [];

export const unquoted = (value: string): string =>
  value.length > 1 && value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value;
