/** What the configuration may look like, setting by setting. What settings mean to one another is in `check-*.ts`. */
import * as v from 'valibot';
import { pathIssue, publicOriginIssue, routePathIssue } from '../urls.ts';
import { poolSchema, timeout } from './pool.ts';
import { sessionSchema } from './session.ts';
import {
  arrayOf,
  checkedString,
  cidr,
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
  recordOf,
  regionName,
  secret,
  strictObject,
  text,
  uniqueArray,
} from './values.ts';

const maxShare = 1_000_000;

const claimRules = recordOf(
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

const routeSchema = strictObject({
  path: checkedString(routePathIssue),
  host: v.optional(
    matchingString(
      (value) => /^[a-z0-9.-]{1,253}(:\d{1,5})?$|^\[[0-9a-f:.]+\](:\d{1,5})?$/.test(value),
      'is not a host',
      "Write it in lower case and without a scheme, such as 'admin.shop.example'.",
    ),
  ),
  methods: v.optional(uniqueArray(method, "Write a list such as ['POST'], or leave it out for every method.")),
  pool: v.optional(
    v.lazy((input) =>
      typeof input === 'object'
        ? strictObject({
            split: recordOf(id, number(0, maxShare), 'Write pools and their shares, such as { app: 90, canary: 10 }.'),
          })
        : text,
    ),
  ),
  session: v.optional(oneOf('required', 'optional', 'off')),
  maxAuthAge: v.optional(duration()),
  claims: v.optional(claimRules),
  issues: v.optional(flag),
  crossSite: v.optional(
    v.lazy((input) =>
      Array.isArray(input)
        ? uniqueArray(checkedString(publicOriginIssue), "Write a list such as ['https://app.partner.example'].")
        : oneOf('refuse', 'allow'),
    ),
  ),
  cache: v.optional(oneOf('none', 'edge')),
  regions: v.optional(uniqueArray(regionName, "Write a list such as ['eu'].")),
  freshness: v.optional(duration({ leastMs: 0 })),
  touch: v.optional(flag),
  sockets: v.optional(oneOf('pass', 'watched', 'off')),
  timeout: v.optional(timeout),
  device: v.optional(flag),
});

const ownPage = strictObject({
  page: checkedString(pathIssue),
  returnParam: v.optional(
    matchingString(
      (value) => /^[A-Za-z0-9_.-]{1,64}$/.test(value),
      'is not the name of a query parameter',
      "Use letters, digits, '_', '.' and '-', such as 'return_to'.",
    ),
  ),
});
const provider = strictObject({
  issuer: matchingString(
    (value) => /^https:\/\/\S+$/.test(value),
    'is not an https URL',
    "Write the provider's issuer URL.",
  ),
  clientId: text,
  clientSecret: v.optional(secret),
  scopes: v.optional(uniqueArray(text, "Write a list such as ['openid', 'profile'].")),
  claims: v.optional(
    recordOf(claimName, text, "Write session claims and the provider's names, such as { role: 'groups' }."),
  ),
  prompt: v.optional(text),
  acrValues: v.optional(uniqueArray(text, "Write a list such as ['urn:mace:incommon:iap:silver'].")),
  responseMode: v.optional(oneOf('query', 'form_post')),
});
const loginOf = (input: unknown) => {
  if (typeof input !== 'object' || input === null) return ownPage;
  if ('providers' in input) {
    return strictObject({
      providers: recordOf(id, provider, 'Write providers by name, such as { staff: { issuer: … } }.'),
    });
  }
  return 'issuer' in input ? provider : ownPage;
};

export const gatewaySchema = strictObject({
  publicOrigins: nonEmptyArray(checkedString(publicOriginIssue), "Write a list such as ['https://shop.example']."),
  matching: v.optional(oneOf('folded', 'exact')),
  prefix: v.optional(
    matchingString(
      (value) => /^(?:\/[A-Za-z0-9_~-][A-Za-z0-9._~-]*|\/\.[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+$/.test(value),
      'is not a path for our own pages',
      "Begin with '/', do not end with it, and use plain characters, such as '/.session'.",
    ),
  ),
  trust: v.optional(
    strictObject({
      proxies: v.optional(arrayOf(cidr, "Write a list of networks, such as ['10.0.0.0/8'].")),
      cloudfront: v.optional(
        v.lazy((input) =>
          typeof input === 'object'
            ? strictObject({ secret })
            : v.literal(
                false,
                issue('is not a way to trust CloudFront', 'Write false, or { secret: env.EDGE_SECRET }.'),
              ),
        ),
      ),
    }),
  ),
  session: v.optional(sessionSchema),
  pools: recordOf(id, poolSchema, 'Write pools by name, such as { app: { origins: [ … ] } }.'),
  routes: nonEmptyArray(routeSchema, "Write a list that ends with { path: '/*', pool: 'app' }."),
  identity: v.optional(
    strictObject({
      assertion: v.optional(flag),
      headers: v.optional(oneOf('none', 'forwarded', 'remote')),
      data: v.optional(arrayOf(claimName, "Write a list of keys of session data, such as ['plan'].")),
    }),
  ),
  residency: v.optional(strictObject({ claim: claimName })),
  login: v.optional(v.lazy(loginOf)),
  status: v.optional(strictObject({ claims: claimRules, operate: v.optional(strictObject({ claims: claimRules })) })),
});
