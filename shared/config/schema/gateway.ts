/** What the configuration may look like, setting by setting. What settings mean to one another is in `check-*.ts`. */
import * as v from 'valibot';
import { pathComplaint, publicOriginComplaint, routePathComplaint } from '../urls.ts';
import { poolSchema, timeout } from './pool.ts';
import { sessionSchema } from './session.ts';
import {
  cidr,
  claimName,
  duration,
  flag,
  id,
  judged,
  listOf,
  method,
  named,
  number,
  oneOf,
  regionName,
  secret,
  setOf,
  shape,
  someOf,
  text,
  textLike,
  told,
} from './values.ts';

const mostShare = 1_000_000;

const claimRules = named(
  claimName,
  someOf(
    v.union(
      [v.string(), v.pipe(v.number(), v.finite()), v.boolean()],
      told('is not a value a claim can have', 'Write text, a number, true or false.'),
    ),
    "Write a list of values that are enough, such as ['admin'].",
  ),
  "Write claims and the values that satisfy them, such as { role: ['admin'] }.",
);

const routeSchema = shape({
  path: judged(routePathComplaint),
  host: v.optional(
    textLike(
      (value) => /^[a-z0-9.-]{1,253}(:\d{1,5})?$|^\[[0-9a-f:.]+\](:\d{1,5})?$/.test(value),
      'is not a host',
      "Write it in lower case and without a scheme, such as 'admin.shop.example'.",
    ),
  ),
  methods: v.optional(setOf(method, "Write a list such as ['POST'], or leave it out for every method.")),
  pool: v.optional(
    v.lazy((input) =>
      typeof input === 'object'
        ? shape({
            split: named(id, number(0, mostShare), 'Write pools and their shares, such as { app: 90, canary: 10 }.'),
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
        ? setOf(judged(publicOriginComplaint), "Write a list such as ['https://app.partner.example'].")
        : oneOf('refuse', 'allow'),
    ),
  ),
  cache: v.optional(oneOf('none', 'edge')),
  regions: v.optional(setOf(regionName, "Write a list such as ['eu'].")),
  freshness: v.optional(duration({ leastMs: 0 })),
  touch: v.optional(flag),
  sockets: v.optional(oneOf('pass', 'watched', 'off')),
  timeout: v.optional(timeout),
  device: v.optional(flag),
});

const ownPage = shape({
  page: judged(pathComplaint),
  returnParam: v.optional(
    textLike(
      (value) => /^[A-Za-z0-9_.-]{1,64}$/.test(value),
      'is not the name of a query parameter',
      "Use letters, digits, '_', '.' and '-', such as 'return_to'.",
    ),
  ),
});
const provider = shape({
  issuer: textLike((value) => /^https:\/\/\S+$/.test(value), 'is not an https URL', "Write the provider's issuer URL."),
  clientId: text,
  clientSecret: v.optional(secret),
  scopes: v.optional(setOf(text, "Write a list such as ['openid', 'profile'].")),
  claims: v.optional(
    named(claimName, text, "Write session claims and the provider's names, such as { role: 'groups' }."),
  ),
  prompt: v.optional(text),
  acrValues: v.optional(setOf(text, "Write a list such as ['urn:mace:incommon:iap:silver'].")),
  responseMode: v.optional(oneOf('query', 'form_post')),
});
const loginOf = (input: unknown) => {
  if (typeof input !== 'object' || input === null) return ownPage;
  if ('providers' in input) {
    return shape({ providers: named(id, provider, 'Write providers by name, such as { staff: { issuer: … } }.') });
  }
  return 'issuer' in input ? provider : ownPage;
};

export const gatewaySchema = shape({
  publicOrigins: someOf(judged(publicOriginComplaint), "Write a list such as ['https://shop.example']."),
  matching: v.optional(oneOf('folded', 'exact')),
  prefix: v.optional(
    textLike(
      (value) => /^(?:\/[A-Za-z0-9_~-][A-Za-z0-9._~-]*|\/\.[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+$/.test(value),
      'is not a path for our own pages',
      "Begin with '/', do not end with it, and use plain characters, such as '/.session'.",
    ),
  ),
  trust: v.optional(
    shape({
      proxies: v.optional(listOf(cidr, "Write a list of networks, such as ['10.0.0.0/8'].")),
      cloudfront: v.optional(
        v.lazy((input) =>
          typeof input === 'object'
            ? shape({ secret })
            : v.literal(
                false,
                told('is not a way to trust CloudFront', 'Write false, or { secret: env.EDGE_SECRET }.'),
              ),
        ),
      ),
    }),
  ),
  session: v.optional(sessionSchema),
  pools: named(id, poolSchema, 'Write pools by name, such as { app: { origins: [ … ] } }.'),
  routes: someOf(routeSchema, "Write a list that ends with { path: '/*', pool: 'app' }."),
  identity: v.optional(
    shape({
      assertion: v.optional(flag),
      headers: v.optional(oneOf('none', 'forwarded', 'remote')),
      data: v.optional(listOf(claimName, "Write a list of keys of session data, such as ['plan'].")),
    }),
  ),
  residency: v.optional(shape({ claim: claimName })),
  login: v.optional(v.lazy(loginOf)),
  status: v.optional(shape({ claims: claimRules, operate: v.optional(shape({ claims: claimRules })) })),
});
