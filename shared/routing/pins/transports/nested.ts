/**
 * A gateway of this kind behind this one: what its replies put behind its applications' values looks like our own, and
 * would be taken off on the way in (`restoring.ts`), where it is the other one's pin. So one more is put behind it on the
 * way out, which leads nowhere and is the one that is taken off. Where a carrier of ours extends the value it needs none.
 */
import { readSetCookie } from '../../../http/cookies/app-cookies.ts';
import { nameSetBy } from '../../../http/cookies/set-as.ts';
import type { HeaderList } from '../../../http/header-snapshot.ts';
import { cookieLabel, headerLabel, pinLength, suffixAt, suffixLength, wrapped } from './wrapping.ts';

/** Opened it would be forged. */
const leadsNowhere = 'A'.repeat(pinLength);

/** Asked of every reply: whether any of its values could be one of those. */
export function comesFromGateway({ values }: HeaderList): boolean {
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as string;
    if (value.length > suffixLength && value.includes('~b1.')) return true;
  }
  return false;
}

/** Changes the header. `label`: of the carrier that extends a value of this reply, if one does. */
export function keepApart(reply: Headers, label: string | null, now: number): void {
  const fields = [...reply];
  for (const [name, value] of fields) {
    if (name !== 'set-cookie' && label !== headerLabel(name) && endsAsOurs(value)) {
      reply.set(name, wrapped(value, leadsNowhere));
    }
  }
  const lines = reply.getSetCookie();
  const apart = lines.map((line) => {
    const name = nameSetBy(line);
    const cookie = label === cookieLabel(name) ? null : readSetCookie(line, name, now);
    return cookie && endsAsOurs(cookie.value)
      ? cookie.before + wrapped(cookie.value, leadsNowhere) + cookie.after
      : line;
  });
  if (apart.every((line, i) => line === lines[i])) return;
  reply.delete('set-cookie');
  for (const line of apart) reply.append('set-cookie', line);
}

function endsAsOurs(value: string): boolean {
  const suffix = suffixAt(value, Math.max(0, value.lastIndexOf('~')));
  return suffix !== null && !suffix.isOlder && suffix.end === value.length;
}
