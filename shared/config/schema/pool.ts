import * as v from 'valibot';
import { momentMs, originUrlIssue, pathIssue } from '../urls.ts';
import { sameSite } from './session.ts';
import {
  arrayOf,
  checkedString,
  claimName,
  duration,
  flag,
  id,
  issue,
  matchingString,
  nonEmptyArray,
  number,
  oneOf,
  regionName,
  secret,
  strictObject,
  text,
  tokenName,
  uniqueArray,
  wholeNumber,
} from './values.ts';

/** Weights are relative: this is room for any ratio. */
const maxWeight = 1_000_000;
const maxProbeMs = 30_000;
const maxTimeoutMs = 15 * 60_000;
export const timeout = duration({ mostMs: maxTimeoutMs });
/** Each further try costs the client time and the origins load; five in a row is an outage, not bad luck. */
const maxAttempts = 5;
/** Kept in memory per request, of a Worker's 128 MB for all that it serves. */
const maxReplayBytes = 4 * 1024 * 1024;

const originSchema = strictObject({
  id,
  url: checkedString(originUrlIssue),
  region: v.optional(regionName),
  at: v.optional(
    v.tuple([number(-90, 90), number(-180, 180)], issue('is not a place', 'Write [latitude, longitude] in degrees.')),
  ),
  weight: v.optional(number(0, maxWeight)),
  state: v.optional(oneOf('active', 'draining', 'off')),
  drainBy: v.optional(
    matchingString(
      (value) => momentMs(value) !== null,
      'is not a moment',
      "Write RFC 3339 with a zone, such as '2026-12-01T04:00:00Z'.",
    ),
  ),
  route: v.optional(
    matchingString(
      (value) => /^[A-Za-z0-9_-]{1,64}$/.test(value),
      "is not a tag that can end an application's id",
      "Use 1 to 64 letters, digits, '-' and '_', such as 'node1'.",
    ),
  ),
});

/** Every attribute of every kind; which of them go together is checked in `check-affinity.ts`. */
const affinitySchema = strictObject({
  by: v.optional(oneOf('cookie', 'header', 'ip', 'origin-cookie', 'session', 'off')),
  absolute: v.optional(duration()),
  idle: v.optional(duration()),
  onFailure: v.optional(oneOf('repin', 'return', 'refuse', 'none')),
  name: v.optional(
    v.lazy((input) =>
      Array.isArray(input) ? uniqueArray(tokenName, "Write a list such as ['JSESSIONID'].") : tokenName,
    ),
  ),
  value: v.optional(oneOf('pin', 'hash', 'wrap')),
  domain: v.optional(
    matchingString(
      (value) => /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+$/.test(value),
      'is not a domain',
      "Write it in lower case, without scheme, port or leading dot, such as 'shop.example'.",
    ),
  ),
  sameSite: v.optional(sameSite),
  partitioned: v.optional(flag),
  persistent: v.optional(flag),
  first: v.optional(oneOf('network', 'random')),
  endsWithSession: v.optional(flag),
  ipv4Prefix: v.optional(wholeNumber(0, 32)),
  ipv6Prefix: v.optional(wholeNumber(0, 128)),
});

const host = oneOf('origin', 'client');

const limits = {
  may: v.optional(uniqueArray(oneOf('issue', 'update', 'rotate', 'end'), "Write a list such as ['issue', 'end'].")),
  claims: v.optional(arrayOf(claimName, "Write a list of claim names, such as ['role'], or [] for none.")),
};
const oneProof = v.optional(
  v.custom((value) => value === undefined, issue('stands beside token', 'Keep one proof: token or jwks.')),
);
const byToken = strictObject({ token: secret, jwks: oneProof, ...limits });
const byKeys = strictObject({
  token: v.optional(v.custom((value) => value === undefined)),
  jwks: v.pipe(
    v.custom(
      (value) => typeof value === 'object' && value !== null,
      issue('is not a JWK Set', 'Write { keys: [ … ] }.'),
    ),
    v.looseObject(
      {
        keys: nonEmptyArray(
          v.pipe(
            v.looseObject(
              { kty: text, kid: v.optional(text), alg: v.optional(text) },
              issue('is not a JWK', 'Put the public key in as an object with kty.'),
            ),
            v.check(
              (key) => ['EC', 'OKP', 'RSA'].includes(key.kty) && !('k' in key),
              issue('is not a public key', "Use keys with kty 'EC', 'OKP' or 'RSA'; a shared secret belongs in token."),
            ),
            v.check(
              (key) => !['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth'].some((member) => member in key),
              issue(
                'is a private key',
                'Put only the public half here, and give the origin a new pair: this one has been shared.',
              ),
            ),
          ),
          'Write a list of public keys.',
        ),
      },
      issue('has no keys', 'Write { keys: [ … ] }.'),
    ),
  ),
  ...limits,
});

export const poolSchema = strictObject({
  origins: nonEmptyArray(originSchema, "Write a list such as [{ id: 'eu', url: env.ORIGIN_EU, region: 'eu' }]."),
  steer: v.optional(oneOf('nearest', 'weighted')),
  affinity: v.optional(affinitySchema),
  health: v.optional(
    strictObject({
      failures: v.optional(wholeNumber(1, 100)),
      ejectFor: v.optional(duration({ mostMs: 3_600_000 })),
      maxEjected: v.optional(number(0, 1)),
      slowStart: v.optional(duration({ leastMs: 0, mostMs: 3_600_000 })),
      probe: v.optional(
        strictObject({
          path: v.optional(checkedString(pathIssue)),
          timeout: v.optional(duration({ mostMs: maxProbeMs })),
          up: v.optional(wholeNumber(1, 100)),
          down: v.optional(wholeNumber(1, 100)),
        }),
      ),
    }),
  ),
  retry: v.optional(
    strictObject({
      attempts: v.optional(wholeNumber(0, maxAttempts)),
      statuses: v.optional(arrayOf(wholeNumber(500, 599), 'Write a list of statuses, such as [502, 503, 504].')),
      maxBody: v.optional(wholeNumber(0, maxReplayBytes)),
    }),
  ),
  timeout: v.optional(timeout),
  host: v.optional(
    v.lazy((input) =>
      typeof input === 'object' ? strictObject({ worker: v.optional(host), lambda: v.optional(host) }) : host,
    ),
  ),
  address: v.optional(oneOf('forwarded', 'own')),
  commands: v.optional(
    v.lazy((input) =>
      typeof input === 'object' && input !== null && 'jwks' in input && !('token' in input) ? byKeys : byToken,
    ),
  ),
  sockets: v.optional(oneOf('pass', 'watched', 'off')),
});
