import * as v from 'valibot';
import type { Door } from '../../platform.ts';
import { type StoreKind, storeNames } from '../stores.ts';
import { choice, strictObject } from './object.ts';
import { duration, flag, oneOf, sameSite, tokenName, wholeNumber } from './values.ts';

const storeName = oneOf(...storeNames);
const storePerDoor = strictObject({
  /** On Cloudflare Workers. @default 'kv' */
  worker: v.optional(storeName, 'kv'),
  /** On AWS Lambda. @default 'dynamodb' */
  lambda: v.optional(storeName, 'dynamodb'),
});
const bindingMode = oneOf('off', 'notify', 'strict');
const durationOrZero = duration({ minMs: 0 });

const settings = strictObject({
  /**
   * `stored`: a record in a store, which can be ended at any time. `token`: a JWT that the client carries until it expires.
   * @default 'stored'
   */
  strategy: v.optional(oneOf('token', 'stored'), 'stored'),
  /**
   * Where records are kept: one store for both platforms, or one for each. A token needs none.
   * @default { worker: 'kv', lambda: 'dynamodb' }
   */
  store: v.optional(
    choice((input) => (typeof input === 'object' ? 'perDoor' : 'one'), { one: storeName, perDoor: storePerDoor }),
  ),
  /** The session cookie. */
  cookie: v.optional(
    strictObject({
      // `__Host-` (RFC 6265bis, section 4.1.3.2): no subdomain can set or overwrite it.
      /** Its name. @default '__Host-session' */
      name: v.optional(tokenName, '__Host-session'),
      /** Whether browsers send it with requests that other sites start. @default 'Lax' */
      sameSite: v.optional(sameSite, 'Lax'),
      /** Whether it outlives the closing of the browser. @default false */
      persistent: v.optional(flag, false),
      /** Whether browsers keep one cookie per embedding site (CHIPS). @default false */
      partitioned: v.optional(flag, false),
    }),
    {},
  ),
  // OWASP recommends 15 to 30 minutes for ordinary applications.
  /** A session ends after this time without a request. @default '30m' */
  idle: v.optional(duration(), '30m'),
  // A working day with room to spare: people sign in once a morning.
  /** A session ends this long after the login, however active it is. @default '12h' */
  absolute: v.optional(duration(), '12h'),
  /** How the secret in the cookie of a stored session changes. */
  rotate: v.optional(
    strictObject({
      // A stolen secret is worth an hour at most.
      /** How often the secret is replaced. @default '1h' */
      every: v.optional(duration(), '1h'),
      // Covers replies that are lost on a bad connection.
      /** How long the old secret is still accepted. @default '30s' */
      grace: v.optional(durationOrZero, '30s'),
    }),
    {},
  ),
  // The least that KV can promise: see stores.ts.
  /**
   * How old the knowledge of a logout may be; `0s` asks the store at every request. The store sets the minimum: `kv` 120s,
   * `redis` 1s, the others 0s.
   * @default '120s'
   */
  freshness: v.optional(durationOrZero, '120s'),
  /** What happens when a session is used by another client than the one that signed in: nothing, an event, or its end. */
  binding: v.optional(
    strictObject({
      /** Another browser. @default 'notify' */
      userAgent: v.optional(bindingMode, 'notify'),
      // Networks change with every train ride.
      /** Another network. @default 'off' */
      network: v.optional(bindingMode, 'off'),
      // /24 and /48 are what one site holds.
      /** Bits of an IPv4 address that make a network. @default 24 */
      ipv4Prefix: v.optional(wholeNumber(0, 32), 24),
      /** Bits of an IPv6 address that make a network. @default 48 */
      ipv6Prefix: v.optional(wholeNumber(0, 128), 48),
      /** Binds the session to a key that the browser holds (DBSC). Not built yet. @default 'off' */
      device: v.optional(oneOf('off', 'offer', 'require'), 'off'),
    }),
    {},
  ),
  /** Live sessions per subject. Exact on every store but `kv`, where it is best effort. */
  limit: v.optional(
    strictObject({
      // More devices than one person owns, and few enough that a stolen password cannot open sessions without end.
      /** How many: at most 300 on `kv`, and 3,000 elsewhere. @default 20 */
      perSubject: v.optional(wholeNumber(1, 10_000), 20),
      /** What happens at one more. @default 'evict-oldest' */
      onLimit: v.optional(oneOf('evict-oldest', 'refuse'), 'evict-oldest'),
    }),
    {},
  ),
  /** Whether clients that are not signed in get a session too. It is sealed in the cookie until it holds data. @default false */
  anonymous: v.optional(flag, false),
  /** What still works while the store does not answer. */
  whenStoreIsDown: v.optional(
    strictObject({
      /** How long past its freshness a session may still serve GET and HEAD. @default '0s' */
      safeMethods: v.optional(durationOrZero, '0s'),
    }),
    {},
  ),
  /**
   * Where Durable Objects run and keep sessions: only there. For the store `durable-object`. Another value means other
   * objects, so every user signs in again.
   * @default anywhere
   */
  jurisdiction: v.optional(oneOf('eu', 'fedramp', 'us')),
});

/** Where records are kept on each platform; `null` for a token without a store. */
export type Stores = Readonly<Record<Door, StoreKind | null>>;
type StoreInput = v.InferInput<typeof settings.entries.store.wrapped>;

export function storesOf({
  strategy = settings.entries.strategy.default,
  store,
}: {
  readonly strategy?: 'token' | 'stored' | undefined;
  readonly store?: StoreInput | undefined;
}): Stores {
  if (store === undefined && strategy === 'token') return { worker: null, lambda: null };
  if (typeof store === 'string') return { worker: store, lambda: store };
  const { worker, lambda } = storePerDoor.entries;
  return { worker: store?.worker ?? worker.default, lambda: store?.lambda ?? lambda.default };
}

export const sessionSchema = v.pipe(
  settings,
  // Settings that are not built yet are checked and then left out.
  v.transform(({ store, jurisdiction, binding: { device: _, ...binding }, ...session }) => ({
    ...session,
    // Left out where it is not given: the revision of a configuration stays.
    ...(jurisdiction !== null && { jurisdiction }),
    binding,
    stores: storesOf({ strategy: session.strategy, store: store ?? undefined }),
  })),
);
