/**
 * Stores as they are often written, with what they are careless about named one by one: for showing that the walk finds
 * what each carelessness leads to. With none of it, `revocation: 'in-the-record'` keeps the promise too, in one region.
 */
import { createMemoryStore } from '../../shared/session/store/memory-store.ts';
import type { Locator, StoreRecord } from '../../shared/session/store/records.ts';
import type { Store } from '../../shared/session/store/store.ts';

export interface Careless {
  /** Where an ending is noted: on the record, or by taking the record away. */
  readonly revocation: 'in-the-record' | 'by-removal';
  /** `always`: whoever saves last wins. `on-version`: asks for the version only, and writes the record whole. */
  readonly save?: 'on-version-and-live' | 'on-version' | 'always';
  /** `puts-back`: writes what it loaded, with the newer time, whatever is there now. */
  readonly touch?: 'where-it-lives' | 'puts-back';
}

type Row = StoreRecord & { readonly revokedAt: number | null };

export function createCarelessStore({
  revocation,
  save = 'on-version-and-live',
  touch = 'where-it-lives',
}: Careless): Store {
  const rows = new Map<string, Row>();
  /** What each gateway would still have in its hands: the record as it was last loaded. */
  const inHand = new Map<string, StoreRecord>();
  const live = (sessionId: string): Row | null => {
    const row = rows.get(sessionId);
    return row && row.revokedAt === null ? row : null;
  };

  return {
    // Rosters and places are not what is broken here.
    ...createMemoryStore(),

    async create(record) {
      rows.set(record.sessionId, { ...record, revokedAt: null });
      return true;
    },
    async load({ sessionId }: Locator) {
      const row = rows.get(sessionId) ?? null;
      if (row) inHand.set(sessionId, row);
      return {
        record: row,
        revokedAt: row?.revokedAt ?? null,
        subjectNotBefore: null,
        everyoneNotBefore: null,
      };
    },
    async touch({ sessionId }, lastSeenAt) {
      const row = touch === 'puts-back' ? (rows.get(sessionId) ?? inHand.get(sessionId)) : live(sessionId);
      if (!row) return 'ended';
      rows.set(sessionId, { revokedAt: null, ...row, lastSeenAt });
      return 'touched';
    },
    async save(record) {
      const before = rows.get(record.sessionId);
      const isNext = before?.version === record.version - 1;
      if (save === 'on-version-and-live' && !live(record.sessionId)) return 'ended';
      if (save !== 'always' && !isNext) return before ? 'conflict' : 'ended';
      const kept = save === 'on-version-and-live' ? (before?.revokedAt ?? null) : null;
      rows.set(record.sessionId, { ...record, revokedAt: kept });
      return 'saved';
    },
    async revoke(sessionId, { at }) {
      const row = rows.get(sessionId);
      if (revocation === 'by-removal') rows.delete(sessionId);
      else if (row) rows.set(sessionId, { ...row, revokedAt: at });
      return null;
    },
  };
}
