import * as v from 'valibot';
import { storeNames } from '../stores.ts';
import { duration, flag, oneOf, strictObject, tokenName, wholeNumber } from './values.ts';

const store = oneOf(...storeNames);
const bindingMode = oneOf('off', 'notify', 'strict');
/** Freshness and grace in an outage may be nothing at all. */
const maybeNothing = duration({ leastMs: 0 });

/** More would not be a limit. */
const maxSessions = 10_000;

export const sameSite = oneOf('Lax', 'Strict', 'None');

export const sessionSchema = strictObject({
  strategy: v.optional(oneOf('token', 'stored')),
  store: v.optional(
    v.lazy((input) =>
      typeof input === 'object' ? strictObject({ worker: v.optional(store), lambda: v.optional(store) }) : store,
    ),
  ),
  cookie: v.optional(
    strictObject({
      name: v.optional(tokenName),
      sameSite: v.optional(sameSite),
      persistent: v.optional(flag),
      partitioned: v.optional(flag),
    }),
  ),
  idle: v.optional(duration()),
  absolute: v.optional(duration()),
  rotate: v.optional(strictObject({ every: v.optional(duration()), grace: v.optional(maybeNothing) })),
  freshness: v.optional(maybeNothing),
  binding: v.optional(
    strictObject({
      userAgent: v.optional(bindingMode),
      network: v.optional(bindingMode),
      ipv4Prefix: v.optional(wholeNumber(0, 32)),
      ipv6Prefix: v.optional(wholeNumber(0, 128)),
      device: v.optional(oneOf('off', 'offer', 'require')),
    }),
  ),
  limit: v.optional(
    strictObject({
      perSubject: v.optional(wholeNumber(1, maxSessions)),
      onLimit: v.optional(oneOf('evict-oldest', 'refuse')),
    }),
  ),
  anonymous: v.optional(flag),
  whenStoreIsDown: v.optional(strictObject({ safeMethods: v.optional(maybeNothing) })),
  jurisdiction: v.optional(oneOf('eu', 'fedramp', 'us')),
});
