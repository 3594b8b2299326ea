/**
 * How a credential travels: in the session cookie, or, for clients without cookies, as `Authorization: Session <value>`
 * (RFC 9110, section 11.6.2), which is renewed in the reply header `Session-Renewed`.
 */
import type { Settings } from '../../config/settings.ts';
import { preventCaching } from '../../http/caching.ts';
import { cookieValues } from '../../http/cookies/cookie-header.ts';
import { clearCookie, clearTwins, writeCookie } from '../../http/cookies/set-cookie.ts';
import type { Fields } from '../../http/headers.ts';
import type { CookieOutcome } from './request-session.ts';

/** `values`: as received. Cookies of one name can come from several paths, domains or partitions. */
export interface CredentialTransport {
  readonly kind: 'cookie' | 'bearer' | 'none';
  readonly values: readonly string[];
}

const scheme = /^session(?:[ \t]+(.*))?$/i;

/** The cookie goes first, even if it is invalid: there is no fallback from a refused credential to another. */
export function readTransport(headers: Fields, cookieName: string): CredentialTransport {
  const values = cookieValues(headers.get('cookie'), cookieName);
  if (values.length > 0) return { kind: 'cookie', values };
  const shown = scheme.exec(headers.get('authorization') ?? '');
  return shown ? { kind: 'bearer', values: [(shown[1] ?? '').trim()] } : { kind: 'none', values };
}

export interface CredentialReply {
  readonly outcome: Exclude<CookieOutcome, { kind: 'keep' }>;
  /** The session is another one than that of the request. */
  readonly isAnother: boolean;
  readonly cookie: Settings['session']['cookie'];
  readonly now: number;
}

/** Writes the client's new credential, in the way it sent the old one. A bearer never gets a cookie. */
export function writeCredential(
  headers: Headers,
  transport: CredentialTransport,
  { outcome, isAnother, cookie, now }: CredentialReply,
): void {
  if (transport.kind === 'bearer') {
    if (outcome.kind !== 'write') return;
    headers.set('session-renewed', outcome.value);
  } else {
    const { name, sameSite, partitioned, persistent } = cookie;
    const attributes = { sameSite, partitioned };
    // Beside a renewed cookie an older twin loses. Beside a cleared one, or another session's, a twin would keep its session.
    const mayHaveTwin = outcome.kind === 'clear' || transport.values.length > (isAnother ? 0 : 1);
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
