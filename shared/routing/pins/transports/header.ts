/**
 * A pin in a header of ours, for clients without cookies: returned in a reply, sent along with every further request.
 * That it reaches no origin, and that no origin can set it, is `proxy/spoofable.ts`'s doing.
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

    async write(reply, { replacement: due, seal }) {
      if (!due) return;
      reply.set(name, await seal(due, null));
      preventCaching(reply);
    },

    /** A header cannot be taken back; the pin in the client's hand is bound to the session that has ended. */
    clear() {},
  };
}
