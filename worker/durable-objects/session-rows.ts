/**
 * What one object decides about its rows: each function reads, decides and writes without an `await`, so it is a
 * transaction (`object-rows.ts`).
 *
 * A write has an id, which the row keeps. A call that is repeated because its answer was lost finds its own id there, and
 * is answered as the first time.
 */
import type { EarlierEnd, Revocation } from '../../shared/session/store/endings.ts';
import type { Activity, Loaded, StoreRecord } from '../../shared/session/store/records.ts';
import {
  carryOver,
  isLive,
  laterFact,
  readEarlierEnd,
  readEndingFact,
  readRecord,
  readRevokedAt,
  readSessionIndex,
  rowOf,
} from '../../shared/session/store/rows.ts';
import type { SessionIndex } from '../../shared/session/store/session-indexes.ts';
import { collectAt, type Rows } from './object-rows.ts';

/** `undefined`: the caller is of an earlier version, which repeats no write. */
export type WriteId = string | undefined;

/** The row name where an object has one row of a kind. */
const own = '';

export interface SessionRows {
  /** Name of the object that has the record; `null` when it is this one or when there is no record. */
  home(sessionId: string): string | null;
  load(sessionId: string, everyoneNotBefore: number | null, activity?: Activity): Loaded;
  /** `marker`: the session was ended before its record arrived. */
  create(record: StoreRecord, marker: Revocation | null, now: number, writeId: WriteId): boolean;
  /** Notes the object that gets the record. Answers the session's marker, or `'taken'`. */
  lead(record: StoreRecord, home: string, now: number): Revocation | null | 'taken';
  touch(loaded: Loaded, lastSeenAt: number): void;
  save(loaded: Loaded, record: StoreRecord, writeId: WriteId): 'saved' | 'conflict' | 'ended' | 'absent';
  end(sessionId: string, revocation: Revocation, writeId: WriteId): EarlierEnd | null;
  endSubject(notBefore: number, keepUntil: number): void;
  index(): SessionIndex;
  saveIndex(sealed: string, onRevision: number, keepUntil: number, now: number, writeId: WriteId): boolean;
  once(now: number): string | null;
  claimOnce(value: string, keepUntil: number, now: number, writeId: WriteId): string | null;
}

export function createSessionRows(rows: Rows): SessionRows {
  const isOf = (row: unknown, writeId: WriteId): boolean =>
    writeId !== undefined && (row as { readonly writeId?: unknown } | null)?.writeId === writeId;

  const home = (sessionId: string): string | null => {
    const name = rows.read('home', sessionId);
    return typeof name === 'string' ? name : null;
  };

  function end(sessionId: string, revocation: Revocation, writeId: WriteId): EarlierEnd | null {
    const row = rows.read('marker', sessionId);
    const earlier = readEarlierEnd(row);
    if (earlier) return isOf(row, writeId) ? null : earlier;
    const { at, keepUntil } = revocation;
    rows.put('marker', sessionId, { ...revocation, writeId }, collectAt(keepUntil, at));
    return null;
  }

  /** Changes the record's row and nothing else in it. */
  const change = (sessionId: string, fields: object): void =>
    rows.change('record', sessionId, { ...(rows.read('record', sessionId) as object), ...fields });

  const touch = ({ record }: Loaded, lastSeenAt: number): void => {
    if (record && lastSeenAt > record.lastSeenAt) change(record.sessionId, { lastSeenAt });
  };

  const once = (now: number): { readonly value: string; readonly keepUntil: number } | null => {
    const row = rows.read('place', own) as { readonly value: string; readonly keepUntil: number } | null;
    return row && row.keepUntil >= now ? row : null;
  };

  return {
    home,
    touch,
    end,

    load(sessionId, everyoneNotBefore, activity) {
      const loaded: Loaded = {
        record: readRecord(rows.read('record', sessionId), sessionId),
        revokedAt: readRevokedAt(rows.read('marker', sessionId)),
        subjectNotBefore: readEndingFact(rows.read('not-before', own))?.notBefore ?? null,
        everyoneNotBefore,
      };
      if (!activity || !isLive(loaded) || loaded.record.lastSeenAt <= activity.ifSeenAfter) return loaded;
      touch(loaded, activity.at);
      return { ...loaded, isNoted: true };
    },

    create(record, marker, now, writeId) {
      const { sessionId, endsAt } = record;
      const known = rows.read('record', sessionId);
      if (known !== null) return isOf(known, writeId);
      if (home(sessionId) !== null) return false;
      rows.put('record', sessionId, { ...rowOf(record), writeId }, collectAt(endsAt, now));
      if (marker) end(sessionId, marker, undefined);
      return true;
    },

    lead({ sessionId, endsAt }, to, now) {
      if (rows.read('record', sessionId) !== null || (home(sessionId) ?? to) !== to) return 'taken';
      rows.put('home', sessionId, to, collectAt(endsAt, now));
      return rows.read('marker', sessionId) as Revocation | null;
    },

    save(loaded, record, writeId) {
      if (!loaded.record) return 'absent';
      if (!isLive(loaded)) return 'ended';
      const { sessionId, version } = record;
      if (isOf(rows.read('record', sessionId), writeId)) return 'saved';
      if (loaded.record.version !== version - 1) return 'conflict';
      rows.change('record', sessionId, { ...rowOf(carryOver(loaded.record, record)), writeId });
      return 'saved';
    },

    endSubject(notBefore, keepUntil) {
      const fact = laterFact(readEndingFact(rows.read('not-before', own)), { notBefore, keepUntil });
      rows.put('not-before', own, fact, collectAt(fact.keepUntil, notBefore));
    },

    index: () => readSessionIndex(rows.read('roster', own)),

    saveIndex(sealed, onRevision, keepUntil, now, writeId) {
      const row = rows.read('roster', own);
      if (isOf(row, writeId)) return true;
      if (readSessionIndex(row).revision !== onRevision) return false;
      rows.put('roster', own, { revision: onRevision + 1, sealed, writeId }, collectAt(keepUntil, now));
      return true;
    },

    once: (now) => once(now)?.value ?? null,

    claimOnce(value, keepUntil, now, writeId) {
      const taken = once(now);
      if (taken) return isOf(taken, writeId) ? null : taken.value;
      rows.put('place', own, { value, keepUntil, writeId }, collectAt(keepUntil, now));
      return null;
    },
  };
}
