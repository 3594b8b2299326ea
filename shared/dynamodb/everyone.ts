/**
 * The not-before time of everyone. Every load needs it, and one item supports 3,000 consistent reads per second. So there are
 * several copies under partition keys of their own; a session reads the copy that its id names, and a sign-out of everyone
 * writes all of them.
 */
import { readEndingFact } from '../session/store/rows.ts';
import type { Item, ItemKey, Items } from './items.ts';
import { advanceNotBefore } from './not-before.ts';

export const everyoneCopies = 8;
/** Where versions before the copies keep the fact. It is still written for them, and read once a minute. */
export const earlierEveryoneItem: ItemKey = { PK: 'G', SK: 'E' };
const rereadEarlierMs = 60_000;

const copyItem = (copy: number): ItemKey => ({ PK: `E#${copy}`, SK: 'A' });

export interface Everyone {
  /** The items that a load of this session reads. */
  itemsFor(sessionId: string, now: number): readonly ItemKey[];
  /** The not-before time in these items, and `null` if there is none. */
  notBeforeIn(items: readonly (Item | null | undefined)[], now: number): number | null;
  /** Resolves when every copy has the fact. If it throws, some may have it: the caller repeats it. */
  revoke(notBefore: number, keepUntil: number): Promise<void>;
}

export function createEveryone(items: Items, copies: number): Everyone {
  let earlier: { readonly notBefore: number | null; readonly readAt: number } | null = null;
  const isDue = (now: number): boolean => earlier === null || Math.abs(now - earlier.readAt) >= rereadEarlierMs;

  return {
    itemsFor: (sessionId, now) => {
      const copy = copyItem(sessionId.charCodeAt(0) % copies);
      return isDue(now) ? [copy, earlierEveryoneItem] : [copy];
    },

    notBeforeIn([copy, earlierItem], now) {
      if (earlierItem !== undefined) {
        earlier = { notBefore: readEndingFact(earlierItem)?.notBefore ?? null, readAt: now };
      }
      const known = [readEndingFact(copy)?.notBefore ?? null, earlier?.notBefore ?? null].filter((at) => at !== null);
      return known.length === 0 ? null : Math.max(...known);
    },

    async revoke(notBefore, keepUntil) {
      const all = [...Array.from({ length: copies }, (_, copy) => copyItem(copy)), earlierEveryoneItem];
      await Promise.all(all.map((item) => advanceNotBefore(items, item, { notBefore, keepUntil })));
    },
  };
}
