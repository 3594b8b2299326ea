import * as v from 'valibot';
import { householdPrefix } from '../../client/address.ts';
import { choice, strictObject } from './object.ts';
import { duration, flag, matchingString, oneOf, sameSite, tokenName, uniqueArray, wholeNumber } from './values.ts';

/** The attributes of all ways. `attributesOf` says which of them go with which way. */
export const affinitySchema = strictObject({
  /** What ties a client to its origin. @default 'cookie' */
  by: v.optional(oneOf('cookie', 'header', 'ip', 'origin-cookie', 'session', 'off'), 'cookie'),
  // A day: state in an origin's memory is rarely worth more, and without an end a place could never be freed.
  /** The longest time that a client stays tied to one origin. @default '24h' */
  absolute: v.optional(duration(), '24h'),
  /** The tie ends after this time without a request. @default only `absolute` counts */
  idle: v.optional(duration()),
  /**
   * What happens when the client's origin fails. `repin`: the client moves to another one and stays there. `return`: it is
   * served elsewhere until its origin is healthy. `refuse`: it gets 503. `none`: its origin is tried all the same.
   * @default 'repin'
   */
  onFailure: v.optional(oneOf('repin', 'return', 'refuse', 'none'), 'repin'),
  /**
   * The name of the cookie or the header. `origin-cookie` also takes a list.
   * @default `__Host-affinity`, with several pools `__Host-affinity-<pool>`
   */
  name: v.optional(
    choice((input) => (Array.isArray(input) ? 'several' : 'one'), {
      one: tokenName,
      several: uniqueArray(tokenName, "Write a list such as ['JSESSIONID']."),
    }),
  ),
  /**
   * What the header carries: `pin`, a sealed pin of the gateway; `hash`, any value of the client's; `wrap`, an id of the
   * origin's, which the gateway wraps.
   * @default 'pin'
   */
  value: v.optional(oneOf('pin', 'hash', 'wrap'), 'pin'),
  /** Shares the cookie with subdomains. Needs a `name` that does not begin with `__Host-`. @default the host alone */
  domain: v.optional(
    matchingString(
      (value) => /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+$/.test(value),
      'is not a domain',
      "Write it in lower case, without scheme, port or leading dot, such as 'shop.example'.",
    ),
  ),
  /** As for the session cookie. @default 'Lax' */
  sameSite: v.optional(sameSite, 'Lax'),
  /** As for the session cookie. @default false */
  partitioned: v.optional(flag, false),
  /** As for the session cookie. @default false */
  persistent: v.optional(flag, false),
  /**
   * The first origin of a client without session and pin: `network`, the same one for all clients of a network; `random`,
   * drawn by weight among equals.
   * @default 'network'
   */
  first: v.optional(oneOf('network', 'random'), 'network'),
  /** Whether a logout unties the client too. `false` is not built yet. @default true */
  endsWithSession: v.optional(flag, true),
  /** Bits of an IPv4 address that make a network. @default 24 */
  ipv4Prefix: v.optional(wholeNumber(0, 32), householdPrefix.ipv4Prefix),
  /** Bits of an IPv6 address that make a network. @default 56 */
  ipv6Prefix: v.optional(wholeNumber(0, 128), householdPrefix.ipv6Prefix),
});

export interface AffinityAttributes extends v.InferInput<typeof affinitySchema> {}

const ofOwnPin = ['absolute', 'idle', 'onFailure', 'first', 'endsWithSession'] as const;
/** Only the application can rewrite its value, so that use cannot prolong a pin behind it. */
const ofPinBehindValue = ['absolute', 'onFailure'] as const;
/** Affinity by a key has no pin that could end. */
const ofKey = ['onFailure'] as const;

/** The attributes of each way; `header` is three ways. */
export const attributesOf = {
  cookie: [...ofOwnPin, 'name', 'domain', 'sameSite', 'partitioned', 'persistent'],
  'header pin': [...ofOwnPin, 'name', 'value'],
  'header hash': [...ofKey, 'name', 'value'],
  'header wrap': [...ofPinBehindValue, 'name', 'value'],
  ip: [...ofKey, 'ipv4Prefix', 'ipv6Prefix'],
  'origin-cookie': [...ofPinBehindValue, 'name'],
  session: ofKey,
  off: [],
} as const satisfies Readonly<Record<string, readonly (keyof AffinityAttributes)[]>>;
export type AffinityWay = keyof typeof attributesOf;

export const wayOf = ({ by = 'cookie', value = 'pin' }: AffinityAttributes): AffinityWay =>
  by === 'header' ? `header ${value}` : by;

type Narrowed<Keys extends keyof AffinityAttributes, Types> = {
  readonly [Key in keyof Pick<AffinityAttributes, Keys>]: Key extends keyof Types
    ? Types[Key]
    : AffinityAttributes[Key];
};
/** The attributes of a way, with `Types` in place of their general types; those in `Needed` are required. */
type Way<Name extends AffinityWay, Needed extends keyof AffinityAttributes, Types> = Narrowed<
  Exclude<(typeof attributesOf)[Name][number] | 'by', Needed>,
  Types
> &
  Required<Narrowed<Needed, Types>>;

export type AffinityInput =
  | Way<'cookie', never, { by?: 'cookie' | undefined; name?: string | undefined }>
  | Way<'header pin', 'by' | 'name', { by: 'header'; name: string; value?: 'pin' | undefined }>
  | Way<'header wrap', 'by' | 'name' | 'value', { by: 'header'; name: string; value: 'wrap' }>
  | Way<'header hash', 'by' | 'name' | 'value', { by: 'header'; name: string; value: 'hash' }>
  | Way<'ip', 'by', { by: 'ip' }>
  | Way<'origin-cookie', 'by' | 'name', { by: 'origin-cookie'; name: string | readonly string[] }>
  | Way<'session', 'by', { by: 'session' }>
  | Way<'off', 'by', { by: 'off' }>;

/** The name that an affinity is given. Of a list, which is not built yet for several names, the first. */
export function givenName({ name }: { readonly name?: AffinityAttributes['name'] | null }): string | null {
  return typeof name === 'object' ? (name?.[0] ?? null) : (name ?? null);
}

/** The name of a pool's affinity cookie, or `null` when its affinity needs none of ours. */
export function affinityCookieOf(
  pool: string,
  affinity: Pick<AffinityAttributes, 'by'> & { readonly name?: AffinityAttributes['name'] | null },
  poolCount: number,
): string | null {
  if ((affinity.by ?? 'cookie') !== 'cookie') return null;
  return givenName(affinity) ?? (poolCount > 1 ? `__Host-affinity-${pool}` : '__Host-affinity');
}
