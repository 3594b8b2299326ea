/** What every store promises (`shared/session/store/store.ts`), one sentence each. Time is moved by hand. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { base64url, randomBytes } from '../../../shared/crypto/bytes.ts';
import type { Revocation } from '../../../shared/session/store/endings.ts';
import type { StoreRecord } from '../../../shared/session/store/records.ts';
import type { Store } from '../../../shared/session/store/store.ts';
import { createClock } from '../../support/clock.ts';

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

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
/** How long it may take until everybody's not-before is known everywhere. */
const everyoneWithinMs = 10_000;
const noFacts = { revokedAt: null, subjectNotBefore: null, everyoneNotBefore: null };
const name = (): string => base64url(randomBytes(16));

export function sessionStoreContract(
  storeName: string,
  open: () => Promise<OpenedStore>,
  traits: Traits = { touch: 'written', races: 'decided' },
): void {
  describe(`${storeName} keeps the store contract`, () => {
    let opened: OpenedStore;
    let store: Store;
    let elsewhere: Store;
    beforeAll(async () => {
      opened = await open();
      ({ store, elsewhere } = opened);
    });
    afterAll(() => opened?.close());

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
    const created = async (more: Partial<StoreRecord> = {}): Promise<StoreRecord> => {
      const record = aRecord(more);
      expect(await store.create(record, clock.now())).toBe(true);
      return record;
    };
    const next = (record: StoreRecord, more: Partial<StoreRecord> = {}): StoreRecord => ({
      ...record,
      version: record.version + 1,
      secretHash: name(),
      sealed: name(),
      ...more,
    });
    const aRevocation = (more: Partial<Revocation> = {}): Revocation => ({
      at: clock.now(),
      why: 'logout',
      keepUntil: clock.now() + 12 * hourMs,
      ...more,
    });
    const load = (record: StoreRecord) => store.load(record, clock.now());
    const revokeSubject = (record: StoreRecord, notBefore: number) =>
      store.revokeSubject(record.subjectKey as string, notBefore, clock.now() + 12 * hourMs);

    describe('create and load', () => {
      test('what was created is loaded again, whole', async () => {
        const record = await created();
        expect(await load(record)).toEqual({ record, ...noFacts });
      });
      test('an anonymous session has no subject', async () => {
        const record = await created({ subjectKey: null });
        expect(await load(record)).toEqual({ record, ...noFacts });
      });
      test('a record is found by its family alone', async () => {
        const record = await created();
        await revokeSubject(record, record.createdAt - 1);
        const loaded = await store.load({ sessionId: record.sessionId }, clock.now());
        expect(loaded).toEqual({ record, ...noFacts, subjectNotBefore: record.createdAt - 1 });
      });
      test('a family that never was is no record', async () => {
        expect(await store.load({ sessionId: name(), subjectKey: null, version: 1 }, clock.now())).toEqual({
          record: null,
          ...noFacts,
        });
      });
      test('creating a family again changes nothing and says so', async () => {
        const record = await created();
        const intruder = aRecord({ sessionId: record.sessionId });
        expect(await store.create(intruder, clock.now())).toBe(false);
        expect(await store.create(record, clock.now())).toBe(false);
        expect((await load(record)).record).toEqual(record);
      });
      test('a family belongs to nobody else, with or without a subject', async () => {
        for (const [owner, intruder] of [
          [name(), null],
          [null, name()],
          [name(), name()],
        ] as const) {
          const record = await created({ subjectKey: owner });
          expect(await store.create(aRecord({ sessionId: record.sessionId, subjectKey: intruder }), clock.now())).toBe(
            false,
          );
          expect((await store.load({ sessionId: record.sessionId }, clock.now())).record).toEqual(record);
          expect((await store.load({ sessionId: record.sessionId, subjectKey: intruder }, clock.now())).record).toEqual(
            record,
          );
        }
      });
      test('of parallel creations of one family one succeeds', { skip: traits.races === 'best-effort' }, async () => {
        const sessionId = name();
        const records = Array.from({ length: 5 }, () => aRecord({ sessionId, subjectKey: null }));
        const answers = await Promise.all(records.map((record) => store.create(record, clock.now())));
        expect(answers.filter(Boolean)).toHaveLength(1);
        const { record } = await store.load({ sessionId }, clock.now());
        expect(record).toEqual(records[answers.indexOf(true)]);
      });
      test('a record past its end is still loaded, for the caller decides what is expired', async () => {
        const record = await created({ endsAt: clock.now() + minuteMs });
        clock.advance(10 * minuteMs);
        expect((await load(record)).record).toEqual(record);
      });
      test('a record much older than the version asked for is not returned', async () => {
        const record = await created();
        const loaded = await store.load({ ...record, version: 2 }, clock.now());
        expect(loaded.record).toBeNull();
      });
      test('the owner of a record is the one it was created for, whoever the caller names', async () => {
        const record = await created();
        await revokeSubject(record, record.createdAt);
        const other = name();
        const loaded = await store.load({ ...record, subjectKey: other }, clock.now());
        expect(loaded.subjectNotBefore).toBe(record.createdAt);
        expect((await store.load({ ...record, subjectKey: null }, clock.now())).subjectNotBefore).toBe(
          record.createdAt,
        );
      });
      test('a name that could reach into another row is no record', async () => {
        const record = await created();
        for (const sessionId of ['', '.', `${record.sessionId}:`, `${record.sessionId}#A`, 'x'.repeat(3000), 'ä']) {
          expect((await store.load({ sessionId, subjectKey: null, version: 1 }, clock.now())).record).toBeNull();
        }
      });
      test('an absurd version is no record', async () => {
        const record = await created();
        for (const version of [1e21, 99_999_999_999, 1.5]) {
          expect((await store.load({ ...record, version }, clock.now())).record).toBeNull();
        }
      });
      test('what one gateway creates another one loads', async () => {
        const record = await created();
        expect((await elsewhere.load(record, clock.now())).record).toEqual(record);
      });
    });

    describe('save', () => {
      test('the next version replaces the record', async () => {
        const record = await created();
        const second = next(record);
        expect(await store.save(second, clock.now())).toBe('saved');
        expect((await load(second)).record).toEqual(second);
        const third = next(second);
        expect(await store.save(third, clock.now())).toBe('saved');
        expect((await load(third)).record).toEqual(third);
      });
      test('who asks by an older version gets the newer one', async () => {
        const record = await created();
        const third = next(next(record));
        await store.save(next(record), clock.now());
        await store.save(third, clock.now());
        expect((await load(record)).record).toEqual(third);
        expect((await store.load({ sessionId: record.sessionId }, clock.now())).record).toEqual(third);
      });
      test('owner, beginning and end cannot be changed by it', async () => {
        const record = await created();
        const second = next(record, { subjectKey: name(), createdAt: record.createdAt + 5, endsAt: record.endsAt + 5 });
        expect(await store.save(second, clock.now())).toBe('saved');
        const { subjectKey, createdAt, endsAt } = record;
        expect((await store.load({ ...second, subjectKey }, clock.now())).record).toEqual({
          ...second,
          subjectKey,
          createdAt,
          endsAt,
        });
      });
      test('a save on top of a version that was replaced is a conflict', async () => {
        const record = await created();
        const second = next(record);
        await store.save(second, clock.now());
        expect(await store.save(next(record), clock.now())).toBe('conflict');
        expect(await elsewhere.save(next(record), clock.now())).toBe('conflict');
        expect((await load(second)).record).toEqual(second);
      });
      test('a save that skips a version is a conflict', async () => {
        const record = await created();
        expect(await store.save(next(next(record)), clock.now())).toBe('conflict');
      });
      test('a record that never was cannot be saved', async () => {
        const record = aRecord({ version: 2 });
        expect(await store.save(record, clock.now())).toBe('ended');
        expect((await load(record)).record).toBeNull();
      });
      test('of parallel saves exactly one is saved', { skip: traits.races === 'best-effort' }, async () => {
        const record = await created();
        const saves = Array.from({ length: 6 }, () => next(record));
        const answers = await Promise.all(
          saves.map((one, index) => (index % 2 ? store : elsewhere).save(one, clock.now())),
        );
        expect(answers.toSorted()).toEqual(['conflict', 'conflict', 'conflict', 'conflict', 'conflict', 'saved']);
        expect((await load(record)).record).toEqual(saves[answers.indexOf('saved')]);
      });
      test('a save does not move the last activity backwards', async () => {
        const record = await created();
        const second = next(record, { lastSeenAt: record.lastSeenAt - minuteMs });
        expect(await store.save(second, clock.now())).toBe('saved');
        expect((await load(second)).record?.lastSeenAt).toBe(record.lastSeenAt);
      });
      test('a save after a load in the same moment still sees what another gateway saved', async () => {
        const record = await created();
        await store.load(record, clock.now());
        expect(await elsewhere.save(next(record), clock.now())).toBe('saved');
        expect(await store.save(next(record), clock.now())).toBe('conflict');
      });
    });

    describe('touch', { skip: traits.touch === 'unwritten' }, () => {
      test('activity is noted', async () => {
        const record = await created();
        clock.advance(minuteMs);
        expect(await store.touch(record, clock.now(), clock.now())).toBe('touched');
        expect((await load(record)).record).toEqual({ ...record, lastSeenAt: clock.now() });
      });
      test('activity never moves backwards', async () => {
        const record = await created();
        const latest = clock.now() + 2 * minuteMs;
        await store.touch(record, latest, latest);
        expect(await store.touch(record, latest - minuteMs, latest)).toBe('touched');
        expect((await load(record)).record?.lastSeenAt).toBe(latest);
      });
      test('of parallel touches the latest stays', async () => {
        const record = await created();
        const times = [5, 1, 9, 3, 7].map((n) => clock.now() + n * 1000);
        const answers = await Promise.all(times.map((at) => store.touch(record, at, clock.now())));
        expect(new Set(answers)).toEqual(new Set(['touched']));
        expect((await load(record)).record?.lastSeenAt).toBe(clock.now() + 9000);
      });
      test('a touch is not a new version', async () => {
        const record = await created();
        await store.touch(record, clock.now() + 1000, clock.now());
        expect(await store.save(next(record), clock.now())).toBe('saved');
      });
      test('a session that never was has ended', async () => {
        expect(await store.touch(aRecord(), clock.now(), clock.now())).toBe('ended');
      });
      test('a session is touched by its family alone', async () => {
        const { sessionId } = await created();
        expect(await store.touch({ sessionId }, clock.now() + 1000, clock.now())).toBe('touched');
      });
      test('a session that was ended elsewhere is not touched', async () => {
        const record = await created();
        await store.load(record, clock.now());
        await elsewhere.revoke(record.sessionId, aRevocation());
        clock.advance(1);
        expect(await store.touch(record, clock.now(), clock.now())).toBe('ended');
        expect((await load(record)).record?.lastSeenAt).toBe(record.lastSeenAt);
      });
      test('a session ended elsewhere in the very moment between load and touch is not touched', async () => {
        const record = await created();
        clock.advance(minuteMs);
        await store.load(record, clock.now());
        await elsewhere.revoke(record.sessionId, aRevocation());
        expect(await store.touch(record, clock.now(), clock.now())).toBe('ended');
      });
      test('a session whose subject was signed out elsewhere is not touched', async () => {
        const record = await created();
        await store.load(record, clock.now());
        await elsewhere.revokeSubject(record.subjectKey as string, clock.now(), clock.now() + hourMs);
        clock.advance(1);
        expect(await store.touch(record, clock.now(), clock.now())).toBe('ended');
        expect(await store.save(next(record), clock.now())).toBe('ended');
      });
    });

    describe('touch that is left to the cookie', { skip: traits.touch === 'written' }, () => {
      test('nothing is written and nothing is read, whatever the session', async () => {
        const record = await created();
        expect(await store.touch(record, clock.now() + 1000, clock.now())).toBe('unwritten');
        expect((await load(record)).record).toEqual(record);
        await store.revoke(record.sessionId, aRevocation());
        expect(await store.touch(record, clock.now() + 1000, clock.now())).toBe('unwritten');
        expect((await load(record)).revokedAt).not.toBeNull();
      });
    });

    describe('revoke', () => {
      test('a revoked family says since when', async () => {
        const record = await created();
        await store.revoke(record.sessionId, aRevocation());
        expect(await load(record)).toEqual({ record, ...noFacts, revokedAt: clock.now() });
        expect((await elsewhere.load(record, clock.now())).revokedAt).toBe(clock.now());
      });
      test('a second revocation changes nothing', async () => {
        const record = await created();
        const first = clock.now();
        await store.revoke(record.sessionId, aRevocation());
        clock.advance(minuteMs);
        await store.revoke(record.sessionId, aRevocation({ why: 'service' }));
        await elsewhere.revoke(record.sessionId, aRevocation({ why: 'service' }));
        expect((await load(record)).revokedAt).toBe(first);
      });
      test('a revoked family can be neither touched nor saved back to life', async () => {
        const record = await created();
        await store.revoke(record.sessionId, aRevocation());
        clock.advance(1000);
        expect(await store.touch(record, clock.now(), clock.now())).not.toBe('touched');
        expect(await store.save(next(record), clock.now())).toBe('ended');
        expect(await elsewhere.save(next(record), clock.now())).toBe('ended');
        const loaded = await load(record);
        expect(loaded.revokedAt).not.toBeNull();
        expect(loaded.record).toEqual(record);
      });
      test('a family that was never seen is revoked all the same', async () => {
        const record = aRecord();
        await store.revoke(record.sessionId, aRevocation());
        expect(await load(record)).toEqual({ record: null, ...noFacts, revokedAt: clock.now() });
        await store.create(record, clock.now());
        expect((await load(record)).revokedAt).toBe(clock.now());
        expect(await store.save(next(record), clock.now())).toBe('ended');
      });
      test('whatever is written at the moment of a revocation, the family is ended', async () => {
        const record = await created();
        await Promise.all([
          store.touch(record, clock.now() + 1000, clock.now()),
          elsewhere.save(next(record), clock.now()),
          store.revoke(record.sessionId, aRevocation()),
          elsewhere.touch(record, clock.now() + 2000, clock.now()),
        ]);
        expect((await load(record)).revokedAt).toBe(clock.now());
        clock.advance(1);
        expect(await store.save(next(next(record)), clock.now())).toBe('ended');
        expect(await store.save(next(record), clock.now())).toBe('ended');
      });
      test('other families of the subject live on', async () => {
        const record = await created();
        const other = await created({ subjectKey: record.subjectKey });
        await store.revoke(record.sessionId, aRevocation());
        expect((await load(other)).revokedAt).toBeNull();
        expect(await store.save(next(other), clock.now())).toBe('saved');
      });
    });

    describe('revoke a subject', () => {
      test('sessions created until then are ended, later ones are not', async () => {
        const earlier = await created();
        clock.advance(1000);
        const atOnce = await created({ subjectKey: earlier.subjectKey });
        const notBefore = clock.now();
        await revokeSubject(earlier, notBefore);
        clock.advance(1);
        const later = await created({ subjectKey: earlier.subjectKey });

        for (const ended of [earlier, atOnce]) {
          expect((await load(ended)).subjectNotBefore).toBe(notBefore);
          expect(await store.save(next(ended), clock.now())).toBe('ended');
          expect(await store.touch(ended, clock.now() + 1, clock.now())).not.toBe('touched');
        }
        expect((await load(later)).subjectNotBefore).toBe(notBefore);
        expect(await store.save(next(later), clock.now())).toBe('saved');
        expect(await store.touch(later, clock.now() + 1, clock.now())).not.toBe('ended');
      });
      test('the moment never moves backwards', async () => {
        const record = await created();
        const latest = clock.now() + 5000;
        await revokeSubject(record, latest);
        await revokeSubject(record, latest - 1000);
        await elsewhere.revokeSubject(record.subjectKey as string, latest - 2000, clock.now() + 24 * hourMs);
        expect((await load(record)).subjectNotBefore).toBe(latest);
        await revokeSubject(record, latest + 1);
        expect((await load(record)).subjectNotBefore).toBe(latest + 1);
      });
      test('of parallel calls the latest moment stays', { skip: traits.races === 'best-effort' }, async () => {
        const record = await created();
        const moments = [2, 5, 1, 4, 3].map((n) => clock.now() + n);
        await Promise.all(moments.map((moment) => revokeSubject(record, moment)));
        expect((await load(record)).subjectNotBefore).toBe(clock.now() + 5);
      });
      test('a subject without a record yet is told of too', async () => {
        const record = aRecord();
        await revokeSubject(record, clock.now());
        expect(await load(record)).toEqual({ record: null, ...noFacts, subjectNotBefore: clock.now() });
      });
      test('other subjects and anonymous sessions live on', async () => {
        const [record, other, anonymous] = [await created(), await created(), await created({ subjectKey: null })];
        await revokeSubject(record, clock.now());
        expect((await load(other)).subjectNotBefore).toBeNull();
        expect((await load(anonymous)).subjectNotBefore).toBeNull();
        expect(await store.save(next(anonymous), clock.now())).toBe('saved');
      });
    });

    describe('roster', () => {
      const until = () => clock.now() + 12 * hourMs;
      const write = (key: string, sealed: string, onRevision: number, through = store) =>
        through.saveSessionIndex(key, sealed, onRevision, until(), clock.now());

      test('a subject without one has none', async () => {
        expect(await store.loadSessionIndex(name(), clock.now())).toEqual({ revision: 0, sealed: null });
      });
      test('what was written is read again, by every gateway', async () => {
        const key = name();
        expect(await write(key, 'first', 0)).toBe(true);
        expect(await store.loadSessionIndex(key, clock.now())).toEqual({ revision: 1, sealed: 'first' });
        expect(await write(key, 'second', 1, elsewhere)).toBe(true);
        expect(await store.loadSessionIndex(key, clock.now())).toEqual({ revision: 2, sealed: 'second' });
      });
      test('a write on top of what is no longer there changes nothing and says so', async () => {
        const key = name();
        await write(key, 'first', 0);
        expect(await write(key, 'another first', 0, elsewhere)).toBe(false);
        await write(key, 'second', 1);
        expect(await write(key, 'stale', 1)).toBe(false);
        expect(await write(key, 'ahead', 3)).toBe(false);
        expect(await write(name(), 'on nothing', 1)).toBe(false);
        expect(await elsewhere.loadSessionIndex(key, clock.now())).toEqual({ revision: 2, sealed: 'second' });
      });
      test('of twenty writes on one revision exactly one succeeds', {
        skip: traits.races === 'best-effort',
      }, async () => {
        const key = name();
        for (const revision of [0, 1]) {
          const answers = await Promise.all(
            Array.from({ length: 20 }, (_, n) => write(key, `${revision} ${n}`, revision, n % 2 ? store : elsewhere)),
          );
          expect(answers.filter(Boolean)).toHaveLength(1);
          expect(await store.loadSessionIndex(key, clock.now())).toEqual({
            revision: revision + 1,
            sealed: `${revision} ${answers.indexOf(true)}`,
          });
        }
      });
      test('one of a hundred thousand characters is kept whole', async () => {
        const key = name();
        const sealed = 'r'.repeat(100_000);
        expect(await write(key, sealed, 0)).toBe(true);
        expect((await store.loadSessionIndex(key, clock.now())).sealed).toBe(sealed);
      });
      test('subjects have rosters of their own, apart from everything else that is known of them', async () => {
        const record = await created();
        const [key, other] = [record.subjectKey as string, name()];
        await write(key, 'mine', 0);
        await revokeSubject(record, clock.now());
        expect((await store.loadSessionIndex(other, clock.now())).revision).toBe(0);
        expect(await store.loadSessionIndex(key, clock.now())).toEqual({ revision: 1, sealed: 'mine' });
        expect((await load(record)).subjectNotBefore).toBe(clock.now());
      });
    });

    describe('once', () => {
      const until = () => clock.now() + minuteMs;

      test('the first puts its value, every other one gets it', async () => {
        const key = `handoff ${name()}`;
        expect(await store.claimOnce(key, 'first', until(), clock.now())).toBeNull();
        expect(await store.claimOnce(key, 'second', until(), clock.now())).toBe('first');
        expect(await elsewhere.claimOnce(key, 'third', until(), clock.now())).toBe('first');
      });
      test('of parallel ones exactly one is first', { skip: traits.races === 'best-effort' }, async () => {
        const key = name();
        const answers = await Promise.all(
          [1, 2, 3, 4, 5].map((n) => (n % 2 ? store : elsewhere).claimOnce(key, `${n}`, until(), clock.now())),
        );
        const winner = `${answers.indexOf(null) + 1}`;
        expect(answers.filter((answer) => answer !== null)).toEqual([winner, winner, winner, winner]);
      });
      test('what is in a place can be looked at, and looking takes nothing', async () => {
        const key = name();
        expect(await store.readOnce(key, clock.now())).toBeNull();
        expect(await store.claimOnce(key, 'first', until(), clock.now())).toBeNull();
        expect([await store.readOnce(key, clock.now()), await elsewhere.readOnce(key, clock.now())]).toEqual([
          'first',
          'first',
        ]);
        clock.advance(minuteMs + 1);
        expect(await store.readOnce(key, clock.now())).toBeNull();
        expect(await store.claimOnce(key, 'second', until(), clock.now())).toBeNull();
      });
      test('the same value twice is still first and second', async () => {
        const key = name();
        expect(await store.claimOnce(key, 'used', until(), clock.now())).toBeNull();
        expect(await store.claimOnce(key, 'used', until(), clock.now())).toBe('used');
      });
      test('the place is kept through its last moment and empty after it', async () => {
        const key = name();
        const keepUntil = until();
        await store.claimOnce(key, 'first', keepUntil, clock.now());
        clock.advance(minuteMs);
        expect(await store.claimOnce(key, 'second', until(), clock.now())).toBe('first');
        clock.advance(1);
        expect(await store.claimOnce(key, 'third', until(), clock.now())).toBeNull();
        expect(await store.claimOnce(key, 'fourth', until(), clock.now())).toBe('third');
      });
      test('places do not disturb one another, however their keys are spelled', async () => {
        const key = name();
        for (const spelled of [
          key,
          `${key} `,
          `${key}:x`,
          `${key}#A`,
          `${key}\u0000`,
          `${key}é`,
          'k'.repeat(5000) + key,
        ]) {
          expect(await store.claimOnce(spelled, spelled, until(), clock.now())).toBeNull();
          expect(await store.claimOnce(spelled, 'other', until(), clock.now())).toBe(spelled);
        }
      });
      test('a place is empty text when empty text was put', async () => {
        const key = name();
        expect(await store.claimOnce(key, '', until(), clock.now())).toBeNull();
        expect(await store.claimOnce(key, 'other', until(), clock.now())).toBe('');
      });
    });

    // Last, for it ends whatever the sentences above have left behind.
    describe('revoke everyone', () => {
      const revokeEveryone = (notBefore: number, through = store) =>
        through.revokeEveryone(notBefore, clock.now() + 12 * hourMs);
      const whenKnown = () => clock.advance(everyoneWithinMs);

      test('sessions created until then are ended, whoever they belong to, and later ones are not', async () => {
        const earlier = [await created(), await created({ subjectKey: null })];
        for (const one of earlier) await load(one);
        const notBefore = clock.now();
        await revokeEveryone(notBefore, elsewhere);
        clock.advance(1);
        const later = [await created(), await created({ subjectKey: null })];
        whenKnown();

        for (const ended of earlier) {
          expect(await load(ended)).toEqual({ record: ended, ...noFacts, everyoneNotBefore: notBefore });
          expect(await store.touch(ended, clock.now(), clock.now())).not.toBe('touched');
          expect(await store.save(next(ended), clock.now())).toBe('ended');
          expect((await elsewhere.load(ended, clock.now())).record).toEqual(ended);
        }
        for (const living of later) {
          expect((await load(living)).everyoneNotBefore).toBe(notBefore);
          expect(await store.touch(living, clock.now(), clock.now())).not.toBe('ended');
          expect(await store.save(next(living), clock.now())).toBe('saved');
        }
      });
      test('it is told of a family that never was, too', async () => {
        const notBefore = clock.now();
        await revokeEveryone(notBefore);
        whenKnown();
        const loaded = await store.load({ sessionId: name(), subjectKey: name(), version: 1 }, clock.now());
        expect(loaded).toEqual({ record: null, ...noFacts, everyoneNotBefore: notBefore });
      });
      test('the moment never moves backwards', async () => {
        const latest = clock.now() + 5000;
        await revokeEveryone(latest);
        await revokeEveryone(latest - 1000, elsewhere);
        await store.revokeEveryone(latest - 2000, clock.now() + 24 * hourMs);
        whenKnown();
        const record = await created();
        expect((await load(record)).everyoneNotBefore).toBe(latest);
        await revokeEveryone(latest + 1);
        whenKnown();
        expect((await load(record)).everyoneNotBefore).toBe(latest + 1);
      });
      test('a subject that was signed out later stays signed out from then', async () => {
        const record = await created();
        await revokeEveryone(clock.now() - 1);
        await revokeSubject(record, clock.now());
        whenKnown();
        expect(await load(record)).toMatchObject({
          subjectNotBefore: record.createdAt,
          everyoneNotBefore: record.createdAt - 1,
        });
        expect(await store.save(next(record), clock.now())).toBe('ended');
      });
    });

    test('a working store passes its check', async () => {
      await expect(store.check()).resolves.toBeUndefined();
    });
  });
}
