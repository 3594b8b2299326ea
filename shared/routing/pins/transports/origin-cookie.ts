/**
 * A pin behind the application's own cookie (JSESSIONID and the like): its value is extended on the way out, and restored
 * on the way in (`restoring.ts`). Its attributes stay what the application wrote, so that the pin lives exactly as long as
 * what it belongs to. They are sealed into the pin as well: an application that adopts a foreign id without a word, as PHP
 * does, sets no cookie after a move, and then the gateway sets the same cookie again with the new pin behind its value.
 */

import { preventCaching } from '../../../http/caching.ts';
import { readSetCookie, splitAtValues } from '../../../http/cookies/app-cookies.ts';
import { maxCookies } from '../../../http/cookies/cookie-header.ts';
import { nameSetBy, readAttributes, type StoredAttributes, writeAttributes } from '../../../http/cookies/set-as.ts';
import { hasLostBytes } from '../../../http/headers.ts';
import type { PinExchange, PinTransport } from './transport.ts';
import { cookieLabel, endsInPin, pinLength, suffixLength, unwrapped, wrapped } from './wrapping.ts';

/** What browsers keep of name and value together (RFC 6265bis, section 5.6); they drop what is longer without a word. */
const longestCookie = 4_096;

export function originCookieTransport(name: string): PinTransport {
  const isSetBy = (reply: Headers): boolean => reply.getSetCookie().some((line) => nameSetBy(line) === name);

  return {
    label: cookieLabel(name),

    find(request) {
      const header = request.get('cookie');
      // The longest path comes first (section 5.7.3): that is the one which the application looks at.
      const values = header === null ? [] : valuesIn(splitAtValues(header, name, endsInPin)).slice(0, maxCookies);
      return values.flatMap((value) => unwrapped(value) ?? []);
    },

    async write(reply, turn) {
      if (!isSetBy(reply)) return setAgain(reply, turn);
      const lines = reply.getSetCookie();
      const extended = await Promise.all(lines.map((line) => extend(line, turn)));
      if (extended.every((line, i) => line === lines[i])) return;
      reply.delete('set-cookie');
      for (const line of extended) reply.append('set-cookie', line);
    },

    reachesClient: (reply, came, now) => isSetBy(reply) || heldIn(reply, came, now) !== null,
  };

  /** A line of the reply: where it sets the cookie, with a pin behind the value. */
  async function extend(
    line: string,
    { received: came, replacement: due, pinToServer: here, seal, path, now }: PinExchange,
  ): Promise<string> {
    const cookie = readSetCookie(line, name, now);
    // An id that cannot be written as it came would be another one when it comes back.
    if (!cookie || hasLostBytes(cookie.value)) return line;
    const { before, value, after } = cookie;
    if (name.length + value.length + suffixLength > longestCookie) return line;
    const setAs = readAttributes(after, path, now);
    const { sealed, reading } = came;
    const isHeld = sealed?.value === value;
    const kept = isHeld && !due && reading.kind === 'valid' ? reading : null;
    if (sealed && kept && sealed.text.length === pinLength && stillTrue(kept.setAs ?? null, setAs, now)) {
      return before + wrapped(value, sealed.text) + after;
    }
    const pin = isHeld ? (due ?? kept?.pin) : here;
    return pin ? before + wrapped(value, await seal(pin, value, setAs)) + after : line;
  }

  /** The application says nothing of its cookie: the one that the client holds gets the pin that it is to have. */
  async function setAgain(reply: Headers, { received: came, replacement: due, seal, now }: PinExchange): Promise<void> {
    const held = due && heldIn(reply, came, now);
    if (!held) return;
    const { value, setAs, rest } = held;
    reply.append('set-cookie', `${name}=${wrapped(value, await seal(due, value, setAs))}${rest}`);
    // The line is ours now, and so is what follows for caches.
    preventCaching(reply);
  }
}

/** The cookie that came with the request, as far as it can be set again with this reply. */
function heldIn(reply: Headers, { sealed, reading }: PinExchange['received'], now: number) {
  const value = sealed?.value ?? null;
  const setAs = reading.kind === 'valid' || reading.kind === 'expired' ? reading.setAs : undefined;
  if (value === null || !setAs || takesCookiesAway.test(reply.get('clear-site-data') ?? '')) return null;
  const rest = writeAttributes(setAs, now);
  return rest === null ? null : { value, setAs, rest };
}

/** Clear Site Data, section 3.1. */
const takesCookiesAway = /"(?:cookies|\*)"/i;

const valuesIn = (parts: readonly string[]): string[] => parts.filter((_, i) => i % 2 === 1);

/** Some applications set their cookie with every reply, for as long as before: sealed anew once a minute is often enough. */
const longestLagMs = 60_000;
/** And soon enough for one that does not last long. */
const lagShare = 1 / 20;

/** What is sealed says the same, but for an end that is a little early. */
function stillTrue(sealed: StoredAttributes | null, said: StoredAttributes | null, now: number): boolean {
  if (sealed?.attributes !== said?.attributes) return false;
  const [before, end] = [sealed?.endsAt ?? null, said?.endsAt ?? null];
  if (before === null || end === null) return before === end;
  return before <= end && end - before <= Math.min(longestLagMs, (end - now) * lagShare);
}
