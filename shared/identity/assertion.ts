/**
 * `Session-Assertion`: says who the client is, as a JWT (RFC 7519, ES256) that an origin verifies with
 * `{prefix}/jwks.json`. It names one pool as its audience and lives for two minutes, so it can outlive a logout by that.
 */
import { createLru } from '../cache/lru.ts';
import type { SecretKey } from '../config/settings.ts';
import { base64url, utf8 } from '../crypto/bytes.ts';
import { sha256 } from '../crypto/digest.ts';
import type { Claims, Session } from '../session/session.ts';
import type { MaybePromise } from '../time/maybe-promise.ts';

export interface Assertions {
  /** Signed once per session, pool and minute. `null` for an anonymous session: it has no subject. */
  assertionFor(session: Session, poolId: string, now: number): MaybePromise<string | null>;
  /** The JWK Set of `jwks.json` (RFC 7517): public members only, with every configured key, old ones too. */
  publicJwks(): { readonly keys: readonly PublicJwk[] };
}

export interface PublicJwk {
  readonly kty: 'EC';
  readonly crv: 'P-256';
  readonly x: string;
  readonly y: string;
  readonly kid: string;
  readonly alg: 'ES256';
  readonly use: 'sig';
}

const lifetimeSeconds = 120;
/** Half the lifetime, so that every assertion is good for another minute when it is sent. */
const signedEveryMs = 60_000;
/** An origin that needs more data asks the service API. */
const maxDataBytes = 1024;
/** About 1 kB each. */
const maxCached = 2_000;
/** 128 bits: no two sessions get the same `sid`, and the header stays short. */
const sidBytes = 16;

/** `keys`: purpose `assertion`; the first one signs. `issuer`: the first public origin. */
export function createAssertions(keys: readonly SecretKey[], issuer: string): Assertions {
  const jwks = { keys: keys.map(publicJwk) };
  const signed = createLru<string>({ maxEntries: maxCached });
  // Not a promise of the key: on Workers a request must not await what another request began.
  let imported: CryptoKey | null = null;

  async function signingKey(): Promise<CryptoKey> {
    const first = keys[0];
    if (!first) throw new Error('no assertion key');
    imported ??= await importSigningKey(first);
    return imported;
  }

  async function create(session: Session, subject: string, poolId: string, now: number, cacheKey: string) {
    const payload = await payloadOf(session, subject, poolId, issuer, now);
    const jwt = await sign(await signingKey(), (keys[0] as SecretKey).kid, payload);
    signed.set(cacheKey, jwt);
    return jwt;
  }

  return {
    publicJwks: () => jwks,

    assertionFor(session, poolId, now) {
      const { sessionId, version, authenticatedAt, subject } = session;
      if (subject === null) return null;
      const minute = Math.floor(now / signedEveryMs);
      const cacheKey = `${poolId}|${sessionId}|${version}|${authenticatedAt}|${minute}`;
      return signed.get(cacheKey) ?? create(session, subject, poolId, now, cacheKey);
    },
  };
}

async function payloadOf(session: Session, subject: string, poolId: string, issuer: string, now: number) {
  const iat = Math.floor(now / 1000);
  const data = dataThatFits(session.shownData);
  return {
    iss: issuer,
    aud: poolId,
    sub: subject,
    sid: await pairwiseId(session.sessionId, poolId),
    jti: crypto.randomUUID(),
    iat,
    exp: Math.min(iat + lifetimeSeconds, Math.ceil(session.endsAt / 1000)),
    auth_time: Math.floor(session.authenticatedAt / 1000),
    ...(session.acr === null ? {} : { acr: session.acr }),
    ...(session.amr.length === 0 ? {} : { amr: session.amr }),
    claims: session.claims,
    ...(Object.keys(data).length === 0 ? {} : { data }),
  };
}

/** A pairwise identifier, as OpenID Connect Core (section 8.1) has them: pools cannot link a client, nor learn the session's id. */
async function pairwiseId(sessionId: string, poolId: string): Promise<string> {
  return base64url((await sha256(`${sessionId}|${poolId}`)).subarray(0, sidBytes));
}

/** A value that is too large is left out, so that it does not displace the small ones. */
function dataThatFits(shown: Claims): Claims {
  const data: Record<string, unknown> = {};
  let room = maxDataBytes - '{}'.length;
  for (const [key, value] of Object.entries(shown)) {
    const bytes = utf8(JSON.stringify({ [key]: value })).length - '{}'.length + ','.length;
    if (bytes > room) continue;
    room -= bytes;
    data[key] = value;
  }
  return data;
}

async function sign(key: CryptoKey, kid: string, payload: object): Promise<string> {
  // Plain `JWT`: common libraries refuse a `typ` that they were not configured for.
  const header = base64url(utf8(JSON.stringify({ alg: 'ES256', typ: 'JWT', kid })));
  const input = `${header}.${base64url(utf8(JSON.stringify(payload)))}`;
  const signature = await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, key, utf8(input));
  return `${input}.${base64url(new Uint8Array(signature))}`;
}

/** Picks the members one by one: `use` or `key_ops` of the configured key could forbid the import. */
function importSigningKey({ jwk: { kty, crv, x, y, d } }: SecretKey): Promise<CryptoKey> {
  const bare = { kty, crv, x, y, d } as JsonWebKey;
  return crypto.subtle.importKey('jwk', bare, { name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign']);
}

function publicJwk({ kid, jwk }: SecretKey): PublicJwk {
  return { kty: 'EC', crv: 'P-256', x: jwk.x as string, y: jwk.y as string, kid, alg: 'ES256', use: 'sig' };
}
