/**
 * How an application set a cookie of its own, kept so that the same cookie can be set once more with another text behind
 * its value (RFC 6265bis, sections 4.1.2 and 5.6).
 */

export interface StoredAttributes {
  /** What stood behind the value, but for when it ends: `; Path=/; HttpOnly`. A path is always among it. */
  readonly attributes: string;
  /** Milliseconds since the epoch; `null`: when the browser is closed. A moment, because it is read at another one. */
  readonly endsAt: number | null;
}

/** The last moment of the year 9999, which is the last that `Expires` can say. */
const lastMoment = 253_402_300_799_000;

/** Of the cookie that a Set-Cookie line is about; `''`: it has no name. */
export function nameSetBy(line: string): string {
  const stop = line.indexOf(';');
  const pair = stop < 0 ? line : line.slice(0, stop);
  return pair.slice(0, Math.max(0, pair.indexOf('='))).trim();
}

/**
 * `after`: what stands behind the value of a Set-Cookie line. `path`: of the request, because a cookie without a path
 * belongs to the folder that it was set from (section 5.1.4). `null`: browsers may read it otherwise than we would.
 */
export function readAttributes(after: string, path: string, now: number): StoredAttributes | null {
  let given: string | null = null;
  let maxAge: number | null = null;
  let expires: number | null = null;
  let others = '';
  for (const part of after.split(';').slice(1)) {
    const equals = part.indexOf('=');
    const value = equals < 0 ? '' : part.slice(equals + 1).trim();
    switch ((equals < 0 ? part : part.slice(0, equals)).trim().toLowerCase()) {
      case 'path':
        given = value;
        break;
      case 'max-age':
        if (!/^-?\d+$/.test(value)) return null;
        maxAge = now + Number(value) * 1_000;
        break;
      case 'expires':
        expires = Date.parse(value);
        if (Number.isNaN(expires)) return null;
        break;
      default:
        others += `;${part}`;
    }
  }
  // The last of each counts, and Max-Age overrules Expires (section 5.6.3).
  const end = maxAge ?? expires;
  const attributes = `; Path=${given?.startsWith('/') ? given : folderOf(path)}${others}`;
  const isPlain = /^[ -~]*$/.test(attributes) && (given !== null || !path.includes(';'));
  return isPlain ? { attributes, endsAt: end === null ? null : Math.min(end, lastMoment) } : null;
}

/** What a Set-Cookie line says after `name=value`; `null`: the cookie has ended. */
export function writeAttributes({ attributes, endsAt }: StoredAttributes, now: number): string | null {
  if (endsAt === null) return attributes;
  const maxAgeSeconds = Math.floor((endsAt - now) / 1_000);
  if (maxAgeSeconds <= 0) return null;
  return `${attributes}; Expires=${new Date(endsAt).toUTCString()}; Max-Age=${maxAgeSeconds}`;
}

/** Section 5.1.4: up to the right-most `/`, without it. */
const folderOf = (path: string): string => (path.startsWith('/') && path.slice(0, path.lastIndexOf('/'))) || '/';
