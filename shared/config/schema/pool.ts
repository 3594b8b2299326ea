import * as v from 'valibot';
import { momentMs, originUrlComplaint, pathComplaint } from '../urls.ts';
import { sameSite } from './session.ts';
import {
  claimName,
  duration,
  flag,
  id,
  judged,
  listOf,
  number,
  oneOf,
  regionName,
  secret,
  setOf,
  shape,
  someOf,
  text,
  textLike,
  tokenName,
  told,
  wholeNumber,
} from './values.ts';

/** Weights are relative: this is room for any ratio. */
const mostWeight = 1_000_000;
const longestProbeMs = 30_000;
const longestTimeoutMs = 15 * 60_000;
export const timeout = duration({ mostMs: longestTimeoutMs });
/** Each further try costs the client time and the origins load; five in a row is an outage, not bad luck. */
const mostAttempts = 5;
/** Kept in memory per request, of a Worker's 128 MB for all that it serves. */
const mostReplayBytes = 4 * 1024 * 1024;

const originSchema = shape({
  id,
  url: judged(originUrlComplaint),
  region: v.optional(regionName),
  at: v.optional(
    v.tuple([number(-90, 90), number(-180, 180)], told('is not a place', 'Write [latitude, longitude] in degrees.')),
  ),
  weight: v.optional(number(0, mostWeight)),
  state: v.optional(oneOf('active', 'draining', 'off')),
  drainBy: v.optional(
    textLike(
      (value) => momentMs(value) !== null,
      'is not a moment',
      "Write RFC 3339 with a zone, such as '2026-12-01T04:00:00Z'.",
    ),
  ),
  route: v.optional(
    textLike(
      (value) => /^[A-Za-z0-9_-]{1,64}$/.test(value),
      "is not a tag that can end an application's id",
      "Use 1 to 64 letters, digits, '-' and '_', such as 'node1'.",
    ),
  ),
});

/** Every attribute of every kind; which of them go together is checked in `check-affinity.ts`. */
const affinitySchema = shape({
  by: v.optional(oneOf('cookie', 'header', 'ip', 'origin-cookie', 'session', 'off')),
  absolute: v.optional(duration()),
  idle: v.optional(duration()),
  onFailure: v.optional(oneOf('repin', 'return', 'refuse', 'none')),
  name: v.optional(
    v.lazy((input) => (Array.isArray(input) ? setOf(tokenName, "Write a list such as ['JSESSIONID'].") : tokenName)),
  ),
  value: v.optional(oneOf('pin', 'hash', 'wrap')),
  domain: v.optional(
    textLike(
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
  may: v.optional(setOf(oneOf('issue', 'update', 'rotate', 'end'), "Write a list such as ['issue', 'end'].")),
  claims: v.optional(listOf(claimName, "Write a list of claim names, such as ['role'], or [] for none.")),
};
const oneProof = v.optional(
  v.custom((value) => value === undefined, told('stands beside token', 'Keep one proof: token or jwks.')),
);
const byToken = shape({ token: secret, jwks: oneProof, ...limits });
const byKeys = shape({
  token: v.optional(v.custom((value) => value === undefined)),
  jwks: v.pipe(
    v.custom(
      (value) => typeof value === 'object' && value !== null,
      told('is not a JWK Set', 'Write { keys: [ … ] }.'),
    ),
    v.looseObject(
      {
        keys: someOf(
          v.pipe(
            v.looseObject(
              { kty: text, kid: v.optional(text), alg: v.optional(text) },
              told('is not a JWK', 'Put the public key in as an object with kty.'),
            ),
            v.check(
              (key) => ['EC', 'OKP', 'RSA'].includes(key.kty) && !('k' in key),
              told('is not a public key', "Use keys with kty 'EC', 'OKP' or 'RSA'; a shared secret belongs in token."),
            ),
            v.check(
              (key) => !['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth'].some((member) => member in key),
              told(
                'is a private key',
                'Put only the public half here, and give the origin a new pair: this one has been shared.',
              ),
            ),
          ),
          'Write a list of public keys.',
        ),
      },
      told('has no keys', 'Write { keys: [ … ] }.'),
    ),
  ),
  ...limits,
});

export const poolSchema = shape({
  origins: someOf(originSchema, "Write a list such as [{ id: 'eu', url: env.ORIGIN_EU, region: 'eu' }]."),
  steer: v.optional(oneOf('nearest', 'weighted')),
  affinity: v.optional(affinitySchema),
  health: v.optional(
    shape({
      failures: v.optional(wholeNumber(1, 100)),
      ejectFor: v.optional(duration({ mostMs: 3_600_000 })),
      maxEjected: v.optional(number(0, 1)),
      slowStart: v.optional(duration({ leastMs: 0, mostMs: 3_600_000 })),
      probe: v.optional(
        shape({
          path: v.optional(judged(pathComplaint)),
          timeout: v.optional(duration({ mostMs: longestProbeMs })),
          up: v.optional(wholeNumber(1, 100)),
          down: v.optional(wholeNumber(1, 100)),
        }),
      ),
    }),
  ),
  retry: v.optional(
    shape({
      attempts: v.optional(wholeNumber(0, mostAttempts)),
      statuses: v.optional(listOf(wholeNumber(500, 599), 'Write a list of statuses, such as [502, 503, 504].')),
      maxBody: v.optional(wholeNumber(0, mostReplayBytes)),
    }),
  ),
  timeout: v.optional(timeout),
  host: v.optional(
    v.lazy((input) =>
      typeof input === 'object' ? shape({ worker: v.optional(host), lambda: v.optional(host) }) : host,
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
