/** Session tokens on the wire: JWTs (RFC 7519) in JWS compact form under HS256, read strictly and verified once per text. */
import { createLru } from '../../cache/lru.ts';
import { base64url, fromBase64url, fromUtf8, utf8 } from '../../crypto/bytes.ts';
import { sha256Base64url } from '../../crypto/digest.ts';
import type { MacRing, RingKey } from '../../crypto/keys.ts';
import type { MaybePromise } from '../../time/maybe-promise.ts';
import { maxValueLength } from '../size.ts';
import { subjectKeyOf } from '../stored/record.ts';
import { readClaims, type TokenClaims } from './claims.ts';

/** A token that our own key signed. Whether its session still lives is another question. */
export interface HeldToken {
  readonly token: TokenClaims;
  /** Signed under a key that is no longer the first. */
  readonly stale: boolean;
  readonly textHash: string;
  readonly subjectKey: string | null;
}

export interface TokenCodec {
  /** `null` for whatever we did not sign. */
  read(value: string): MaybePromise<HeldToken | null>;
  /** The family that it claims, when what could not be read is a token of ours under a key that we do not have. */
  claimUnderUnknownKey(value: string): Promise<string | null>;
  /** `null` when it would be more than a client may be asked to carry. */
  write(token: TokenClaims): Promise<string | null>;
}

/** HS256: the MAC is 32 bytes, 43 letters. */
const shape = /^([A-Za-z0-9_-]{20,300})\.([A-Za-z0-9_-]{20,4000})\.([A-Za-z0-9_-]{43})$/;

/** `issuer`: `iss` and `aud`, the first public origin. `absoluteSeconds`: a session from before it was shorter ends by it too. */
export function createTokenCodec(
  ring: MacRing,
  issuer: string,
  longestValue = maxValueLength,
  absoluteSeconds = Number.POSITIVE_INFINITY,
): TokenCodec {
  const remembered = createLru<HeldToken>();
  async function verify(value: string): Promise<HeldToken | null> {
    const parts = value.length <= maxValueLength ? shape.exec(value) : null;
    if (!parts) return null;
    // The header is ours to the letter, or it is not ours: no algorithm, `crit`, `jku` or `jwk` of a stranger is ever read.
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
    remembered.set(value, held);
    return held;
  }

  return {
    read: (value) => remembered.get(value) ?? verify(value),

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
