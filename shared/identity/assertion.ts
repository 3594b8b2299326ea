/**
 * `Session-Assertion`: tells an origin who the client is, in a form it can verify by itself with `{prefix}/jwks.json`.
 * A JWT (RFC 7519) under ES256, for one pool only, for two minutes at the most; so it may outlive a logout by that much.
 */
import type { SecretKey } from '../config/settings.ts';
import { base64url, utf8 } from '../crypto/bytes.ts';
import { sha256 } from '../crypto/digest.ts';
import type { Claims, Session } from '../session/session.ts';
import { chain, type MaybePromise } from '../time/maybe-promise.ts';

export interface Assertions {
  /** Signed once per session, pool and minute. `null` for an anonymous session: there is nobody to vouch for. */
  assertionFor(session: Session, poolId: string, now: number): MaybePromise<string | null>;
  /** The JWK Set of `jwks.json` (RFC 7517): public members only, old keys included while they are configured. */
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
/** Half the lifetime, so that an origin always gets one that is good for another minute. */
const signedEveryMs = 60_000;
/** More data than this belongs into a call of the service API. */
const mostDataBytes = 1024;
/** About 1 kB each. All of a minute become useless together, so they may go together. */
const mostKept = 2_000;
/** 128 bits: nobody finds two families of one name, and the header stays short. */
const sidBytes = 16;

/** `keys`: purpose `assertion`, the first one signs. `issuer`: the first public origin. */
export function createAssertions(keys: readonly SecretKey[], issuer: string): Assertions {
  const jwks = { keys: keys.map(publicJwk) };
  const signed = new Map<string, string>();
  // The next request of the same session, most of the time: without a look at who it is.
  const latest = new WeakMap<Session, { readonly poolId: string; readonly minute: number; readonly jwt: string }>();
  // The key itself and not the promise of it: on Workers no request may await what another one began.
  let imported: CryptoKey | null = null;

  async function signingKey(): Promise<CryptoKey> {
    const first = keys[0];
    if (!first) throw new Error('no assertion key');
    imported ??= await importSigningKey(first);
    return imported;
  }

  async function make(session: Session, subject: string, poolId: string, now: number, place: string): Promise<string> {
    const payload = await payloadOf(session, subject, poolId, issuer, now);
    const jwt = await sign(await signingKey(), (keys[0] as SecretKey).kid, payload);
    if (signed.size >= mostKept) signed.clear();
    signed.set(place, jwt);
    return jwt;
  }

  return {
    publicJwks: () => jwks,

    assertionFor(session, poolId, now) {
      const { sessionId, version, authenticatedAt, subject } = session;
      if (subject === null) return null;
      const minute = Math.floor(now / signedEveryMs);
      const last = latest.get(session);
      if (last?.minute === minute && last.poolId === poolId) return last.jwt;
      const place = `${poolId}|${sessionId}|${version}|${authenticatedAt}|${minute}`;
      return chain(signed.get(place) ?? make(session, subject, poolId, now, place), (jwt) => {
        latest.set(session, { poolId, minute, jwt });
        return jwt;
      });
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

/** One name per session and pool: two pools cannot compare notes about a client, and neither learns the family's id. */
async function pairwiseId(sessionId: string, poolId: string): Promise<string> {
  return base64url((await sha256(`${sessionId}|${poolId}`)).subarray(0, sidBytes));
}

/** Key by key while there is room: one large value must not hide the small ones. */
function dataThatFits(shown: Claims): Claims {
  const data: Record<string, unknown> = {};
  let room = mostDataBytes - '{}'.length;
  for (const [key, value] of Object.entries(shown)) {
    const bytes = utf8(JSON.stringify({ [key]: value })).length - '{}'.length + ','.length;
    if (bytes > room) continue;
    room -= bytes;
    data[key] = value;
  }
  return data;
}

async function sign(key: CryptoKey, kid: string, payload: object): Promise<string> {
  // `JWT` and nothing finer: common libraries refuse a `typ` they do not know unless told about it.
  const header = base64url(utf8(JSON.stringify({ alg: 'ES256', typ: 'JWT', kid })));
  const input = `${header}.${base64url(utf8(JSON.stringify(payload)))}`;
  const signature = await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, key, utf8(input));
  return `${input}.${base64url(new Uint8Array(signature))}`;
}

/** Members picked one by one: `purpose` is ours, and `use` or `key_ops` of the set could forbid the import. */
function importSigningKey({ jwk: { kty, crv, x, y, d } }: SecretKey): Promise<CryptoKey> {
  const bare = { kty, crv, x, y, d } as JsonWebKey;
  return crypto.subtle.importKey('jwk', bare, { name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign']);
}

function publicJwk({ kid, jwk }: SecretKey): PublicJwk {
  return { kty: 'EC', crv: 'P-256', x: jwk.x as string, y: jwk.y as string, kid, alg: 'ES256', use: 'sig' };
}
