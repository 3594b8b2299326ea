/**
 * A command as a signed JWT: a JWS (RFC 7515, compact form) that an origin made for this very reply, verified with the
 * public keys that the pool's configuration lists. Loaded on first use, with the library that verifies it.
 */
import { compactVerify, type JWK } from 'jose';
import type { CommandName } from '../config/settings.ts';
import { fromBase64url, fromUtf8 } from '../crypto/bytes.ts';
import { type JsonObject, readJsonObject } from '../http/json.ts';
import { skewMs } from '../time/skew.ts';
import { contentOf, malformed, type ProofFacts, type Prove, unproven } from './command-proof.ts';

/** Signatures of which the verifier holds no secret. */
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
/** Where else a key could come from, and extensions that change what is signed. We want none of it. */
const unwanted = ['jku', 'jwk', 'x5u', 'x5c', 'crit', 'b64'];
const shape = /^([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)$/;
/** Room for 4 KB of content and the largest RSA signature; what is longer is not worth a verification. */
const longestJws = 8192;
const longestLifeSeconds = 60;
const skewSeconds = skewMs / 1000;
const commandNames: readonly CommandName[] = ['issue', 'update', 'rotate', 'end'];

export function createJwsProof(jwks: readonly JsonObject[], audience: string): Prove {
  const keyFor = createKeyChoice(jwks);
  return async (command, value, facts) => {
    const parts = value.length <= longestJws ? shape.exec(value) : null;
    if (!parts?.slice(1).every((part) => fromBase64url(part) !== null)) return unproven('not a JWS');
    const header = readPart(parts[1] as string);
    if (header === null || header.typ !== type) return unproven(`typ is not ${type}`);
    if (unwanted.some((name) => Object.hasOwn(header, name)))
      return unproven('the JWS header brings its own key or crit');
    const key = keyFor(header);
    if (key === null) return unproven('no one key of the set fits');
    try {
      await compactVerify(value, key, { algorithms });
    } catch {
      return unproven('wrong signature');
    }

    const read = contentOf(fromBase64url(parts[2] as string));
    if (read.kind !== 'authentic') return read;
    const payload = read.content as JsonObject;
    if (!speaksOfThisReply(payload, audience, facts)) return unproven('not made for this reply');
    const named = commandNames.filter((name) => Object.hasOwn(payload, name));
    if (named.length !== 1 || named[0] !== command) return malformed('the JWS is not about this one command');
    return { kind: 'authentic', content: payload[command] };
  };
}

function readPart(part: string): JsonObject | null {
  const bytes = fromBase64url(part);
  const text = bytes && fromUtf8(bytes);
  return text === null ? null : readJsonObject(text);
}

function speaksOfThisReply({ iss, aud, iat, exp, nbf, req }: JsonObject, audience: string, facts: ProofFacts): boolean {
  const seconds = facts.now / 1000;
  if (typeof iss !== 'string' || iss === '' || aud !== audience || req !== facts.requestId) return false;
  if (!Number.isInteger(iat) || !Number.isInteger(exp)) return false;
  const [from, until] = [iat as number, exp as number];
  if (until <= from || until > from + longestLifeSeconds) return false;
  if (nbf !== undefined && !(typeof nbf === 'number' && nbf <= seconds + skewSeconds)) return false;
  return from <= seconds + skewSeconds && seconds < until + skewSeconds;
}

/** The one key that the header can mean: by `kid`, or the only one there is. (jose remembers the imported key by its JWK.) */
function createKeyChoice(jwks: readonly JsonObject[]) {
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
