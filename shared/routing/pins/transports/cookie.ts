/** A pin in a cookie of ours, as most browsers hold it. `http/cookies/own-cookies.ts` keeps it from origins. */

import { memoizeByHeaders } from '../../../cache/header-interner.ts';
import type { AffinityBy } from '../../../config/settings.ts';
import { preventCaching } from '../../../http/caching.ts';
import { cookieValues } from '../../../http/cookies/cookie-header.ts';
import { clearCookie, clearTwins, writeCookie } from '../../../http/cookies/set-cookie.ts';
import type { PinTransport } from './transport.ts';

type ByCookie = Extract<AffinityBy, { kind: 'cookie' }>;

/** `hosts`: of the public origins. */
export function cookieTransport(
  { name, domain, sameSite, partitioned, persistent }: ByCookie,
  hosts: readonly string[],
): PinTransport {
  const attributes = { domain, sameSite, partitioned };
  // Cookies that were written before `domain` or `partitioned` were changed. A `__Host-` cookie never had a domain.
  const domains = name.startsWith('__Host-')
    ? []
    : [...new Set([...domainsOf(hosts), ...(domain === null ? [] : [domain])])];
  const twins = clearTwins(name, attributes, domains);
  const clearAll = (reply: Headers): void => {
    for (const line of twins) reply.append('set-cookie', line);
  };

  return {
    label: `cookie ${name}`,

    find: memoizeByHeaders((header) => cookieValues(header.get('cookie'), name).map((text) => ({ text, value: null }))),

    async write(reply, { received, replacement, seal, now }) {
      if (!replacement) return;
      if (received.count > 1) clearAll(reply);
      const maxAgeSeconds = persistent ? Math.floor((replacement.absoluteEndsAt - now) / 1000) : null;
      reply.append('set-cookie', writeCookie(name, await seal(replacement, null), { ...attributes, maxAgeSeconds }));
      preventCaching(reply);
    },

    clear(reply) {
      clearAll(reply);
      reply.append('set-cookie', clearCookie(name, attributes));
      preventCaching(reply);
    },
  };
}

/** Every domain that a cookie for these hosts may have had. Browsers refuse the public suffixes among them. */
function domainsOf(hosts: readonly string[]): readonly string[] {
  const domains = new Set<string>();
  for (const host of hosts) {
    const labels = /^[\d.]+$|[[*]/.test(host) ? [] : host.split('.');
    for (let i = 0; i < labels.length - 1; i++) domains.add(labels.slice(i).join('.'));
  }
  return [...domains];
}
