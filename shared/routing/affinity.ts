/** The pins of one request: read from their carriers, changed by where it was served and by who the client became. */
import type { AffinityBy, Pool } from '../config/settings.ts';
import { type CookieAttributes, clearCookie, readCookie, writeCookie } from '../http/cookies.ts';
import type { Pin, PinReading, Pins } from './pin.ts';

export interface Affinity {
  /** The pin that came in this pool's carrier. */
  reading(owner: Pool): Promise<PinReading>;
  /** Writes a pin into this pool's carrier with the reply. */
  keep(owner: Pool, pin: Pin): void;
  /**
   * The Set-Cookie lines of the reply. `family`: the session that the client has from now on; when that is another one
   * than it came with, every pin that came along is sealed anew, so that a login keeps its berth.
   */
  setCookies(family: string | null): Promise<readonly string[]>;
  /** For a logout: whatever the client holds of ours goes. */
  clearCookies(): readonly string[];
}

type CookieCarrier = Extract<AffinityBy, { kind: 'cookie' }>;
const none: PinReading = { kind: 'none' };

/** `cameWith`: the family that the request's own session cookie proves, live or not: what its pins are bound to. */
export function createAffinity(
  pins: Pins,
  carriers: ReadonlyMap<Pool, CookieCarrier>,
  cookies: string | null,
  cameWith: () => Promise<string | null>,
  now: number,
): Affinity {
  const kept = new Map<Pool, Pin>();

  const reading = async (owner: Pool): Promise<PinReading> => {
    const carrier = carriers.get(owner);
    const text = carrier ? readCookie(cookies, carrier.name) : null;
    return text === null ? none : pins.open(text, await cameWith(), now);
  };

  return {
    reading,
    keep: (owner, pin) => void kept.set(owner, pin),

    async setCookies(family) {
      if (cookies !== null && family !== (await cameWith())) {
        for (const owner of carriers.keys()) {
          const read = kept.has(owner) ? none : await reading(owner);
          if (read.kind === 'valid') kept.set(owner, read.pin);
        }
      }
      const lines: string[] = [];
      for (const [owner, pin] of kept) {
        const carrier = carriers.get(owner);
        if (!carrier) continue;
        const maxAgeSeconds = carrier.persistent ? Math.floor((pin.absoluteEndsAt - now) / 1000) : null;
        lines.push(
          writeCookie(carrier.name, await pins.seal(pin, family), { ...attributesOf(carrier), maxAgeSeconds }),
        );
      }
      return lines;
    },

    clearCookies: () => [...carriers.values()].map((carrier) => clearCookie(carrier.name, attributesOf(carrier))),
  };
}

const attributesOf = ({ domain, sameSite, partitioned }: CookieCarrier): CookieAttributes => ({
  domain,
  sameSite,
  partitioned,
});

/** The pools whose pins travel in a cookie. */
export function cookieCarriers(pools: Iterable<Pool>): ReadonlyMap<Pool, CookieCarrier> {
  const carriers = new Map<Pool, CookieCarrier>();
  for (const pool of pools) if (pool.affinity.by.kind === 'cookie') carriers.set(pool, pool.affinity.by);
  return carriers;
}
