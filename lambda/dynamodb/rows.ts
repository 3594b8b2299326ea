/** Keys and expiry of the table's items. `docs/storage.md` lists them. */
import { sha256Base64url } from '../../shared/crypto/digest.ts';
import { expiryMarginMs } from '../../shared/session/store/rows.ts';
import type { ItemKey } from './items.ts';
import { ttlAttribute } from './table.ts';

export const sessionItem = (sessionId: string): ItemKey => ({ PK: `F#${sessionId}`, SK: 'A' });
export const markerItem = (sessionId: string): ItemKey => ({ PK: `F#${sessionId}`, SK: 'R' });
export const subjectItem = (subjectKey: string): ItemKey => ({ PK: `U#${subjectKey}`, SK: 'A' });
export const sessionIndexItem = (subjectKey: string): ItemKey => ({ PK: `U#${subjectKey}`, SK: 'L' });
export const everyoneItem: ItemKey = { PK: 'G', SK: 'E' };
export const onceKeyItem = async (key: string): Promise<ItemKey> => ({
  PK: `O#${await sha256Base64url(key)}`,
  SK: 'A',
});

export const ttl = (untilMs: number) => ({ [ttlAttribute]: Math.ceil((untilMs + expiryMarginMs) / 1000) });

/** Attempts of "read, decide, write on condition". Each one fails only because another writer succeeded. */
export const maxWriteAttempts = 5;
