/**
 * The one reader of Set-Cookie lines (RFC 6265bis, section 5.6). It tells where the value is, so that an application's cookie
 * can be written again with another value while every other byte stays.
 */

/** The parts of a line; together they are the line. */
export interface SetCookieLine {
  /** `''`: the cookie has no name. */
  readonly name: string;
  readonly before: string;
  readonly value: string;
  /** From the end of the value: `; Path=/; HttpOnly`. */
  readonly after: string;
}

export function readSetCookieLine(line: string): SetCookieLine {
  const stop = line.indexOf(';');
  const pair = stop < 0 ? line : line.slice(0, stop);
  const equals = pair.indexOf('=');
  const name = equals < 0 ? '' : pair.slice(0, equals).trim();
  const raw = pair.slice(equals + 1);
  const value = raw.trim();
  const start = equals + 1 + (raw.length - raw.trimStart().length);
  return { name, before: line.slice(0, start), value, after: line.slice(start + value.length) };
}

/** `''`: the cookie has no name. */
export const nameSetBy = (line: string): string => readSetCookieLine(line).name;

/** `null` when the line is about another cookie, or removes this one. */
export function readSetCookie(line: string, name: string, now: number): SetCookieLine | null {
  const read = readSetCookieLine(line);
  if (read.name !== name || read.name === '' || read.value === '') return null;
  const { maxAge, expires } = attributesIn(read.after);
  const hasEnded = maxAge !== null ? maxAge <= 0 : expires !== null && expires <= now;
  return hasEnded ? null : read;
}

/** What a line says after the value, kept so that the cookie can be set again at another time. */
export interface StoredAttributes {
  /** All but the end: `; Path=/; HttpOnly`. There is always a path. */
  readonly attributes: string;
  /** Milliseconds since the epoch; `null`: when the browser is closed. */
  readonly endsAt: number | null;
}

/** The last moment of the year 9999, the latest that `Expires` can express. */
const lastMoment = 253_402_300_799_000;

/**
 * `after`: of a line. `path`: of the request, because a cookie without a path belongs to the folder that it was set from
 * (section 5.1.4). `null`: browsers may read the attributes in another way.
 */
export function readAttributes(after: string, path: string, now: number): StoredAttributes | null {
  const { maxAge, expires, path: given, others, isClear } = attributesIn(after);
  const attributes = `; Path=${given?.startsWith('/') ? given : folderOf(path)}${others}`;
  const isPlain = isClear && /^[ -~]*$/.test(attributes) && (given !== null || !path.includes(';'));
  // Max-Age overrules Expires (section 5.6.3).
  const end = maxAge === null ? expires : now + maxAge * 1_000;
  return isPlain ? { attributes, endsAt: end === null ? null : Math.min(end, lastMoment) } : null;
}

/** What a line says after `name=value`; `null`: the cookie has ended. */
export function writeAttributes({ attributes, endsAt }: StoredAttributes, now: number): string | null {
  if (endsAt === null) return attributes;
  const maxAgeSeconds = Math.floor((endsAt - now) / 1_000);
  if (maxAgeSeconds <= 0) return null;
  return `${attributes}; Expires=${new Date(endsAt).toUTCString()}; Max-Age=${maxAgeSeconds}`;
}

interface Attributes {
  /** Seconds. Of each attribute the last valid one counts (section 5.6.3). */
  readonly maxAge: number | null;
  readonly expires: number | null;
  readonly path: string | null;
  readonly others: string;
  /** No end was unreadable. */
  readonly isClear: boolean;
}

function attributesIn(after: string): Attributes {
  let maxAge: number | null = null;
  let expires: number | null = null;
  let path: string | null = null;
  let others = '';
  let isClear = true;
  for (const part of after.split(';').slice(1)) {
    const equals = part.indexOf('=');
    const value = equals < 0 ? '' : part.slice(equals + 1).trim();
    const name = (equals < 0 ? part : part.slice(0, equals)).trim().toLowerCase();
    if (name === 'path') path = value;
    else if (name === 'max-age') {
      if (/^-?\d+$/.test(value)) maxAge = Number(value);
      else isClear = false;
    } else if (name === 'expires') {
      const at = Date.parse(value);
      if (Number.isNaN(at)) isClear = false;
      else expires = at;
    } else others += `;${part}`;
  }
  return { maxAge, expires, path, others, isClear };
}

/** Section 5.1.4: up to the right-most `/`, without it. */
const folderOf = (path: string): string => (path.startsWith('/') && path.slice(0, path.lastIndexOf('/'))) || '/';
