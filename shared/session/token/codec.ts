/** Reads and writes session tokens: JWTs (RFC 7519) in JWS compact form, HS256. A token is verified once per text. */
import { createLru } from '../../cache/lru.ts';
import { base64url, fromBase64url, fromUtf8, utf8 } from '../../crypto/bytes.ts';
import { sha256Base64url } from '../../crypto/digest.ts';
import type { KeyRing, RingKey } from '../../crypto/key-ring.ts';
import type { MaybePromise } from '../../time/maybe-promise.ts';
import { maxValueLength } from '../size.ts';
import { subjectKeyOf } from '../stored/record.ts';
import { readClaims, type TokenClaims } from './claims.ts';

/** A token with a valid signature. Its session may have ended. */
export interface HeldToken {
  readonly token: TokenClaims;
  /** Signed under a key that is no longer the first. */
  readonly stale: boolean;
  readonly textHash: string;
  readonly subjectKey: string | null;
}

export interface TokenCodec {
  /** `null` unless this gateway signed it. */
  read(value: string): MaybePromise<HeldToken | null>;
  /** For an unreadable value that names a key that is not configured: the session's id that it claims. Not verified. */
  claimUnderUnknownKey(value: string): Promise<string | null>;
  /** `null` when it is too long for a cookie (`size.ts`). */
  write(token: TokenClaims): Promise<string | null>;
}

/** The MAC of HS256 is 32 bytes: 43 characters. */
const shape = /^([A-Za-z0-9_-]{20,300})\.([A-Za-z0-9_-]{20,4000})\.([A-Za-z0-9_-]{43})$/;

/** `issuer`: `iss` and `aud`, the first public origin. `absoluteSeconds`: also ends sessions that began under a longer one. */
export function createTokenCodec(
  ring: KeyRing,
  issuer: string,
  longestValue = maxValueLength,
  absoluteSeconds = Number.POSITIVE_INFINITY,
): TokenCodec {
  const verified = createLru<HeldToken>();
  async function verify(value: string): Promise<HeldToken | null> {
    const parts = value.length <= maxValueLength ? shape.exec(value) : null;
    if (!parts) return null;
    // The header must be exactly the one that `write` makes, so no `alg`, `crit`, `jku` or `jwk` from outside is ever used.
    const keys = await ring.keys();
    const index = keys.findIndex((key) => headerOf(key) === parts[1]);
    const key = keys[index];
    const mac = fromBase64url(parts[3] as string);
    if (!key || !mac) return null;
    if (!(await crypto.subtle.verify('HMAC', key.key, mac, utf8(`${parts[1]}.${parts[2]}`)))) return null;
    const claims = readClaims(parts[2] as string, issuer);
    if (!claims) return null;
    const token = { ...claims, end: Math.min(claims.end, claims.cre + absoluteSeconds) };
    const subjectKey = await subjectKeyOf(token.sub);
    const held = { token, stale: index > 0, textHash: await sha256Base64url(value), subjectKey };
    verified.set(value, held);
    return held;
  }

  return {
    read: (value) => verified.get(value) ?? verify(value),

    async claimUnderUnknownKey(value) {
      const parts = value.length <= maxValueLength ? shape.exec(value) : null;
      const kid = parts && /^\{"alg":"HS256","typ":"session\+jwt","kid":"([^"\\]+)"\}$/.exec(textOf(parts[1]))?.[1];
      if (!parts || !kid || (await ring.keys()).some((key) => key.kid === kid)) return null;
      return readClaims(parts[2] as string, issuer)?.sid ?? null;
    },

    async write(token) {
      const key = (await ring.keys())[0];
      if (!key) throw new Error('no session key');
      const input = `${headerOf(key)}.${base64url(utf8(JSON.stringify(token)))}`;
      const mac = await crypto.subtle.sign('HMAC', key.key, utf8(input));
      const value = `${input}.${base64url(new Uint8Array(mac))}`;
      return value.length <= longestValue ? value : null;
    },
  };
}

const textOf = (part: string | undefined): string => {
  const bytes = fromBase64url(part ?? '');
  return (bytes && fromUtf8(bytes)) ?? '';
};

const headerOf = ({ kid }: RingKey): string =>
  base64url(utf8(JSON.stringify({ alg: 'HS256', typ: 'session+jwt', kid })));
