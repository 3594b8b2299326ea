/** `gateway.config.ts` as a whole. How settings depend on one another is checked in `../rules/`. */
import * as v from 'valibot';
import { publicOriginIssue, publicOriginOf } from '../urls.ts';
import { loginSchema } from './login.ts';
import { choice, recordOf, strictObject } from './object.ts';
import { poolSchema } from './pool.ts';
import { claimRules, routeSchema } from './route.ts';
import { sessionSchema } from './session.ts';
import {
  arrayOf,
  checkedString,
  cidr,
  claimName,
  flag,
  fromEnvironment,
  id,
  issue,
  matchingString,
  nonEmptyArray,
  oneOf,
  secret,
} from './values.ts';

export const gatewaySchema = strictObject({
  /** The origins that it answers for, such as `https://shop.example`; others get 421. The first is the issuer of tokens. */
  publicOrigins: nonEmptyArray(
    fromEnvironment(v.pipe(checkedString(publicOriginIssue), v.transform(publicOriginOf))),
    "Write a list such as ['https://shop.example'].",
  ),
  // Express, Flask and file systems that ignore case take every spelling for the same page.
  /** `exact` distinguishes letter case and one last slash when routes are matched, protection included. @default 'folded' */
  matching: v.optional(oneOf('folded', 'exact'), 'folded'),
  // Begins with a dot, as `/.well-known` does: applications have no pages there.
  /** The path below which the gateway has its own pages. @default '/.session' */
  prefix: v.optional(
    matchingString(
      (value) => /^(?:\/[A-Za-z0-9_~-][A-Za-z0-9._~-]*|\/\.[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+$/.test(value),
      'is not a path for our own pages',
      "Begin with '/', do not end with it, and use plain characters, such as '/.session'.",
    ),
    '/.session',
  ),
  /** Who is believed about a client's address, besides the platform. */
  trust: v.optional(
    strictObject({
      /** Networks (CIDR) of your own proxies, whose X-Forwarded-For counts. @default [] */
      proxies: v.optional(arrayOf(cidr, "Write a list of networks, such as ['10.0.0.0/8']."), []),
      /** `{ secret }` is how CloudFront proves itself, in the header X-Edge-Secret. @default false */
      cloudfront: v.optional(
        choice((input) => (typeof input === 'object' ? 'proved' : 'none'), {
          none: v.literal(
            false,
            issue('is not a way to trust CloudFront', 'Write false, or { secret: env.EDGE_SECRET }.'),
          ),
          proved: strictObject({
            /** The value of X-Edge-Secret. */
            secret,
          }),
        }),
        false,
      ),
    }),
    {},
  ),
  /** How sessions live and end. */
  session: v.optional(sessionSchema, {}),
  /** Groups of origins that can serve the same routes, by name. */
  pools: recordOf(id, poolSchema, 'Write pools by name, such as { app: { origins: [ … ] } }.'),
  /** The first match wins; the last route must match everything (`/*`). */
  routes: nonEmptyArray(routeSchema, "Write a list that ends with { path: '/*', pool: 'app' }."),
  /** What origins learn about the client's session. */
  identity: v.optional(
    strictObject({
      /** The signed header Session-Assertion. @default true */
      assertion: v.optional(flag, true),
      /** Plain headers, for applications that expect them. @default 'none' */
      headers: v.optional(oneOf('none', 'forwarded', 'remote'), 'none'),
      /** The keys of session data that origins get. @default [] */
      data: v.optional(arrayOf(claimName, "Write a list of keys of session data, such as ['plan']."), []),
    }),
    {},
  ),
  /** Sessions that only some regions may serve. @default { claim: 'residency' } */
  residency: v.optional(
    strictObject({
      /** The session claim that lists the regions. */
      claim: claimName,
    }),
    { claim: 'residency' },
  ),
  /** Where people sign in: the origin's own form, or an OIDC provider (not built yet). @default nowhere */
  login: v.optional(loginSchema),
  // A role that no application gives its customers by accident.
  /** Who may see the status page and the metrics, besides service tokens. @default { claims: { role: ['operator'] } } */
  status: v.optional(
    strictObject({
      /** The claims of their sessions. */
      claims: claimRules,
      /** Who may change origins on the status page. Not built yet. @default no session may */
      operate: v.optional(
        strictObject({
          /** The claims of their sessions. */
          claims: claimRules,
        }),
      ),
    }),
    { claims: { role: ['operator'] } },
  ),
});
