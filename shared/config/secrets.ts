/**
 * The secrets of a deployment, from its environment: `SESSION_KEYS` (a private JWK Set, RFC 7517) and `GATEWAY_TOKENS`.
 * Issues name the position and the member, never the content.
 */
import { fromBase64url } from '../crypto/bytes.ts';
import { isJsonObject, readJson } from '../http/json.ts';
import type { Environment } from './environment.ts';
import { type Key, listed, type RawIssue } from './issues.ts';
import { type Scope, type SecretKey, type Secrets, type ServiceToken, scopes } from './settings.ts';

export type Purpose = 'session' | 'seal' | 'assertion';

/** Old keys are kept until what they signed has expired. More than eight were probably forgotten, and each costs time. */
export const maxKeys = 8;

/** The algorithm of each purpose, and what its keys need (RFC 7518, sections 3.2, 5.3 and 6.2). */
const purposes: Readonly<
  Record<Purpose, { alg: SecretKey['alg']; kty: string; issueWith: (jwk: JsonWebKey) => MemberIssue | null }>
> = {
  session: {
    alg: 'HS256',
    kty: 'oct',
    issueWith: ({ k }) =>
      byteLength(k) >= 32 ? null : { member: 'k', message: 'is not base64url of 32 bytes or more' },
  },
  seal: {
    alg: 'A256GCM',
    kty: 'oct',
    issueWith: ({ k }) =>
      byteLength(k) === 32 ? null : { member: 'k', message: 'is not base64url of exactly 32 bytes' },
  },
  assertion: {
    alg: 'ES256',
    kty: 'EC',
    issueWith: (jwk) => {
      if (jwk.crv !== 'P-256') return { member: 'crv', message: "is not 'P-256'" };
      const member = (['d', 'x', 'y'] as const).find((name) => byteLength(jwk[name]) !== 32);
      if (member === undefined) return null;
      return {
        member,
        message:
          member === 'd' && jwk.d === undefined
            ? 'is missing: the private half is needed'
            : 'is not base64url of exactly 32 bytes',
      };
    },
  },
};
interface MemberIssue {
  readonly member: string;
  readonly message: string;
}

const byteLength = (text: unknown): number => (typeof text === 'string' ? (fromBase64url(text)?.length ?? 0) : 0);

const freshKeys =
  "Put the output of 'npm run keys' there: in .dev.vars here, with 'npx wrangler secret put SESSION_KEYS' for Workers, in the function's environment for Lambda.";

export function readSecrets(env: Environment): { secrets: Secrets; issues: RawIssue[] } {
  const keys = readKeys(env.SESSION_KEYS);
  const tokens = readTokens(env.GATEWAY_TOKENS);
  return {
    secrets: { ...keys.byPurpose, serviceTokens: tokens.tokens },
    issues: [...keys.issues, ...tokens.issues],
  };
}

function readKeys(text: string | undefined) {
  const byPurpose: Record<Purpose, SecretKey[]> = { session: [], seal: [], assertion: [] };
  const failed = (message: string, remedy = freshKeys) => ({
    byPurpose,
    issues: [{ keys: ['SESSION_KEYS'], message, remedy }],
  });
  if (text === undefined || text === '') return failed('is a secret that is undefined');
  const reading = readJson(text);
  if (reading.kind === 'malformed') return failed('is not JSON');
  if (reading.kind === 'duplicate') return failed('names a member of an object twice');
  const set = reading.value;
  const list = isJsonObject(set) && Array.isArray(set.keys) ? (set.keys as readonly unknown[]) : null;
  if (list === null) return failed('is not a JWK Set: { "keys": [ … ] }');
  if (list.length > maxKeys) {
    return failed(`has ${list.length} keys, and ${maxKeys} is the most`, 'Take away the oldest of each purpose.');
  }

  const issues: RawIssue[] = [];
  const kids = new Set<string>();
  for (const [i, jwk] of list.entries()) {
    const wrong = keyIssues(jwk, ['SESSION_KEYS', i], kids);
    issues.push(...wrong);
    if (wrong.length > 0) continue;
    const { kid, alg, purpose, ...rest } = jwk as JsonWebKey & { kid: string; alg: SecretKey['alg']; purpose: Purpose };
    byPurpose[purpose].push({ kid, alg, jwk: { ...materialOf(rest), alg } });
  }
  const missing = (Object.keys(purposes) as Purpose[]).filter(
    (purpose) => !list.some((jwk) => isJsonObject(jwk) && jwk.purpose === purpose),
  );
  if (missing.length > 0) {
    issues.push({ keys: ['SESSION_KEYS'], message: `has no key for ${listed(missing)}`, remedy: freshKeys });
  }
  return { byPurpose, issues };
}

/** Without `use` and `key_ops`, which could forbid what the purpose needs. */
const materialOf = ({ kty, k, crv, x, y, d }: JsonWebKey): JsonWebKey =>
  Object.fromEntries(Object.entries({ kty, k, crv, x, y, d }).filter(([, value]) => value !== undefined)) as never;

function keyIssues(jwk: unknown, keys: readonly Key[], kids: Set<string>): RawIssue[] {
  if (!isJsonObject(jwk)) return [{ keys, message: 'is not a JWK', remedy: freshKeys }];
  const issues: RawIssue[] = [];
  const issue = (member: string, message: string, remedy: string) =>
    issues.push({ keys: [...keys, member], message, remedy });

  if (typeof jwk.kid !== 'string' || !/^[\w.~-]{1,64}$/.test(jwk.kid)) {
    issue('kid', 'is not a name of 1 to 64 plain characters', 'Give every key a kid of its own.');
  } else if (kids.has(jwk.kid)) issue('kid', 'is the kid of an earlier key too', 'Give every key a kid of its own.');
  else kids.add(jwk.kid);

  const { purpose } = jwk;
  if (typeof purpose !== 'string' || !Object.hasOwn(purposes, purpose)) {
    issue('purpose', 'is not a purpose', `Write one of ${listed(Object.keys(purposes))}.`);
    return issues;
  }
  const { alg, kty, issueWith } = purposes[purpose as Purpose];
  if (jwk.alg !== alg) issue('alg', `does not go with ${purpose}`, `A key for ${purpose} has "alg": "${alg}".`);
  if (jwk.kty !== kty) issue('kty', `does not go with ${purpose}`, `A key for ${purpose} has "kty": "${kty}".`);
  const wrong = jwk.kty === kty ? issueWith(jwk as unknown as JsonWebKey) : null;
  if (wrong) issue(wrong.member, wrong.message, freshKeys);
  return issues;
}

const maxTokens = 100;
const tokenRemedy =
  'Write [{ "id": "…", "sha256": "<64 hex digits of the token\'s SHA-256>", "scopes": ["sessions:create"] }], or take GATEWAY_TOKENS away.';

function readTokens(text: string | undefined): { tokens: ServiceToken[]; issues: RawIssue[] } {
  const failed = (message: string) => ({
    tokens: [],
    issues: [{ keys: ['GATEWAY_TOKENS'], message, remedy: tokenRemedy }],
  });
  if (text === undefined || text === '') return { tokens: [], issues: [] };
  const reading = readJson(text);
  if (reading.kind === 'malformed') return failed('is not JSON');
  if (reading.kind === 'duplicate') return failed('names a member of an object twice');
  if (!Array.isArray(reading.value)) return failed('is not a list');
  if (reading.value.length > maxTokens) return failed(`has more than ${maxTokens} entries`);
  const issues = reading.value.flatMap((entry, i) => tokenIssues(entry, ['GATEWAY_TOKENS', i]));
  return { tokens: issues.length > 0 ? [] : (reading.value as ServiceToken[]), issues };
}

function tokenIssues(entry: unknown, keys: readonly Key[]): RawIssue[] {
  if (!isJsonObject(entry)) return [{ keys, message: 'is not an object', remedy: tokenRemedy }];
  const { id, sha256, scopes: held, ...others } = entry;
  const wrong: [member: string, message: string][] = Object.keys(others).map((key) => [
    key.slice(0, 40),
    'is not a member of a service token',
  ]);
  if (typeof id !== 'string' || !/^[\w.-]{1,64}$/.test(id))
    wrong.push(['id', 'is not a name of 1 to 64 plain characters']);
  if (typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/.test(sha256))
    wrong.push(['sha256', 'is not 64 lower-case hex digits']);
  const areScopes = Array.isArray(held) && held.length > 0 && held.every((scope) => scopes.includes(scope as Scope));
  if (!areScopes) wrong.push(['scopes', `is not a list of scopes, which are ${listed(scopes)}`]);
  return wrong.map(([member, message]) => ({ keys: [...keys, member], message, remedy: tokenRemedy }));
}
