/** A pin in a cookie of ours: what most browsers hold. That it reaches no origin is `http/own-cookies.ts`'s doing. */
import type { AffinityBy } from '../config/settings.ts';
import { keptByNobody } from '../http/caching.ts';
import { clearCookie, readCookie, writeCookie } from '../http/cookies.ts';
import { followingFrom } from '../http/survey.ts';
import type { Carrier } from './carrier.ts';

type ByCookie = Extract<AffinityBy, { kind: 'cookie' }>;

export function cookieCarrier({ name, domain, sameSite, partitioned, persistent }: ByCookie): Carrier {
  const attributes = { domain, sameSite, partitioned };

  return {
    label: `cookie ${name}`,

    find: followingFrom((header) => {
      const text = readCookie(header.get('cookie'), name);
      return text === null ? null : { text, value: null };
    }),

    async write(reply, { due, seal, now }) {
      if (!due) return;
      const maxAgeSeconds = persistent ? Math.floor((due.absoluteEndsAt - now) / 1000) : null;
      reply.append('set-cookie', writeCookie(name, await seal(due, null), { ...attributes, maxAgeSeconds }));
      keptByNobody(reply);
    },

    clear(reply) {
      reply.append('set-cookie', clearCookie(name, attributes));
      keptByNobody(reply);
    },
  };
}
