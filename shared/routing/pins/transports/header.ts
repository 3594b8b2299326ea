/**
 * A pin in a header of ours, for clients without cookies: they take it from a reply and send it with every further
 * request. `proxy/origin-headers/spoofable.ts` keeps it from origins, and origins from setting it.
 */
import { preventCaching } from '../../../http/caching.ts';
import { fieldName } from '../../../http/headers.ts';
import type { PinTransport } from './transport.ts';

export function headerTransport(configured: string): PinTransport {
  const name = fieldName(configured);

  return {
    label: `header ${name}`,

    find(request) {
      const text = request.get(name);
      return text === null ? [] : [{ text, value: null }];
    },

    async write(reply, { replacement, seal }) {
      if (!replacement) return;
      reply.set(name, await seal(replacement, null));
      preventCaching(reply);
    },

    /** A header cannot be taken back, but its pin is bound to the session that has ended. */
    clear() {},
  };
}
