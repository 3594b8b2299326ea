/** What `shared/session/store/endings.ts` promises. */
import { describe, expect, test } from 'vitest';
import { type ContractParts, everyoneWithinMs, hourMs, minuteMs, name, noFacts } from './contract-parts.ts';

export function endingsContract({
  store,
  elsewhere,
  clock,
  aRecord,
  created,
  next,
  aRevocation,
  load,
  revokeSubject,
  traits,
}: ContractParts): void {
  describe('revoke', () => {
    test('a revoked session says since when', async () => {
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
    test('the first revocation answers nothing, the next one what the first one wrote', async () => {
      const record = await created();
      const successor = name();
      expect(await store.revoke(record.sessionId, aRevocation({ why: 'superseded', successor }))).toBeNull();
      const first = clock.now();
      clock.advance(minuteMs);
      const earlier = { at: first, successor };
      expect(await store.revoke(record.sessionId, aRevocation())).toEqual(earlier);
      expect(await elsewhere.revoke(record.sessionId, aRevocation({ successor: name() }))).toEqual(earlier);

      const plain = await created();
      await store.revoke(plain.sessionId, aRevocation());
      expect(await elsewhere.revoke(plain.sessionId, aRevocation())).toEqual({ at: clock.now(), successor: null });
    });
    test('a revoked session can be neither touched nor saved', async () => {
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
    test('a session that was never seen can be revoked', async () => {
      const record = aRecord();
      await store.revoke(record.sessionId, aRevocation());
      expect(await load(record)).toEqual({ record: null, ...noFacts, revokedAt: clock.now() });
      await store.create(record, clock.now());
      expect((await load(record)).revokedAt).toBe(clock.now());
      expect(await store.save(next(record), clock.now())).toBe('ended');
    });
    test('a write at the moment of a revocation does not revive the session', async () => {
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
    test('the not-before of a subject without a record is loaded too', async () => {
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
}

export function endingOfEveryoneContract({
  store,
  elsewhere,
  clock,
  created,
  next,
  load,
  revokeSubject,
}: ContractParts): void {
  describe('revoke everyone', () => {
    const revokeEveryone = (notBefore: number, through = store) =>
      through.revokeEveryone(notBefore, clock.now() + 12 * hourMs);
    const whenKnown = () => clock.advance(everyoneWithinMs);

    test('sessions of all subjects created until then are ended, and later ones are not', async () => {
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
    test('it is loaded for an unknown session, too', async () => {
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
}
