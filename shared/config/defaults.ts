/** What a setting is when the file does not say. Every number is here, once, with its why. */
import type { CommandName } from './settings.ts';

export const defaults = {
  /** What most origins do: Express, Flask and file systems that know no case take every spelling for the same page. */
  matching: 'folded',
  /** Begins with a dot, as `/.well-known` does: no application has pages there. */
  prefix: '/.session',
  session: {
    strategy: 'stored',
    store: { worker: 'kv', lambda: 'dynamodb' },
    /** `__Host-` (RFC 6265bis, section 4.1.3.2): no subdomain can plant or overwrite it. */
    cookie: { name: '__Host-session', sameSite: 'Lax', persistent: false, partitioned: false },
    /** OWASP's session advice for ordinary applications is 15 to 30 minutes of idleness. */
    idle: '30m',
    /** A working day with room: somebody signs in once a morning. */
    absolute: '12h',
    /** A stolen secret is worth at most an hour; the grace covers replies lost on a bad line. */
    rotate: { every: '1h', grace: '30s' },
    /** The least that KV can promise: 60 s of its caches, on top of a snapshot that may be 60 s old. */
    freshness: '120s',
    /** A change of browser is worth an event; networks change with every train ride. /24 and /48 are what one site holds. */
    binding: { userAgent: 'notify', network: 'off', ipv4Prefix: 24, ipv6Prefix: 48, device: 'off' },
    /** More devices than anybody owns, few enough that a stolen password cannot breed sessions without end. */
    limit: { perSubject: 20, onLimit: 'evict-oldest' },
    anonymous: false,
    /** Nothing beyond freshness: whoever wants reads to go on in an outage says so. */
    whenStoreIsDown: { safeMethods: '0s' },
  },
  origin: { weight: 1, state: 'active', region: 'default' },
  pool: {
    steer: 'nearest',
    /** A day: state kept in an origin's memory is rarely worth more, and a berth that never ends can never be freed. */
    affinity: {
      by: 'cookie',
      absolute: '24h',
      persistent: false,
      sameSite: 'Lax',
      partitioned: false,
      onFailure: 'repin',
      /** The same client gets the same origin before it holds anything; `random` spreads the clients of one network. */
      first: 'network',
      endsWithSession: true,
    },
    health: {
      /** One failure is an accident and two may be; three in a row are the origin. */
      failures: 3,
      /** Long enough to spare a restarting process, short enough to notice that it is back. */
      ejectFor: '10s',
      /** With more than half of a pool out, the rest would go down under the load. */
      maxEjected: 0.5,
      slowStart: '0s',
      /** 2 up and 3 down, a minute apart: slower to condemn than to forgive would flap, and so would one of each. */
      probe: { path: '/healthz', timeout: '2s', up: 2, down: 3 },
    },
    /** 502 to 504 are what proxies say of an origin that is away. 64 KiB is what a Worker may hold per request without harm. */
    retry: { attempts: 2, statuses: [502, 503, 504], maxBody: 65_536 },
    /** A long poll lasts 25 s and a round trip (socket.io), a slow report longer. HAProxy and NGINX wait as long. */
    timeout: '60s',
    host: 'origin',
    address: 'forwarded',
    sockets: 'pass',
  },
  /** The network a client is hashed by where nothing better is known: a household or a small office. */
  affinityByIp: { ipv4Prefix: 24, ipv6Prefix: 56 },
  commands: { may: ['issue', 'update', 'rotate', 'end'] as readonly CommandName[] },
  route: { session: 'optional', crossSite: 'refuse', cache: 'none', touch: true, issues: false, device: false },
  identity: { assertion: true, headers: 'none' },
  residency: { claim: 'residency' },
  login: { returnParam: 'return_to' },
  /** A role that no application gives its customers by accident. */
  status: { claims: { role: ['operator'] } },
} as const;

/** The affinity cookie; with several pools, `<this>-<pool>`. */
export const affinityCookieName = '__Host-affinity';
