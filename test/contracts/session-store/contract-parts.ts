/** Records, calls and times that all parts of the store contract use. */
import { expect } from 'vitest';
import { base64url, randomBytes } from '../../../shared/crypto/bytes.ts';
import type { Revocation } from '../../../shared/session/store/endings.ts';
import type { Loaded, StoreRecord } from '../../../shared/session/store/records.ts';
import type { Store } from '../../../shared/session/store/store.ts';
import { type Clock, createClock } from '../../support/clock.ts';

export interface OpenedStore {
  readonly store: Store;
  /** Another gateway over the same storage. For a store that one process keeps to itself, the same store again. */
  readonly elsewhere: Store;
  close(): Promise<void>;
}

/** Where stores may honestly differ. */
export interface Traits {
  /** `'unwritten'`: the store leaves activity to the cookie, at no cost at all. */
  readonly touch: 'written' | 'unwritten';
  /** `'best-effort'`: without compare-and-set, writers at the very same moment may both be told that they won. */
  readonly races: 'decided' | 'best-effort';
}

export const minuteMs = 60_000;
export const hourMs = 60 * minuteMs;
/** How long it may take until everyone's not-before is known everywhere. */
export const everyoneWithinMs = 10_000;
export const noFacts = { revokedAt: null, subjectNotBefore: null, everyoneNotBefore: null };
export const name = (): string => base64url(randomBytes(16));

export interface ContractParts {
  readonly store: Store;
  readonly elsewhere: Store;
  readonly traits: Traits;
  readonly clock: Clock;
  aRecord(more?: Partial<StoreRecord>): StoreRecord;
  created(more?: Partial<StoreRecord>): Promise<StoreRecord>;
  next(record: StoreRecord, more?: Partial<StoreRecord>): StoreRecord;
  aRevocation(more?: Partial<Revocation>): Revocation;
  load(record: StoreRecord): Promise<Loaded>;
  revokeSubject(record: StoreRecord, notBefore: number): Promise<void>;
}

/** `opened`: called when a test runs, and not before. */
export function createParts(opened: () => OpenedStore, traits: Traits): ContractParts {
  const store = later(() => opened().store);
  const elsewhere = later(() => opened().elsewhere);
  const clock = createClock();
  const aRecord = (more: Partial<StoreRecord> = {}): StoreRecord => ({
    sessionId: name(),
    subjectKey: name(),
    secretHash: name(),
    version: 1,
    createdAt: clock.now(),
    lastSeenAt: clock.now(),
    endsAt: clock.now() + 12 * hourMs,
    sealed: name(),
    ...more,
  });
  return {
    store,
    elsewhere,
    traits,
    clock,
    aRecord,
    async created(more) {
      const record = aRecord(more);
      expect(await store.create(record, clock.now())).toBe(true);
      return record;
    },
    next: (record, more) => ({
      ...record,
      version: record.version + 1,
      secretHash: name(),
      sealed: name(),
      ...more,
    }),
    aRevocation: (more) => ({ at: clock.now(), why: 'logout', keepUntil: clock.now() + 12 * hourMs, ...more }),
    load: (record) => store.load(record, clock.now()),
    revokeSubject: (record, notBefore) =>
      store.revokeSubject(record.subjectKey as string, notBefore, clock.now() + 12 * hourMs),
  };
}

const later = (store: () => Store): Store => new Proxy({} as Store, { get: (_, call) => Reflect.get(store(), call) });
