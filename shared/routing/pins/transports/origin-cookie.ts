/**
 * A pin behind the application's own cookie (JSESSIONID and the like). The value is extended on the way out and restored
 * on the way in (`restoring.ts`). The attributes stay as the application wrote them, so that the pin lives as long as the
 * cookie. They are sealed into the pin as well: an application that silently adopts an id which it did not issue, as PHP
 * does, sets no cookie after a move. The gateway then sets the same cookie again, with the new pin behind its value.
 */

import { preventCaching } from '../../../http/caching.ts';
import { maxCookies, splitAtValues } from '../../../http/cookies/cookie-header.ts';
import {
  nameSetBy,
  readAttributes,
  readSetCookie,
  type StoredAttributes,
  writeAttributes,
} from '../../../http/cookies/set-cookie-line.ts';
import { hasLostBytes } from '../../../http/headers.ts';
import type { PinExchange, PinTransport } from './transport.ts';
import { cookieLabel, endsInPin, pinLength, suffixLength, unwrapped, wrapped } from './wrapping.ts';

/** Of name and value together: browsers silently drop longer cookies (RFC 6265bis, section 5.6). */
const maxCookieLength = 4_096;

export function originCookieTransport(name: string): PinTransport {
  const isSetBy = (reply: Headers): boolean => reply.getSetCookie().some((line) => nameSetBy(line) === name);

  return {
    label: cookieLabel(name),

    find(request) {
      const header = request.get('cookie');
      // The longest path comes first (section 5.7.3), and applications read the first one.
      const values = header === null ? [] : valuesIn(splitAtValues(header, name, endsInPin)).slice(0, maxCookies);
      return values.flatMap((value) => unwrapped(value) ?? []);
    },

    async write(reply, exchange) {
      if (!isSetBy(reply)) return setAgain(reply, exchange);
      const lines = reply.getSetCookie();
      const extended = await Promise.all(lines.map((line) => extend(line, exchange)));
      if (extended.every((line, i) => line === lines[i])) return;
      reply.delete('set-cookie');
      for (const line of extended) reply.append('set-cookie', line);
    },

    reachesClient: (reply, received, now) => isSetBy(reply) || cookieHeld(reply, received, now) !== null,
  };

  /** A Set-Cookie line of the reply: if it sets the cookie, with a pin behind the value. */
  async function extend(
    line: string,
    { received, replacement, toServer, seal, path, now }: PinExchange,
  ): Promise<string> {
    const cookie = readSetCookie(line, name, now);
    // An id with lost bytes would come back as another id.
    if (!cookie || hasLostBytes(cookie.value)) return line;
    const { before, value, after } = cookie;
    if (name.length + value.length + suffixLength > maxCookieLength) return line;
    const setAs = readAttributes(after, path, now);
    const { sealed, reading } = received;
    const isHeld = sealed?.value === value;
    const kept = isHeld && !replacement && reading.kind === 'valid' ? reading : null;
    if (sealed && kept && sealed.text.length === pinLength && stillHolds(kept.setAs ?? null, setAs, now)) {
      return before + wrapped(value, sealed.text) + after;
    }
    const pin = isHeld ? (replacement ?? kept?.pin) : toServer;
    return pin ? before + wrapped(value, await seal(pin, value, setAs)) + after : line;
  }

  /** The application does not set its cookie: the gateway sets the one that the client holds, with the new pin. */
  async function setAgain(reply: Headers, { received, replacement, seal, now }: PinExchange): Promise<void> {
    const held = replacement && cookieHeld(reply, received, now);
    if (!held) return;
    const { value, setAs, rest } = held;
    reply.append('set-cookie', `${name}=${wrapped(value, await seal(replacement, value, setAs))}${rest}`);
    // The gateway has set this cookie, so it also forbids caching.
    preventCaching(reply);
  }
}

/** The cookie that came with the request, if it can be set again with this reply. */
function cookieHeld(reply: Headers, { sealed, reading }: PinExchange['received'], now: number) {
  const value = sealed?.value ?? null;
  const setAs = reading.kind === 'valid' || reading.kind === 'expired' ? reading.setAs : undefined;
  if (value === null || !setAs || clearsCookies.test(reply.get('clear-site-data') ?? '')) return null;
  const rest = writeAttributes(setAs, now);
  return rest === null ? null : { value, setAs, rest };
}

/** Clear Site Data, section 3.1. */
const clearsCookies = /"(?:cookies|\*)"/i;

const valuesIn = (parts: readonly string[]): string[] => parts.filter((_, i) => i % 2 === 1);

/** Some applications set their cookie with every reply. Its new end is sealed into the pin at most once a minute, */
const maxLagMs = 60_000;
/** and sooner for a cookie that ends soon. */
const maxLagShare = 1 / 20;

/** Whether the sealed attributes still hold: equal, except for an end that may be a little early. */
function stillHolds(sealed: StoredAttributes | null, current: StoredAttributes | null, now: number): boolean {
  if (sealed?.attributes !== current?.attributes) return false;
  const [before, end] = [sealed?.endsAt ?? null, current?.endsAt ?? null];
  if (before === null || end === null) return before === end;
  return before <= end && end - before <= Math.min(maxLagMs, (end - now) * maxLagShare);
}
