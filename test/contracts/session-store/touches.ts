/** What `shared/session/store/records.ts` promises about noting activity. */
import { describe, expect, test } from 'vitest';
import type { StoreRecord } from '../../../shared/session/store/records.ts';
import { type ContractParts, hourMs, minuteMs, noFacts } from './contract-parts.ts';

export function touchContract({
  store,
  elsewhere,
  clock,
  aRecord,
  created,
  next,
  aRevocation,
  load,
  traits,
}: ContractParts): void {
  describe('activity noted with a load', () => {
    const lastSeenAt = async (record: StoreRecord) => (await load(record)).record?.lastSeenAt;

    test('is noted or left to a touch, and the answer has the record as it was before', async () => {
      const record = await created();
      clock.advance(minuteMs);
      const { isNoted, ...loaded } = await store.load(record, clock.now(), {
        at: clock.now(),
        ifSeenAfter: record.lastSeenAt - 1,
      });
      expect(loaded).toEqual({ record, ...noFacts });
      expect(await lastSeenAt(record)).toBe(isNoted ? clock.now() : record.lastSeenAt);
    });
    test('never moves backwards', async () => {
      const record = await created();
      await store.load(record, clock.now(), { at: record.lastSeenAt - 1000, ifSeenAfter: 0 });
      expect(await lastSeenAt(record)).toBe(record.lastSeenAt);
    });
    test('is not noted for a session that was idle for too long', async () => {
      const record = await created();
      clock.advance(hourMs);
      const loaded = await store.load(record, clock.now(), { at: clock.now(), ifSeenAfter: record.lastSeenAt });
      expect(loaded).toEqual({ record, ...noFacts });
      expect(await lastSeenAt(record)).toBe(record.lastSeenAt);
    });
    test('is not noted for a session that has ended, by whatever fact', async () => {
      const [ended, ofSubject] = [await created(), await created()];
      await elsewhere.revoke(ended.sessionId, aRevocation());
      await elsewhere.revokeSubject(ofSubject.subjectKey as string, clock.now(), clock.now() + hourMs);
      clock.advance(1000);
      for (const record of [ended, ofSubject]) {
        const loaded = await store.load(record, clock.now(), { at: clock.now(), ifSeenAfter: 0 });
        expect(loaded.isNoted).toBeUndefined();
        expect(await lastSeenAt(record)).toBe(record.lastSeenAt);
      }
    });
    test('is not a new version', async () => {
      const record = await created();
      await store.load(record, clock.now(), { at: clock.now() + 1000, ifSeenAfter: 0 });
      expect(await store.save(next(record), clock.now())).toBe('saved');
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
    test('a session is touched by its id alone', async () => {
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
    test('nothing is written and nothing is read', async () => {
      const record = await created();
      expect(await store.touch(record, clock.now() + 1000, clock.now())).toBe('unwritten');
      expect((await load(record)).record).toEqual(record);
      await store.revoke(record.sessionId, aRevocation());
      expect(await store.touch(record, clock.now() + 1000, clock.now())).toBe('unwritten');
      expect((await load(record)).revokedAt).not.toBeNull();
    });
  });
}
