import { fromBase64url, fromUtf8 } from '../../crypto/bytes.ts';
import type { Claims } from '../session.ts';

/** What the token says. Times are seconds, as RFC 7519 has them; `end` is the absolute end, `ver` the data's version. */
export interface TokenClaims {
  readonly iss: string;
  readonly aud: string;
  readonly sub: string | null;
  readonly sid: string;
  readonly iat: number;
  readonly exp: number;
  /** Not written by us, and honoured where it stands (section 4.1.5). */
  readonly nbf?: number;
  readonly cre: number;
  /** The milliseconds of `cre`: an end of everything and a login can fall into one second, in either order. */
  readonly cms?: number;
  readonly auth_time: number;
  readonly end: number;
  readonly ver: number;
  /** When the store was last asked whether it was ended; equal to `cre` where there is none to ask. */
  readonly chk: number;
  /** The client it was begun with: User-Agent family and network. */
  readonly cli: readonly [string, string];
  readonly acr: string | null;
  readonly amr: readonly string[];
  readonly claims: Claims;
  readonly data: Claims;
}

/** No configuration has ever let a session live for longer (`config/rules.ts`). */
const longestSeconds = 400 * 86_400;

/** Strict although the signature is ours: a token from an older release, or one signed by hand, is judged by the same rules. */
export function readClaims(payload: string, issuer: string): TokenClaims | null {
  const bytes = fromBase64url(payload);
  const text = bytes && fromUtf8(bytes);
  if (!text) return null;
  let token: Partial<Record<keyof TokenClaims, unknown>>;
  try {
    token = JSON.parse(text);
  } catch {
    return null;
  }
  // A second member of the same name is lost in parsing and missing when written again (RFC 8725, section 2.4).
  if (typeof token !== 'object' || token === null || JSON.stringify(token) !== text) return null;
  const { nbf = 1 } = token;
  const times = [token.iat, token.exp, nbf, token.cre, token.auth_time, token.end, token.ver, token.chk];
  if (!times.every((time) => Number.isSafeInteger(time) && (time as number) > 0 && (time as number) < 1e11))
    return null;
  const whole = token as TokenClaims;
  const { cms = 0 } = whole;
  if (!Number.isSafeInteger(cms) || cms < 0 || cms > 999) return null;
  if (whole.iss !== issuer || whole.aud !== issuer) return null;
  if (!(whole.sub === null || (typeof whole.sub === 'string' && whole.sub !== ''))) return null;
  if (typeof whole.sid !== 'string' || !/^[A-Za-z0-9_-]{22}$/.test(whole.sid)) return null;
  if (whole.end - whole.cre > longestSeconds || whole.exp > whole.end || whole.exp < whole.iat || whole.cre > whole.iat)
    return null;
  if (!(whole.acr === null || typeof whole.acr === 'string') || !Array.isArray(whole.amr)) return null;
  if (!Array.isArray(whole.cli) || whole.cli.length !== 2 || !whole.cli.every((part) => typeof part === 'string'))
    return null;
  return isObject(whole.claims) && isObject(whole.data) ? whole : null;
}

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Milliseconds since the epoch. */
export const createdAtOf = ({ cre, cms = 0 }: TokenClaims): number => cre * 1000 + cms;
