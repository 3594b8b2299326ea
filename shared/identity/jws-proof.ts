/**
 * Commands as signed JWTs (RFC 7519, JWS compact form), verified with the public keys in the pool's configuration. Each is
 * made for one reply. This module is loaded on first use: it is the only one that needs `jose`.
 */
import { compactVerify, type JWK } from 'jose';
import type { CommandName } from '../config/settings.ts';
import { fromBase64url, fromUtf8 } from '../crypto/bytes.ts';
import { type JsonObject, readJsonObject } from '../http/json.ts';
import { skewMs } from '../time/skew.ts';
import { contentOf, malformed, type ProofFacts, type Prove, unproven } from './command-proof.ts';

/** Asymmetric ones only: the gateway holds no secret of an origin. */
const algorithms = [
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
  'PS256',
  'PS384',
  'PS512',
  'RS256',
  'RS384',
  'RS512',
];
const type = 'session-command+jwt';
/** Members that name a key outside the configuration, or change what is signed. */
const forbiddenMembers = ['jku', 'jwk', 'x5u', 'x5c', 'crit', 'b64'];
const shape = /^([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)$/;
/** Has room for 4 KB of content and the largest RSA signature. */
const maxJwsLength = 8192;
const maxLifetimeSeconds = 60;
const skewSeconds = skewMs / 1000;
const commandNames: readonly CommandName[] = ['issue', 'update', 'rotate', 'end'];

export function createJwsProof(jwks: readonly JsonObject[], audiences: readonly string[]): Prove {
  const keyFor = createKeySelector(jwks);
  return async (command, value, facts) => {
    const parts = value.length <= maxJwsLength ? shape.exec(value) : null;
    if (!parts?.slice(1).every((part) => fromBase64url(part) !== null)) return unproven('not a JWS');
    const header = readPart(parts[1] as string);
    if (header === null || header.typ !== type) return unproven(`typ is not ${type}`);
    if (forbiddenMembers.some((name) => Object.hasOwn(header, name)))
      return unproven('the JWS header has its own key, or crit');
    const key = keyFor(header);
    if (key === null) return unproven('no key, or more than one, in commands.proof.jwks fits');
    try {
      await compactVerify(value, key, { algorithms });
    } catch {
      return unproven('wrong signature');
    }

    const read = contentOf(fromBase64url(parts[2] as string));
    if (read.kind !== 'authentic') return read;
    const payload = read.content as JsonObject;
    if (!isForThisReply(payload, audiences, facts)) return unproven('iss, aud, req or the times do not fit this reply');
    const named = commandNames.filter((name) => Object.hasOwn(payload, name));
    if (named.length !== 1 || named[0] !== command) return malformed('the JWS does not contain exactly this command');
    return { kind: 'authentic', content: payload[command] };
  };
}

function readPart(part: string): JsonObject | null {
  const bytes = fromBase64url(part);
  const text = bytes && fromUtf8(bytes);
  return text === null ? null : readJsonObject(text);
}

function isForThisReply(
  { iss, aud, iat, exp, nbf, req }: JsonObject,
  audiences: readonly string[],
  facts: ProofFacts,
): boolean {
  const seconds = facts.now / 1000;
  if (
    typeof iss !== 'string' ||
    iss === '' ||
    typeof aud !== 'string' ||
    !audiences.includes(aud) ||
    req !== facts.requestId
  )
    return false;
  if (!Number.isInteger(iat) || !Number.isInteger(exp)) return false;
  const [from, until] = [iat as number, exp as number];
  if (until <= from || until > from + maxLifetimeSeconds) return false;
  if (nbf !== undefined && !(typeof nbf === 'number' && nbf <= seconds + skewSeconds)) return false;
  return from <= seconds + skewSeconds && seconds < until + skewSeconds;
}

/** The one key that fits the header, or `null`. Without a `kid` there must be only one. jose caches the imported key by its JWK. */
function createKeySelector(jwks: readonly JsonObject[]) {
  return ({ kid, alg }: JsonObject): JWK | null => {
    if (typeof alg !== 'string' || !algorithms.includes(alg)) return null;
    const fitting = jwks.filter(
      (jwk) =>
        (kid === undefined || jwk.kid === kid) &&
        (jwk.alg === undefined || jwk.alg === alg) &&
        (jwk.use === undefined || jwk.use === 'sig'),
    );
    const [jwk] = fitting;
    if (!jwk || fitting.length > 1 || jwk.kty === 'oct' || Object.hasOwn(jwk, 'd')) return null;
    return jwk as JWK;
  };
}
