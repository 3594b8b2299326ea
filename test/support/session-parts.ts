/** What session strategies are made of, for tests: settings as the defaults have them, and keys of the test's own. */
import type { SecretKey, SessionSettings } from '../../shared/config/settings.ts';
import { traitsOf } from '../../shared/config/stores.ts';
import { base64url, randomBytes } from '../../shared/crypto/bytes.ts';
import { createMacRing } from '../../shared/crypto/key-ring.ts';
import { createSealer } from '../../shared/crypto/seal.ts';
import type { SessionEvent } from '../../shared/session/events.ts';
import type { Fingerprint } from '../../shared/session/request/fingerprint.ts';
import type { Identity } from '../../shared/session/session.ts';
import { withOutages } from '../../shared/session/store/bounded-store.ts';
import { createRevocationCache } from '../../shared/session/store/revocation-cache.ts';
import type { Store } from '../../shared/session/store/store.ts';
import { createNextSecrets } from '../../shared/session/stored/next-secret.ts';
import { createStoredStrategy } from '../../shared/session/stored/stored-strategy.ts';
import type { Beginning } from '../../shared/session/strategy/lifecycle.ts';
import type { Strategy } from '../../shared/session/strategy/strategy.ts';
import { createTokenStrategy } from '../../shared/session/token/token-strategy.ts';

export const minuteMs = 60_000;
export const hourMs = 60 * minuteMs;
export const issuer = 'https://shop.example';

/** 30 minutes of idleness, 12 hours in all, freshness of two minutes. */
export const sessionSettings = (more: Partial<SessionSettings> = {}): SessionSettings => ({
  strategy: 'stored',
  store: 'memory',
  cookie: { name: '__Host-session', sameSite: 'Lax', persistent: false, partitioned: false },
  idleMs: 30 * minuteMs,
  absoluteMs: 12 * hourMs,
  rotate: { everyMs: hourMs, graceMs: 30_000 },
  freshnessMs: 2 * minuteMs,
  binding: { userAgent: 'notify', network: 'off', ipv4Prefix: 24, ipv6Prefix: 48 },
  limit: { perSubject: 20, onLimit: 'evict-oldest' },
  anonymous: false,
  whenStoreIsDown: { safeMethodsMs: 0 },
  ...more,
});

const secretKey = (kid: string, alg: 'HS256' | 'A256GCM'): SecretKey => ({
  kid,
  alg,
  jwk: { kty: 'oct', k: base64url(randomBytes(32)) },
});
export const sessionKey = (kid = 'session-1'): SecretKey => secretKey(kid, 'HS256');
export const sealKey = (kid = 'seal-1'): SecretKey => secretKey(kid, 'A256GCM');

export interface Keys {
  readonly session: readonly SecretKey[];
  readonly seal: readonly SecretKey[];
}
export const someKeys = (): Keys => ({ session: [sessionKey()], seal: [sealKey()] });

/** As a gateway of its own would have it: the same keys and storage, a memory of its own. Origins are shown `cart`. */
export const storedStrategy = (
  store: Store,
  keys: Keys,
  settings = sessionSettings(),
  events: SessionEvent[] = [],
): Strategy =>
  createStoredStrategy({
    settings,
    shown: ['cart'],
    store: withOutages(store),
    traits: traitsOf(settings.store ?? 'memory'),
    ring: createMacRing(keys.session),
    sealer: createSealer(keys.seal),
    nextSecrets: createNextSecrets(keys.seal),
    recent: createRevocationCache(),
    emit: (event) => void events.push(event),
  });

export const tokenStrategy = (
  store: Store | null,
  keys: Keys,
  settings = sessionSettings({ strategy: 'token', store: store && 'memory' }),
  events: SessionEvent[] = [],
  issuers: readonly string[] = [issuer],
): Strategy =>
  createTokenStrategy({
    settings,
    shown: ['cart'],
    issuers,
    ring: createMacRing(keys.session),
    sealer: createSealer(keys.seal),
    recent: createRevocationCache(),
    store: store && withOutages(store),
    emit: (event) => void events.push(event),
  });

export const someClient: Fingerprint = { userAgent: 'firefox', network: '203.0.113.0/24' };

export const beginningOf = (now: number, identity: Partial<Identity> = {}, client = someClient): Beginning => ({
  identity: identityOf(identity),
  now,
  client,
  device: 'Firefox on Linux',
  from: null,
});

export const identityOf = (more: Partial<Identity> = {}): Identity => ({
  subject: 'ada',
  claims: { role: ['customer'] },
  data: { cart: 1, note: 'hidden' },
  acr: 'urn:low',
  amr: ['pwd'],
  label: 'Kiosk',
  ...more,
});
