/** What may stand in `gateway.config.ts`. The comments are for the editor: what a setting is for, and its default. */
import type { Duration } from './durations.ts';
import type { BindingMode, CommandName, SameSite } from './settings.ts';
import type { StoreKind } from './stores.ts';

/** The variables of the deployment: Worker variables and secrets, or the Lambda's environment. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** `env.NAME` may stand here. When the variable is not set, reading the configuration fails and names it. */
export type FromEnvironment = string | undefined;

export interface GatewayInput {
  /** The origins it answers for, such as `https://shop.example` (others get 421). The first is its issuer name. */
  readonly publicOrigins: readonly FromEnvironment[];
  /** `exact` tells letter case and one last slash apart when routes are matched, protection included. Default `folded`. */
  readonly matching?: 'folded' | 'exact' | undefined;
  /** Its own pages live below this path and nowhere else. Default `/.session`. */
  readonly prefix?: string | undefined;
  /** Whom to believe about a client's address. Default: only the platform. */
  readonly trust?: TrustInput | undefined;
  /** How sessions live and end. */
  readonly session?: SessionInput | undefined;
  /** Groups of origins that can serve the same routes, by name. */
  readonly pools: Readonly<Record<string, PoolInput>>;
  /** The first match wins; the last must match everything (`/*`). */
  readonly routes: readonly RouteInput[];
  /** What origins are told of the client. */
  readonly identity?: IdentityInput | undefined;
  /** Sessions that may only be served from some regions. */
  readonly residency?:
    | { /** The session claim that lists the regions. Default `residency`. */ readonly claim: string }
    | undefined;
  /** Where people sign in: the origin's own form, an OIDC provider, or (left out) nowhere. */
  readonly login?: LoginPageInput | OidcLoginInput | OidcProvidersInput | undefined;
  /** Who may see the status page besides service tokens. Default `{ claims: { role: ['operator'] } }`. */
  readonly status?:
    | {
        readonly claims: ClaimRulesInput;
        /** The claims of sessions that may change origins there. Default: no session may. */
        readonly operate?: { readonly claims: ClaimRulesInput } | undefined;
      }
    | undefined;
}

/** Claim name to the values that satisfy it; every name must be satisfied. */
export type ClaimRulesInput = Readonly<Record<string, readonly (string | number | boolean)[]>>;

export interface TrustInput {
  /** Networks (CIDR) of proxies of yours whose X-Forwarded-For counts. Default none. */
  readonly proxies?: readonly string[] | undefined;
  /** CloudFront proves itself with this secret in the header X-Edge-Secret. Default `false`. */
  readonly cloudfront?: false | { readonly secret: FromEnvironment } | undefined;
}

export interface SessionInput {
  /** `stored`: a record in a store, which can be ended. `token`: a JWT that the client carries until it expires. Default `stored`. */
  readonly strategy?: 'token' | 'stored' | undefined;
  /** Where records live: one name for both doors, or one per door. Default `{ worker: 'kv', lambda: 'dynamodb' }`. */
  readonly store?:
    | StoreKind
    | { readonly worker?: StoreKind | undefined; readonly lambda?: StoreKind | undefined }
    | undefined;
  readonly cookie?:
    | {
        /** Default `__Host-session`. */
        readonly name?: string | undefined;
        /** Default `Lax`. */
        readonly sameSite?: SameSite | undefined;
        /** Outlives the closing of the browser. Default `false`. */
        readonly persistent?: boolean | undefined;
        /** A jar of its own per embedding site (CHIPS). Default `false`. */
        readonly partitioned?: boolean | undefined;
      }
    | undefined;
  /** Ends after so long without a request. Default `30m`. */
  readonly idle?: Duration | undefined;
  /** Ends so long after the login, whatever happens. Default `12h`. */
  readonly absolute?: Duration | undefined;
  /** How often the secret in the cookie changes, and how long the old one still works. Default `{ every: '1h', grace: '30s' }`. */
  readonly rotate?: { readonly every?: Duration | undefined; readonly grace?: Duration | undefined } | undefined;
  /** How old the knowledge of a logout may be; `0s` asks the store every time. Default `120s`, the least that `kv` can promise. */
  readonly freshness?: Duration | undefined;
  /** What happens when the client is not the one that signed in. Default: an event for another browser, nothing for another network. */
  readonly binding?:
    | {
        readonly userAgent?: BindingMode | undefined;
        readonly network?: BindingMode | undefined;
        readonly ipv4Prefix?: number | undefined;
        readonly ipv6Prefix?: number | undefined;
        /** Binds the session to a key that the browser holds (DBSC). Default `off`. */
        readonly device?: 'off' | 'offer' | 'require' | undefined;
      }
    | undefined;
  /** Live sessions per subject. Default `{ perSubject: 20, onLimit: 'evict-oldest' }`. */
  readonly limit?:
    | { readonly perSubject?: number | undefined; readonly onLimit?: 'evict-oldest' | 'refuse' | undefined }
    | undefined;
  /** Strangers get a session too. Default `false`. */
  readonly anonymous?: boolean | undefined;
  /** How long past its freshness a session may still serve GET and HEAD in an outage of the store. Default `0s`. */
  readonly whenStoreIsDown?: { readonly safeMethods?: Duration | undefined } | undefined;
  /** Where Durable Objects keep their data; only with `durable-object`. Default: anywhere. */
  readonly jurisdiction?: 'eu' | 'fedramp' | 'us' | undefined;
}

export interface PoolInput {
  readonly origins: readonly OriginInput[];
  /** `nearest`: by region, then weight. `weighted`: by weight alone. Default `nearest`. */
  readonly steer?: 'nearest' | 'weighted' | undefined;
  /** What ties a client to its origin. Default: a sealed cookie, for a day. */
  readonly affinity?: AffinityInput | undefined;
  /** When an origin is left out for a while. */
  readonly health?:
    | {
        /** Failures in a row until it is. Default 3. */
        readonly failures?: number | undefined;
        /** For how long, the first time. Default `10s`. */
        readonly ejectFor?: Duration | undefined;
        /** The part of the pool that may be out at once, 0 to 1. Default 0.5. */
        readonly maxEjected?: number | undefined;
        /** How long one that comes back takes to its full weight. Default `0s`. */
        readonly slowStart?: Duration | undefined;
        /** Asked once a minute: `up` good answers bring it back, `down` bad ones take it out. */
        readonly probe?:
          | {
              /** Default `/healthz`. */
              readonly path?: string | undefined;
              /** Default `2s`. */
              readonly timeout?: Duration | undefined;
              /** Default 2. */
              readonly up?: number | undefined;
              /** Default 3. */
              readonly down?: number | undefined;
            }
          | undefined;
      }
    | undefined;
  /** When another origin is tried. */
  readonly retry?:
    | {
        /** Further origins after the first, all inside `timeout`. Default 2. */
        readonly attempts?: number | undefined;
        /** Replies that count as failures. Default `[502, 503, 504]`. */
        readonly statuses?: readonly number[] | undefined;
        /** Bytes of a body that are kept for another try. Default 65536. */
        readonly maxBody?: number | undefined;
      }
    | undefined;
  /** From the last byte of the request's body to the headers of the reply; also the longest standstill of that body. Default `60s`. */
  readonly timeout?: Duration | undefined;
  /** Which Host the origin gets: its own, or (Lambda only) the client's. One word, or one per door. Default `origin`. */
  readonly host?:
    | HostInput
    | { readonly worker?: HostInput | undefined; readonly lambda?: HostInput | undefined }
    | undefined;
  /** `own`: the application is asked as if directly, by its own address. Default `forwarded`. */
  readonly address?: 'forwarded' | 'own' | undefined;
  /** Lets the pool's origins begin and change sessions by reply header. Default: they may not. */
  readonly commands?: CommandsInput | undefined;
  /** WebSockets. Default `pass`. */
  readonly sockets?: 'pass' | 'watched' | 'off' | undefined;
}

export type HostInput = 'origin' | 'client';

export interface OriginInput {
  /** A letter, then letters, digits, `-` and `_`, at most 32. Clients are pinned to it: changing it moves them. */
  readonly id: string;
  /** `https://eu.shop.internal`, with a base path where there is one. */
  readonly url: FromEnvironment;
  /** A continent (`eu`), an AWS region code, or any name, then with `at`. */
  readonly region?: string | undefined;
  /** `[latitude, longitude]`, where the region's name does not tell. */
  readonly at?: readonly [latitude: number, longitude: number] | undefined;
  /** Share of new clients within its region; 0 takes none. Default 1. */
  readonly weight?: number | undefined;
  /** `draining` keeps its clients and takes no new ones; `off` serves nobody. Default `active`. */
  readonly state?: 'active' | 'draining' | 'off' | undefined;
  /** When a drain ends and the last clients move, RFC 3339: `2026-12-01T04:00:00Z`. */
  readonly drainBy?: string | undefined;
  /** The tag that the application puts at the end of its own session id (`jvmRoute`); only with `origin-cookie`. */
  readonly route?: string | undefined;
}

interface WhenItFails {
  /** What happens when the client's origin cannot serve it. Default `repin`: another one, for good. */
  readonly onFailure?: 'repin' | 'return' | 'refuse' | 'none' | undefined;
}
interface PinEnd extends WhenItFails {
  /** The longest a client is tied to one origin. Default `24h`. */
  readonly absolute?: Duration | undefined;
}
interface PinTimes extends PinEnd {
  /** Ends after so long without a request. Default: only `absolute` counts. */
  readonly idle?: Duration | undefined;
  /**
   * Where a client without session and pin begins: `network`, the same origin for all of one network; `random`, drawn by
   * weight among equals. Default `network`.
   */
  readonly first?: 'network' | 'random' | undefined;
  /** A logout frees the berth too. Default `true`. */
  readonly endsWithSession?: boolean | undefined;
}

export type AffinityInput =
  | (PinTimes & {
      readonly by?: 'cookie' | undefined;
      /** Default `__Host-affinity`, with several pools `__Host-affinity-<pool>`. */
      readonly name?: string | undefined;
      /** Shares the cookie with subdomains. Needs a `name` that does not begin with `__Host-`. */
      readonly domain?: string | undefined;
      readonly sameSite?: SameSite | undefined;
      readonly partitioned?: boolean | undefined;
      readonly persistent?: boolean | undefined;
    })
  | (PinTimes & { readonly by: 'header'; readonly name: string; readonly value?: 'pin' | undefined })
  | (PinEnd & { readonly by: 'header'; readonly name: string; readonly value: 'wrap' })
  | (WhenItFails & { readonly by: 'header'; readonly name: string; readonly value: 'hash' })
  | (WhenItFails & {
      readonly by: 'ip';
      readonly ipv4Prefix?: number | undefined;
      readonly ipv6Prefix?: number | undefined;
    })
  | (PinEnd & { readonly by: 'origin-cookie' /** One name, or a list. */; readonly name: string | readonly string[] })
  | (WhenItFails & { readonly by: 'session' })
  | { readonly by: 'off' };

interface CommandLimits {
  /** What the origins may do. Default: all of it. */
  readonly may?: readonly CommandName[] | undefined;
  /** Claims they may set. Default: any; must be given where several pools may issue. */
  readonly claims?: readonly string[] | undefined;
}

export type CommandsInput =
  | (CommandLimits & {
      /** The origin repeats it in the reply header Session-Origin-Token. */
      readonly token: FromEnvironment;
      readonly jwks?: undefined;
    })
  | (CommandLimits & {
      /** Public keys: the origin signs its commands instead. */
      readonly jwks: { readonly keys: readonly Readonly<Record<string, unknown>>[] };
      readonly token?: undefined;
    });

export interface RouteInput {
  /** `/a/*` matches `/a` and everything below it; without `*` it matches itself. */
  readonly path: string;
  /** Narrows the route to one of the public hosts. */
  readonly host?: string | undefined;
  /** Narrows the route to these methods. */
  readonly methods?: readonly string[] | undefined;
  /** Where the request goes. May be left out where there is only one pool. */
  readonly pool?:
    | string
    | { /** Pool to share: `{ app: 90, canary: 10 }`. */ readonly split: Readonly<Record<string, number>> }
    | undefined;
  /** Default `optional`. `off` neither looks at the session nor tells the origin of it. */
  readonly session?: 'required' | 'optional' | 'off' | undefined;
  /** Asks for a new login when the last one is older. */
  readonly maxAuthAge?: Duration | undefined;
  /** Claims that the session must have. */
  readonly claims?: ClaimRulesInput | undefined;
  /** The origin's reply may begin a session here. Default `false`. */
  readonly issues?: boolean | undefined;
  /** Unsafe requests from other sites: refused, allowed, or allowed from these origins. Default `refuse`. */
  readonly crossSite?: 'refuse' | 'allow' | readonly string[] | undefined;
  /** `edge` lets Cloudflare's cache keep replies; only with `session: 'off'`. Default `none`. */
  readonly cache?: 'none' | 'edge' | undefined;
  /** Only origins in these regions may serve it. */
  readonly regions?: readonly string[] | undefined;
  /** Overrides the session's. */
  readonly freshness?: Duration | undefined;
  /** `false`: a request here does not keep the session alive. Default `true`. */
  readonly touch?: boolean | undefined;
  /** Overrides the pool's. */
  readonly sockets?: 'pass' | 'watched' | 'off' | undefined;
  /** Overrides the pool's. */
  readonly timeout?: Duration | undefined;
  /** The session must be bound to the browser's device. Default `false`. */
  readonly device?: boolean | undefined;
}

export interface IdentityInput {
  /** The signed Session-Assertion. Default `true`. */
  readonly assertion?: boolean | undefined;
  /** Plain headers for applications that expect them. Default `none`. */
  readonly headers?: 'none' | 'forwarded' | 'remote' | undefined;
  /** Keys of session data that origins are shown. Default none. */
  readonly data?: readonly string[] | undefined;
}

export interface LoginPageInput {
  /** Path of the origin's own form. */
  readonly page: string;
  /** The query parameter that says where to go afterwards. Default `return_to`. */
  readonly returnParam?: string | undefined;
}

export interface OidcLoginInput {
  readonly issuer: FromEnvironment;
  readonly clientId: FromEnvironment;
  readonly clientSecret?: FromEnvironment;
  readonly scopes?: readonly string[] | undefined;
  /** Session claims by the provider's names: `{ role: 'groups' }`. */
  readonly claims?: Readonly<Record<string, string>> | undefined;
  readonly prompt?: string | undefined;
  readonly acrValues?: readonly string[] | undefined;
  /** How the provider sends people back. Default `query`. */
  readonly responseMode?: 'query' | 'form_post' | undefined;
}

export interface OidcProvidersInput {
  /** Several providers, by the name that `/login?provider=` takes. */
  readonly providers: Readonly<Record<string, OidcLoginInput>>;
}
