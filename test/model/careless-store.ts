/**
 * Stores as they are often written, with what they are careless about named one by one: for showing that the walk finds
 * what each carelessness leads to. With none of it, `revocation: 'in-the-record'` keeps the promise too, in one region.
 */
import { createMemoryStore } from '../../shared/session/store/memory-store.ts';
import type { Locator, Store, StoreRecord } from '../../shared/session/store/store.ts';

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
  const live = (family: string): Row | null => {
    const row = rows.get(family);
    return row && row.revokedAt === null ? row : null;
  };

  return {
    // Rosters and places are not what is broken here.
    ...createMemoryStore(),

    async create(record) {
      rows.set(record.family, { ...record, revokedAt: null });
      return true;
    },
    async load({ family }: Locator) {
      const row = rows.get(family) ?? null;
      if (row) inHand.set(family, row);
      return {
        record: row,
        revokedAt: row?.revokedAt ?? null,
        subjectNotBefore: null,
        everyoneNotBefore: null,
      };
    },
    async touch({ family }, lastSeenAt) {
      const row = touch === 'puts-back' ? (rows.get(family) ?? inHand.get(family)) : live(family);
      if (!row) return 'ended';
      rows.set(family, { revokedAt: null, ...row, lastSeenAt });
      return 'touched';
    },
    async save(record) {
      const before = rows.get(record.family);
      const isNext = before?.version === record.version - 1;
      if (save === 'on-version-and-live' && !live(record.family)) return 'ended';
      if (save !== 'always' && !isNext) return before ? 'conflict' : 'ended';
      const kept = save === 'on-version-and-live' ? (before?.revokedAt ?? null) : null;
      rows.set(record.family, { ...record, revokedAt: kept });
      return 'saved';
    },
    async revoke(family, { at }) {
      const row = rows.get(family);
      if (revocation === 'by-removal') rows.delete(family);
      else if (row) rows.set(family, { ...row, revokedAt: at });
    },
  };
}
