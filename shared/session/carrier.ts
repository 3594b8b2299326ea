/**
 * How a credential travels: in the session cookie, or, for clients without cookies, as `Authorization: Session <value>`
 * (RFC 9110, section 11.6.2) with its successors in the reply header `Session-Renewed`.
 */

import type { Settings } from '../config/settings.ts';
import { keptByNobody } from '../http/caching.ts';
import { clearCookie, readCookie, writeCookie } from '../http/cookies.ts';
import type { Fields } from '../http/headers.ts';
import type { CookieOutcome } from './request-session.ts';

export type Carried =
  | { readonly kind: 'cookie'; readonly value: string }
  | { readonly kind: 'bearer'; readonly value: string }
  | { readonly kind: 'none' };

const scheme = /^session(?:[ \t]+(.*))?$/i;

/** The cookie wins, whatever it is worth: a credential that was refused is never tried another way. */
export function carriedIn(headers: Fields, cookieName: string): Carried {
  const cookie = readCookie(headers.get('cookie'), cookieName);
  if (cookie !== null) return { kind: 'cookie', value: cookie };
  const shown = scheme.exec(headers.get('authorization') ?? '');
  return shown ? { kind: 'bearer', value: (shown[1] ?? '').trim() } : { kind: 'none' };
}

/** Tells the client what it holds from now on, the way it told us. A bearer is never answered with a cookie. */
export function carryBack(
  headers: Headers,
  carried: Carried,
  outcome: Exclude<CookieOutcome, { kind: 'keep' }>,
  cookie: Settings['session']['cookie'],
  now: number,
): void {
  if (carried.kind === 'bearer') {
    if (outcome.kind !== 'write') return;
    headers.set('session-renewed', outcome.value);
  } else {
    const { name, sameSite, partitioned, persistent } = cookie;
    const maxAgeSeconds = persistent && outcome.kind === 'write' ? Math.floor((outcome.endsAt - now) / 1000) : null;
    headers.append(
      'set-cookie',
      outcome.kind === 'write'
        ? writeCookie(name, outcome.value, { sameSite, partitioned, maxAgeSeconds })
        : clearCookie(name, { sameSite, partitioned }),
    );
  }
  keptByNobody(headers);
}
