/** Keys and expiry of the table's items. `docs/storage.md` lists them. */
import { sha256Base64url } from '../crypto/digest.ts';
import { expiryMarginMs } from '../session/store/rows.ts';
import type { ItemKey } from './items.ts';

/** Seconds since the epoch after which DynamoDB may delete an item. */
export const ttlAttribute = 'ttl';

export const sessionItem = (sessionId: string): ItemKey => ({ PK: `F#${sessionId}`, SK: 'A' });
export const markerItem = (sessionId: string): ItemKey => ({ PK: `F#${sessionId}`, SK: 'R' });
/** The last activity. An item of its own, because a write costs by the size of its item, and a session has data. */
export const activityItem = (sessionId: string): ItemKey => ({ PK: `F#${sessionId}`, SK: 'T' });
export const subjectItem = (subjectKey: string): ItemKey => ({ PK: `U#${subjectKey}`, SK: 'A' });
export const sessionIndexItem = (subjectKey: string): ItemKey => ({ PK: `U#${subjectKey}`, SK: 'L' });
export const onceKeyItem = async (key: string): Promise<ItemKey> => ({
  PK: `O#${await sha256Base64url(key)}`,
  SK: 'A',
});
/** Written by `check`, which proves that both kinds of writes are allowed. */
export const checkItem = (kind: 'put' | 'update'): ItemKey => ({ PK: `check#${kind}`, SK: 'A' });

export const ttl = (untilMs: number) => ({ [ttlAttribute]: Math.ceil((untilMs + expiryMarginMs) / 1000) });

/** Attempts of "read, decide, write on condition". Each one fails only because another writer succeeded. */
export const maxWriteAttempts = 5;
