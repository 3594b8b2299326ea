import { fromBase64url, fromUtf8 } from '../../crypto/bytes.ts';
import { isJsonObject, readJson } from '../../http/json.ts';
import { mostAheadMs } from '../../time/skew.ts';
import type { Claims } from '../session.ts';

/** A session token's claims. Times are seconds (RFC 7519). */
export interface TokenClaims {
  readonly iss: string;
  readonly aud: string;
  readonly sub: string | null;
  readonly sid: string;
  readonly iat: number;
  readonly exp: number;
  /** The gateway does not write it, but honours it (section 4.1.5). */
  readonly nbf?: number;
  /** When the session began. */
  readonly cre: number;
  /** The milliseconds of `cre`: a login and an end of all sessions can fall into one second, in either order. */
  readonly cms?: number;
  readonly auth_time: number;
  /** The absolute end. */
  readonly end: number;
  /** The data's version. */
  readonly ver: number;
  /** When the store was last asked for revocations; equal to `cre` without a store. */
  readonly chk: number;
  /** The client at the login: User-Agent family and network. */
  readonly cli: readonly [string, string];
  readonly acr: string | null;
  readonly amr: readonly string[];
  readonly claims: Claims;
  readonly data: Claims;
}

/** The configuration allows no longer session (`absolute`). */
const maxLifetimeSeconds = 400 * 86_400;

/**
 * Strict although the signature was verified: the token may come from an older release, or from another program that has the
 * key. Duplicate members are refused (RFC 8725, section 2.4). The issuer is not checked here.
 */
export function readClaims(payload: string): TokenClaims | 'duplicate' | 'claims' {
  const bytes = fromBase64url(payload);
  const text = (bytes && fromUtf8(bytes)) ?? '';
  const json = readJson(text);
  if (json.kind === 'duplicate') return 'duplicate';
  // The text is written as this gateway writes it: `JSON.stringify` gives the same again.
  if (json.kind !== 'json' || !isJsonObject(json.value) || JSON.stringify(json.value) !== text) return 'claims';
  return areClaims(json.value) ? json.value : 'claims';
}

function areClaims(token: Partial<Record<keyof TokenClaims, unknown>>): token is TokenClaims {
  const { nbf = 1 } = token;
  const times = [token.iat, token.exp, nbf, token.cre, token.auth_time, token.end, token.ver, token.chk];
  if (!times.every((time) => Number.isSafeInteger(time) && (time as number) > 0 && (time as number) < 1e11))
    return false;
  const whole = token as TokenClaims;
  const { cms = 0 } = whole;
  if (!Number.isSafeInteger(cms) || cms < 0 || cms > 999) return false;
  if (typeof whole.iss !== 'string' || typeof whole.aud !== 'string') return false;
  if (!(whole.sub === null || (typeof whole.sub === 'string' && whole.sub !== ''))) return false;
  if (typeof whole.sid !== 'string' || !/^[A-Za-z0-9_-]{22}$/.test(whole.sid)) return false;
  if (
    whole.end - whole.cre > maxLifetimeSeconds ||
    whole.exp > whole.end ||
    whole.exp < whole.iat ||
    whole.cre > whole.iat + mostAheadMs / 1_000
  )
    return false;
  if (!(whole.acr === null || typeof whole.acr === 'string') || !Array.isArray(whole.amr)) return false;
  if (!Array.isArray(whole.cli) || whole.cli.length !== 2 || !whole.cli.every((part) => typeof part === 'string'))
    return false;
  return isJsonObject(whole.claims) && isJsonObject(whole.data);
}

/** Milliseconds since the epoch. */
export const createdAtOf = ({ cre, cms = 0 }: TokenClaims): number => cre * 1000 + cms;

/** A token's times are whole seconds (RFC 7519, section 2). */
export const secondsOf = (ms: number): number => Math.floor(ms / 1000);
