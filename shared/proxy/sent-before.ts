/**
 * Headers that are sent once more. A client that asks again mostly says the same again, and the same is said for it: then
 * the header it was sent on with before will do, but for what is new in every request. To make one, name by name, is the
 * dearest thing that a gateway does on workerd.
 *
 * Nothing is taken for granted: each name and each value that came is compared, and each word of ours.
 */
import { byItsEnd, createRemembered } from '../crypto/remembered.ts';
import type { Survey } from '../http/headers.ts';

export interface SentBefore {
  /** The header of an earlier request that was the same in all of this, or one made now. It is the next request's too. */
  headersFor(asked: Asked, make: () => Headers): Headers;
}
export interface Asked {
  /** What this client is found by: what it has alone, as far as there is such a thing. `null`: nothing is remembered of it. */
  readonly whose: string | null;
  readonly fields: Survey;
  /** All else that the header is made of. */
  readonly told: readonly string[];
}

interface Entry {
  readonly names: readonly string[];
  readonly values: readonly string[];
  readonly told: readonly string[];
  readonly headers: Headers;
}

/** The latest of each client. With a cookie of 1 kB about 6 kB each. */
const mostRemembered = 500;
/** Of what came. Who sends more is dressed anew each time, and cannot fill the memory of others. */
const mostBytes = 8 * 1024;

export function createSentBefore(): SentBefore {
  const remembered = createRemembered<Entry>(byItsEnd, mostRemembered);

  return {
    headersFor({ whose, fields: { names, values, bytes }, told }, make) {
      if (whose === null || bytes > mostBytes) return make();
      const known = remembered.get(whose);
      if (known && areSame(known.told, told) && areSame(known.names, names) && areSame(known.values, values)) {
        return known.headers;
      }
      const headers = make();
      remembered.set(whose, { names, values, told, headers });
      return headers;
    },
  };
}

function areSame(some: readonly string[], others: readonly string[]): boolean {
  if (some.length !== others.length) return false;
  for (let i = 0; i < some.length; i++) if (some[i] !== others[i]) return false;
  return true;
}
