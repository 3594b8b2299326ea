/**
 * The configuration as the gateway works with it: checked, with defaults, durations in milliseconds and names looked up.
 * The types come from the schema; only what depends on the platform or on another setting is written out here.
 */
import type { InferOutput } from 'valibot';
import type { Door } from '../platform.ts';
import type { affinitySchema } from './schema/affinity.ts';
import type { gatewaySchema } from './schema/gateway.ts';
import type { originSchema, poolSchema } from './schema/pool.ts';
import type { ClaimRules, routeSchema } from './schema/route.ts';
import type { sessionSchema } from './schema/session.ts';
import type { StoreKind } from './stores.ts';
import type { PublicOrigin } from './urls.ts';

export type { Issue } from './issues.ts';
export type { CommandName, Commands } from './schema/commands.ts';
export type { ClaimRules } from './schema/route.ts';
export type { PublicOrigin } from './urls.ts';

type Output = InferOutput<typeof gatewaySchema>;

export interface Settings extends Pick<Output, 'matching' | 'prefix' | 'identity'> {
  readonly door: Door;
  /** Never empty. The first is the issuer. */
  readonly publicOrigins: readonly PublicOrigin[];
  readonly trust: { readonly proxies: readonly string[]; readonly cloudfrontSecret: string | null };
  readonly session: SessionSettings;
  readonly pools: ReadonlyMap<string, Pool>;
  /** Pools whose file names the page for health checks. The others are asked for a HEAD of the root. */
  readonly namedProbes: readonly string[];
  /** The first match wins; the last route matches everything. */
  readonly routes: readonly Route[];
  readonly residencyClaim: string;
  readonly login:
    | { readonly kind: 'page'; readonly page: string; readonly returnParam: string }
    | { readonly kind: 'none' };
  readonly statusClaims: ClaimRules;
  readonly devHeaders: boolean;
  readonly secrets: Secrets;
  /** Short stable name of everything above but the secrets: equal configurations have equal revisions on every platform. */
  readonly revision: string;
}

export interface SessionSettings extends Omit<InferOutput<typeof sessionSchema>, 'stores'> {
  /** On this platform. `null` only for `token` without a store. */
  readonly store: StoreKind | null;
}
export type SameSite = SessionSettings['cookie']['sameSite'];
export type BindingMode = SessionSettings['binding']['userAgent'];

export interface Pool extends Omit<InferOutput<typeof poolSchema>, 'affinity' | 'host'> {
  readonly id: string;
  readonly affinity: Affinity;
  /** Which Host the origin gets on this platform. */
  readonly host: 'origin' | 'client';
}

export interface Origin extends InferOutput<typeof originSchema> {}

export interface Affinity
  extends Pick<InferOutput<typeof affinitySchema>, 'absoluteMs' | 'idleMs' | 'onFailure' | 'first'> {
  readonly by: AffinityBy;
}
export type AffinityBy =
  | {
      readonly kind: 'cookie';
      readonly name: string;
      readonly domain: string | null;
      readonly sameSite: SameSite;
      readonly partitioned: boolean;
      readonly persistent: boolean;
    }
  | { readonly kind: 'header'; readonly name: string; readonly value: 'pin' | 'hash' | 'wrap' }
  | { readonly kind: 'ip'; readonly ipv4Prefix: number; readonly ipv6Prefix: number }
  | { readonly kind: 'origin-cookie'; readonly name: string }
  | { readonly kind: 'session' }
  | { readonly kind: 'off' };

export interface Route extends Omit<InferOutput<typeof routeSchema>, 'pool' | 'freshnessMs'> {
  /** Its place in the file, from 1. */
  readonly number: number;
  readonly target: RouteTarget;
  readonly freshnessMs: number;
}
/** A single pool is a split of one branch. The first branch's name is the cookie's. Shares are relative weights. */
export interface RouteTarget {
  readonly branches: readonly { readonly pool: string; readonly share: number }[];
}

export interface Secrets {
  /** For each purpose the first key signs or seals and every key is accepted. JWKs: never logged, never serialised. */
  readonly session: readonly SecretKey[];
  readonly seal: readonly SecretKey[];
  readonly assertion: readonly SecretKey[];
  readonly serviceTokens: readonly ServiceToken[];
}
export interface SecretKey {
  readonly kid: string;
  readonly alg: 'HS256' | 'A256GCM' | 'ES256';
  readonly jwk: JsonWebKey;
}
export interface ServiceToken {
  readonly id: string;
  /** Lower-case hex SHA-256 of the token. */
  readonly sha256: string;
  readonly scopes: readonly Scope[];
}
export const scopes = [
  'sessions:create',
  'sessions:read',
  'sessions:write',
  'sessions:end',
  'origins:read',
  'origins:write',
  'status:read',
  'explain',
] as const;
export type Scope = (typeof scopes)[number];
