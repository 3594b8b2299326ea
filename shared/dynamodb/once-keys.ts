import { newWriteId } from '../crypto/write-id.ts';
import type { OnceKeys } from '../session/store/once-keys.ts';
import type { Items } from './items.ts';
import { maxWriteAttempts, onceKeyItem, ttl } from './rows.ts';

export const createOnceKeys = (items: Items): OnceKeys => ({
  async readOnce(key, now) {
    const [item] = await items.read([await onceKeyItem(key)]);
    if (!item || (typeof item.keepUntil === 'number' && item.keepUntil < now)) return null;
    return textOf(item);
  },

  async claimOnce(key, value, keepUntil, now) {
    const itemKey = await onceKeyItem(key);
    const writeId = newWriteId();
    // A key without a readable end stays claimed: an action must not happen twice.
    const isFree = 'attribute_not_exists(PK) OR keepUntil < :now';
    for (let attempt = 1; attempt <= maxWriteAttempts; attempt++) {
      if (await items.put(itemKey, { value, keepUntil, writeId, ...ttl(keepUntil) }, isFree, { now })) return null;
      const [item] = await items.read([itemKey]);
      if (item?.writeId === writeId) return null;
      if (item) return textOf(item);
    }
    throw new Error(`DynamoDB: gave up on a once-key after ${maxWriteAttempts} conflicting writes`);
  },
});

/** An unreadable value is still a claimed key. */
const textOf = ({ value }: Record<string, unknown>): string => (typeof value === 'string' ? value : '');
