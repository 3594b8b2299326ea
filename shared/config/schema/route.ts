import * as v from 'valibot';
import { originOf, publicOriginIssue, routePathIssue } from '../urls.ts';
import { choice, recordOf, strictObject } from './object.ts';
import {
  checkedString,
  claimName,
  duration,
  flag,
  id,
  issue,
  matchingString,
  method,
  nonEmptyArray,
  number,
  oneOf,
  originTimeout,
  regionName,
  sockets,
  text,
  uniqueArray,
} from './values.ts';

export const claimRules = recordOf(
  claimName,
  nonEmptyArray(
    v.union(
      [v.string(), v.pipe(v.number(), v.finite()), v.boolean()],
      issue('is not a value a claim can have', 'Write text, a number, true or false.'),
    ),
    "Write a list of values that are enough, such as ['admin'].",
  ),
  "Write claims and the values that satisfy them, such as { role: ['admin'] }.",
);

/** Claim name to the values that satisfy it; every name must be satisfied. */
export type ClaimRules = v.InferOutput<typeof claimRules>;

const settings = strictObject({
  /** `/a/*` matches `/a` and everything below it; a path without `*` matches itself. */
  path: checkedString(routePathIssue),
  /** Only requests for this public host, with the port if it has one. @default all */
  host: v.optional(
    matchingString(
      (value) => /^[a-z0-9.-]{1,253}(:\d{1,5})?$|^\[[0-9a-f:.]+\](:\d{1,5})?$/.test(value),
      'is not a host',
      "Write it in lower case and without a scheme, such as 'admin.shop.example'.",
    ),
  ),
  /** Only requests with one of these methods; `GET` covers HEAD. @default all */
  methods: v.optional(uniqueArray(method, "Write a list such as ['POST'], or leave it out for every method.")),
  /** Where the request goes. Required where there are several pools. @default the only pool */
  pool: v.optional(
    choice((input) => (typeof input === 'object' ? 'shared' : 'one'), {
      one: text,
      shared: strictObject({
        /** The pools and their relative shares: `{ app: 90, canary: 10 }`. */
        split: recordOf(id, number(0, 1_000_000), 'Write pools and their shares, such as { app: 90, canary: 10 }.'),
      }),
    }),
  ),
  /** `off` neither looks at the session nor tells the origin about it. @default 'optional' */
  session: v.optional(oneOf('required', 'optional', 'off'), 'optional'),
  /** Requires a new login when the last one is older than this. @default no limit */
  maxAuthAge: v.optional(duration()),
  /** The claims that the session must have: for each name, the values that are enough. @default none */
  claims: v.optional(claimRules),
  /** Whether the origin's reply may begin a session here. @default false */
  issues: v.optional(flag, false),
  /** Unsafe requests that other sites start: refused, allowed, or allowed from at most 100 origins. @default 'refuse' */
  crossSite: v.optional(
    choice((input) => (Array.isArray(input) ? 'listed' : 'word'), {
      word: oneOf('refuse', 'allow'),
      listed: v.pipe(
        uniqueArray(checkedString(publicOriginIssue), "Write a list such as ['https://app.partner.example']."),
        v.transform((origins): readonly string[] => origins.map(originOf)),
      ),
    }),
    'refuse',
  ),
  /** `edge` lets Cloudflare's cache keep replies; only with `session: 'off'`. @default 'none' */
  cache: v.optional(oneOf('none', 'edge'), 'none'),
  /** Only origins in these regions may serve it. @default all */
  regions: v.optional(uniqueArray(regionName, "Write a list such as ['eu'].")),
  /** In place of `session.freshness`. @default the session's */
  freshness: v.optional(duration({ minMs: 0 })),
  /** Whether a request here keeps the session alive. @default true */
  touch: v.optional(flag, true),
  /** In place of the pool's. @default the pool's */
  sockets: v.optional(sockets),
  /** In place of the pool's. @default the pool's */
  timeout: v.optional(originTimeout),
  /** Whether the session must be bound to the browser's device. `true` is not built yet. @default false */
  device: v.optional(flag, false),
});

export const routeSchema = v.pipe(
  settings,
  v.transform(({ device: _, claims, ...route }) => ({ ...route, claims: claims ?? {} })),
);
