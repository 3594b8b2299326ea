/**
 * Another gateway of this kind as the origin: the suffixes that it puts behind values look like ours, and would be removed
 * on the way in (`restoring.ts`). So the way out adds one more suffix, which leads nowhere and is the one that is removed.
 * A value that our own transport extends needs none.
 */
import { nameSetBy, readSetCookie } from '../../../http/cookies/set-cookie-line.ts';
import type { HeaderList } from '../../../http/header-snapshot.ts';
import { cookieLabel, headerLabel, pinLength, suffixAt, suffixLength, wrapped } from './wrapping.ts';

/** No key opens it. */
const deadPin = 'A'.repeat(pinLength);

/** Whether a value of the reply may have the suffix of another gateway. Called for every reply. */
export function comesFromGateway({ values }: HeaderList): boolean {
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as string;
    if (value.length > suffixLength && value.includes('~b1.')) return true;
  }
  return false;
}

/** Changes the header. `label`: of the transport that extends a value of this reply, if one does. */
export function keepApart(reply: Headers, label: string | null, now: number): void {
  const fields = [...reply];
  for (const [name, value] of fields) {
    if (name !== 'set-cookie' && label !== headerLabel(name) && endsAsOurs(value)) {
      reply.set(name, wrapped(value, deadPin));
    }
  }
  const lines = reply.getSetCookie();
  const apart = lines.map((line) => {
    const name = nameSetBy(line);
    const cookie = label === cookieLabel(name) ? null : readSetCookie(line, name, now);
    return cookie && endsAsOurs(cookie.value) ? cookie.before + wrapped(cookie.value, deadPin) + cookie.after : line;
  });
  if (apart.every((line, i) => line === lines[i])) return;
  reply.delete('set-cookie');
  for (const line of apart) reply.append('set-cookie', line);
}

function endsAsOurs(value: string): boolean {
  const suffix = suffixAt(value, Math.max(0, value.lastIndexOf('~')));
  return suffix !== null && !suffix.isOlder && suffix.end === value.length;
}
