/** What `shared/session/store/records.ts` promises about creating, loading and saving. */
import { describe, expect, test } from 'vitest';
import { type ContractParts, minuteMs, name, noFacts } from './contract-parts.ts';

export function recordsContract({
  store,
  elsewhere,
  clock,
  aRecord,
  created,
  next,
  load,
  revokeSubject,
  traits,
}: ContractParts): void {
  describe('create and load', () => {
    test('what was created is loaded again, whole', async () => {
      const record = await created();
      expect(await load(record)).toEqual({ record, ...noFacts });
    });
    test('an anonymous session has no subject', async () => {
      const record = await created({ subjectKey: null });
      expect(await load(record)).toEqual({ record, ...noFacts });
    });
    test('a record is found by its session id alone', async () => {
      const record = await created();
      await revokeSubject(record, record.createdAt - 1);
      const loaded = await store.load({ sessionId: record.sessionId }, clock.now());
      expect(loaded).toEqual({ record, ...noFacts, subjectNotBefore: record.createdAt - 1 });
    });
    test('an unknown session has no record', async () => {
      expect(await store.load({ sessionId: name(), subjectKey: null, version: 1 }, clock.now())).toEqual({
        record: null,
        ...noFacts,
      });
    });
    test('several sessions of a subject are loaded as each one alone, in the order asked', async () => {
      const first = await created();
      const subjectKey = first.subjectKey as string;
      const ended = await created({ subjectKey });
      const [foreign, unknown] = [await created(), name()];
      await store.revoke(ended.sessionId, { at: clock.now(), why: 'logout', keepUntil: clock.now() + minuteMs });
      await revokeSubject(first, first.createdAt - 1);
      const ids = [unknown, ended.sessionId, first.sessionId, foreign.sessionId];
      const expected = await Promise.all(ids.map((sessionId) => store.load({ sessionId, subjectKey }, clock.now())));
      expect(await store.loadAll(subjectKey, ids, clock.now())).toEqual(expected);
      expect(await elsewhere.loadAll(subjectKey, ids, clock.now())).toEqual(expected);
      expect(await store.loadAll(subjectKey, [], clock.now())).toEqual([]);
    });
    test('creating a session again changes nothing and answers false', async () => {
      const record = await created();
      const intruder = aRecord({ sessionId: record.sessionId });
      expect(await store.create(intruder, clock.now())).toBe(false);
      expect(await store.create(record, clock.now())).toBe(false);
      expect((await load(record)).record).toEqual(record);
    });
    test('a session id is taken for every subject, and without one', async () => {
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
    test('of parallel creations of one session one succeeds', { skip: traits.races === 'best-effort' }, async () => {
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
    test('the subject of a record is the one it was created for, even if the caller passes another', async () => {
      const record = await created();
      await revokeSubject(record, record.createdAt);
      const other = name();
      const loaded = await store.load({ ...record, subjectKey: other }, clock.now());
      expect(loaded.subjectNotBefore).toBe(record.createdAt);
      expect((await store.load({ ...record, subjectKey: null }, clock.now())).subjectNotBefore).toBe(record.createdAt);
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
}
