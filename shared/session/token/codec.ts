/** Reads and writes session tokens: JWTs (RFC 7519) in JWS compact form, HS256. A token is verified once per text. */
import { createLru } from '../../cache/lru.ts';
import { base64url, fromBase64url, fromUtf8, utf8 } from '../../crypto/bytes.ts';
import { sha256Base64url } from '../../crypto/digest.ts';
import type { KeyRing, RingKey } from '../../crypto/key-ring.ts';
import type { MaybePromise } from '../../time/maybe-promise.ts';
import { maxValueLength } from '../size.ts';
import type { Unreadable } from '../strategy/refusals.ts';
import { subjectKeyOf } from '../strategy/subject-key.ts';
import { readClaims, type TokenClaims } from './claims.ts';

/** A token with a valid signature. Its session may have ended. */
export interface VerifiedToken {
  readonly token: TokenClaims;
  /** Signed under a key that is no longer the first. */
  readonly stale: boolean;
  readonly textHash: string;
  readonly subjectKey: string | null;
}

export interface TokenCodec {
  /** `null` unless this gateway signed it. */
  read(value: string): MaybePromise<VerifiedToken | null>;
  /** Why `read` answered `null`. */
  whyUnreadable(value: string): Promise<Unreadable>;
  /** `null` when it is too long for a cookie (`size.ts`). */
  write(token: TokenClaims): Promise<string | null>;
}

/** The MAC of HS256 is 32 bytes: 43 characters. */
const shape = /^([A-Za-z0-9_-]{20,300})\.([A-Za-z0-9_-]{20,4000})\.([A-Za-z0-9_-]{43})$/;

/**
 * `issuers`: the public origins, any of which is accepted as `iss` and `aud`. `absoluteSeconds`: also ends sessions that
 * began under a longer one.
 */
export function createTokenCodec(
  ring: KeyRing,
  issuers: readonly string[],
  maxLength = maxValueLength,
  absoluteSeconds = Number.POSITIVE_INFINITY,
): TokenCodec {
  const verified = createLru<VerifiedToken>();

  async function verify(
    value: string,
  ): Promise<{ readonly claims: TokenClaims; readonly stale: boolean } | Unreadable> {
    const parts = value.length <= maxValueLength ? shape.exec(value) : null;
    if (!parts) return unreadable('shape');
    const [, header, payload, signature] = parts as unknown as [string, string, string, string];
    // The header must be exactly the one that `write` makes, so no `alg`, `crit`, `jku` or `jwk` from outside is ever used.
    const keys = await ring.keys();
    const index = keys.findIndex((key) => headerOf(key) === header);
    const key = keys[index];
    if (!key) return isOwnHeader.test(textOf(header)) ? unreadable('key', sessionIdIn(payload)) : unreadable('shape');
    const mac = fromBase64url(signature);
    if (!mac || !(await crypto.subtle.verify('HMAC', key.key, mac, utf8(`${header}.${payload}`)))) {
      return unreadable('signature');
    }
    const claims = readClaims(payload);
    if (typeof claims === 'string') return unreadable(claims);
    if (![claims.iss, claims.aud].every((origin) => issuers.includes(origin))) return unreadable('issuer', claims.sid);
    return { claims, stale: index > 0 };
  }

  async function readNew(value: string): Promise<VerifiedToken | null> {
    const found = await verify(value);
    if ('because' in found) return null;
    const { claims, stale } = found;
    const token = { ...claims, end: Math.min(claims.end, claims.cre + absoluteSeconds) };
    const subjectKey = await subjectKeyOf(token.sub);
    const result = { token, stale, textHash: await sha256Base64url(value), subjectKey };
    verified.set(value, result);
    return result;
  }

  return {
    read: (value) => verified.get(value) ?? readNew(value),

    async whyUnreadable(value) {
      const found = await verify(value);
      return 'because' in found ? found : unreadable('signature');
    },

    async write(token) {
      const key = (await ring.keys())[0];
      if (!key) throw new Error('no session key');
      const input = `${headerOf(key)}.${base64url(utf8(JSON.stringify(token)))}`;
      const mac = await crypto.subtle.sign('HMAC', key.key, utf8(input));
      const value = `${input}.${base64url(new Uint8Array(mac))}`;
      return value.length <= maxLength ? value : null;
    },
  };
}

const isOwnHeader = /^\{"alg":"HS256","typ":"session\+jwt","kid":"[^"\\]+"\}$/;

const unreadable = (because: Unreadable['because'], sessionId: string | null = null): Unreadable => ({
  because,
  sessionId,
});

/** Of claims without a verified signature. */
function sessionIdIn(payload: string): string | null {
  const claims = readClaims(payload);
  return typeof claims === 'string' ? null : claims.sid;
}

const textOf = (part: string): string => {
  const bytes = fromBase64url(part);
  return (bytes && fromUtf8(bytes)) ?? '';
};

const headerOf = ({ kid }: RingKey): string =>
  base64url(utf8(JSON.stringify({ alg: 'HS256', typ: 'session+jwt', kid })));
