/**
 * A pin behind the application's own cookie (JSESSIONID and the like): its value is extended on the way out and restored
 * on the way in, and its attributes stay what the application wrote, so that the pin lives exactly as long as what it
 * belongs to.
 */
import { cutAtValues, readSetCookie } from '../http/app-cookies.ts';
import { hasLostBytes } from '../http/headers.ts';
import type { Carrier } from './carrier.ts';
import { endsInPin, unwrapped, wrapped } from './wrapping.ts';

/** What browsers keep of name and value together (RFC 6265bis, section 5.6); they drop what is longer without a word. */
const longestCookie = 4_096;
/** A browser sends one for each path and domain, which are few. Opening more would be work for an attacker's sake. */
const mostValues = 8;

export const originCookieCarrier = (name: string): Carrier => ({
  label: `origin cookie ${name}`,

  find(request) {
    const header = request.get('cookie');
    // The longest path comes first (section 5.7.3): that is the one which the application looks at.
    const values = header === null ? [] : valuesIn(cutAtValues(header, name, endsInPin)).slice(0, mostValues);
    return values.flatMap((value) => unwrapped(value) ?? []);
  },

  async write(reply, { came, due, here, seal, now }) {
    const lines = reply.getSetCookie();
    const extended = await Promise.all(
      lines.map(async (line) => {
        const cookie = readSetCookie(line, name, now);
        // An id that cannot be written as it came would be another one when it comes back.
        if (!cookie || hasLostBytes(cookie.value)) return line;
        const { before, value, after } = cookie;
        const isHeld = came.sealed?.value === value;
        const pin = isHeld ? due : here;
        const text = isHeld && !due ? came.sealed.text : pin && (await seal(pin, value));
        if (!text || name.length + value.length + 1 + text.length > longestCookie) return line;
        return before + wrapped(value, text) + after;
      }),
    );
    if (extended.every((line, i) => line === lines[i])) return;
    reply.delete('set-cookie');
    for (const line of extended) reply.append('set-cookie', line);
  },

  async restore(request, isOurs) {
    const header = request.get('cookie');
    if (header === null || !header.includes(name)) return null;
    const parts = cutAtValues(header, name, endsInPin);
    let restored = false;
    for (let i = 1; i < parts.length && i < 2 * mostValues; i += 2) {
      const found = unwrapped(parts[i] as string);
      if (!found || !(await isOurs(found))) continue;
      parts[i] = found.value;
      restored = true;
    }
    return restored ? ['cookie', parts.join('')] : null;
  },
});

const valuesIn = (parts: readonly string[]): string[] => parts.filter((_, i) => i % 2 === 1);
