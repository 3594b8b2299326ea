/**
 * How a credential travels: in the session cookie, or, for clients without cookies, as `Authorization: Session <value>`
 * (RFC 9110, section 11.6.2) with its successors in the reply header `Session-Renewed`.
 */

import type { Settings } from '../../config/settings.ts';
import { preventCaching } from '../../http/caching.ts';
import { cookieValues } from '../../http/cookies/cookie-header.ts';
import { clearCookie, clearTwins, writeCookie } from '../../http/cookies/set-cookie.ts';
import type { Fields } from '../../http/headers.ts';
import type { CookieOutcome } from './request-session.ts';

/** `values`: as they came. Several cookies of one name come from several paths, domains or partitions. */
export interface Carried {
  readonly kind: 'cookie' | 'bearer' | 'none';
  readonly values: readonly string[];
}

const scheme = /^session(?:[ \t]+(.*))?$/i;

/** The cookie wins, whatever it is worth: a credential that was refused is never tried another way. */
export function carriedIn(headers: Fields, cookieName: string): Carried {
  const values = cookieValues(headers.get('cookie'), cookieName);
  if (values.length > 0) return { kind: 'cookie', values };
  const shown = scheme.exec(headers.get('authorization') ?? '');
  return shown ? { kind: 'bearer', values: [(shown[1] ?? '').trim()] } : { kind: 'none', values };
}

export interface Back {
  readonly outcome: Exclude<CookieOutcome, { kind: 'keep' }>;
  /** It is another session than the one that came. */
  readonly isAnother: boolean;
  readonly cookie: Settings['session']['cookie'];
  readonly now: number;
}

/** Tells the client what it holds from now on, the way it told us. A bearer is never answered with a cookie. */
export function carryBack(headers: Headers, carried: Carried, { outcome, isAnother, cookie, now }: Back): void {
  if (carried.kind === 'bearer') {
    if (outcome.kind !== 'write') return;
    headers.set('session-renewed', outcome.value);
  } else {
    const { name, sameSite, partitioned, persistent } = cookie;
    const attributes = { sameSite, partitioned };
    // A twin of what is written anew loses to it with the next request. Any other would be a session that goes on.
    const mayHaveTwin = outcome.kind === 'clear' || carried.values.length > (isAnother ? 0 : 1);
    for (const line of mayHaveTwin ? clearTwins(name, attributes, []) : []) headers.append('set-cookie', line);
    const maxAgeSeconds = persistent && outcome.kind === 'write' ? Math.floor((outcome.endsAt - now) / 1000) : null;
    headers.append(
      'set-cookie',
      outcome.kind === 'write'
        ? writeCookie(name, outcome.value, { ...attributes, maxAgeSeconds })
        : clearCookie(name, attributes),
    );
  }
  preventCaching(headers);
}
