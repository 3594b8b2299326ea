/**
 * The configuration after it has been read, checked and resolved: what the rest of the gateway works with.
 * Durations are milliseconds, defaults are filled in, names are looked up, and nothing here is optional by accident.
 */
import type { Door, GeoPoint } from '../platform.ts';
import type { StoreKind } from './stores.ts';

export type SameSite = 'Lax' | 'Strict' | 'None';

export interface Settings {
  readonly door: Door;
  /** Never empty. The first is the issuer. */
  readonly publicOrigins: readonly PublicOrigin[];
  /** `folded`: routes are matched in any letter case, with or without one last slash. */
  readonly matching: 'folded' | 'exact';
  /** Begins with `/`, does not end with one. */
  readonly prefix: string;
  readonly trust: { readonly proxies: readonly string[]; readonly cloudfrontSecret: string | null };
  readonly session: SessionSettings;
  readonly pools: ReadonlyMap<string, Pool>;
  /** Pools whose file names the page that probes ask for. Of the others a suspicion asks for a HEAD of the root. */
  readonly namedProbes: readonly string[];
  /** First match wins; the last matches everything. */
  readonly routes: readonly Route[];
  readonly identity: {
    readonly assertion: boolean;
    readonly headers: 'none' | 'forwarded' | 'remote';
    /** Keys of session data that origins are shown. */
    readonly data: readonly string[];
  };
  readonly residencyClaim: string;
  readonly login:
    | { readonly kind: 'page'; readonly page: string; readonly returnParam: string }
    | { readonly kind: 'none' };
  readonly statusClaims: ClaimRules;
  readonly devHeaders: boolean;
  readonly secrets: Secrets;
  /** Short stable name of everything above but the secrets: equal configurations have equal revisions on every door. */
  readonly revision: string;
}

export interface PublicOrigin {
  /** `https://shop.example`, no trailing slash. */
  readonly origin: string;
  /** Host with port where it is not the scheme's own, in lower case. */
  readonly host: string;
  readonly scheme: 'http' | 'https';
}

export interface SessionSettings {
  readonly strategy: 'token' | 'stored';
  /** `null` only for `token` without a store. */
  readonly store: StoreKind | null;
  readonly cookie: {
    readonly name: string;
    readonly sameSite: SameSite;
    readonly persistent: boolean;
    readonly partitioned: boolean;
  };
  readonly idleMs: number;
  readonly absoluteMs: number;
  readonly rotate: { readonly everyMs: number; readonly graceMs: number };
  readonly freshnessMs: number;
  readonly binding: {
    readonly userAgent: BindingMode;
    readonly network: BindingMode;
    readonly ipv4Prefix: number;
    readonly ipv6Prefix: number;
  };
  readonly limit: { readonly perSubject: number; readonly onLimit: 'evict-oldest' | 'refuse' };
  readonly anonymous: boolean;
  readonly whenStoreIsDown: { readonly safeMethodsMs: number };
}
export type BindingMode = 'off' | 'notify' | 'strict';

export interface Pool {
  readonly id: string;
  readonly origins: readonly Origin[];
  readonly steer: 'nearest' | 'weighted';
  readonly affinity: Affinity;
  readonly health: {
    readonly failures: number;
    readonly ejectForMs: number;
    readonly maxEjected: number;
    readonly slowStartMs: number;
    readonly probe: {
      readonly path: string;
      readonly timeoutMs: number;
      readonly up: number;
      readonly down: number;
    };
  };
  readonly retry: { readonly attempts: number; readonly statuses: readonly number[]; readonly maxBodyBytes: number };
  readonly timeoutMs: number;
  readonly host: 'origin' | 'client';
  readonly commands: Commands | null;
  readonly sockets: 'pass' | 'watched' | 'off';
}

export interface Origin {
  /** Unique within its pool; `[A-Za-z][A-Za-z0-9_-]{0,31}`, so that it is a token of RFC 9651 as it stands. */
  readonly id: string;
  /** Scheme, host, port and an optional base path, no trailing slash. */
  readonly url: string;
  readonly region: string;
  /** Where the region is; `null` when nobody knows, and then distance plays no part for it. */
  readonly place: GeoPoint | null;
  readonly weight: number;
  readonly state: 'active' | 'draining' | 'off';
  /** Milliseconds since the epoch, or `null`: a drain without an end. */
  readonly drainBy: number | null;
}

export interface Affinity {
  readonly by: AffinityBy;
  readonly absoluteMs: number;
  /** `null`: only the absolute end counts. */
  readonly idleMs: number | null;
  readonly onFailure: 'repin' | 'return' | 'refuse' | 'none';
  /** Where a client without session and pin begins: by its network, or drawn. */
  readonly first: 'network' | 'random';
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

export interface Commands {
  /** Proof that a Session-* reply header is the origin's own. */
  readonly proof:
    | { readonly kind: 'token'; readonly token: string }
    | { readonly kind: 'jwks'; readonly jwks: { readonly keys: readonly Readonly<Record<string, unknown>>[] } };
  readonly may: readonly CommandName[];
  /** Claims the pool may set; `null`: any. */
  readonly claims: readonly string[] | null;
}
export type CommandName = 'issue' | 'update' | 'rotate' | 'end';

/** Claim name to the values that satisfy it; every name must be satisfied. */
export type ClaimRules = Readonly<Record<string, readonly (string | number | boolean)[]>>;

export interface Route {
  /** Place in the file, from 1. */
  readonly number: number;
  readonly host: string | null;
  /** `null`: any method. */
  readonly methods: readonly string[] | null;
  readonly path: string;
  readonly target: RouteTarget;
  readonly session: 'required' | 'optional' | 'off';
  readonly maxAuthAgeMs: number | null;
  readonly claims: ClaimRules;
  readonly issues: boolean;
  /** A list: the origins, as `URL.origin`, that may. */
  readonly crossSite: 'refuse' | 'allow' | readonly string[];
  readonly cache: 'none' | 'edge';
  /** Regions that may serve it; `null`: all. */
  readonly regions: readonly string[] | null;
  readonly freshnessMs: number;
  readonly touch: boolean;
  /** Overrides the pool's. */
  readonly sockets: 'pass' | 'watched' | 'off' | null;
  /** Overrides the pool's. */
  readonly timeoutMs: number | null;
}
/** A single pool is a split of one branch. The first branch's name is the cookie's. Shares are relative weights. */
export interface RouteTarget {
  readonly branches: readonly { readonly pool: string; readonly share: number }[];
}

export interface Secrets {
  /** For each purpose the first signs or seals, every one is accepted. Raw JWKs: never logged, never serialised. */
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

/** One thing wrong with the configuration. `value` is left out where it could be a secret. */
export interface Issue {
  /** `pools.app.origins[1].url`, or `SESSION_KEYS[0].alg`. */
  readonly path: string;
  readonly value?: string;
  readonly message: string;
  readonly remedy: string;
}
