/** What `shared/session/store/session-indexes.ts` promises. */
import { describe, expect, test } from 'vitest';
import { type ContractParts, hourMs, name } from './contract-parts.ts';

export function sessionIndexesContract({
  store,
  elsewhere,
  clock,
  created,
  load,
  revokeSubject,
  traits,
}: ContractParts): void {
  describe('session index', () => {
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
    test('each subject has an index of its own, apart from its other facts', async () => {
      const record = await created();
      const [key, other] = [record.subjectKey as string, name()];
      await write(key, 'mine', 0);
      await revokeSubject(record, clock.now());
      expect((await store.loadSessionIndex(other, clock.now())).revision).toBe(0);
      expect(await store.loadSessionIndex(key, clock.now())).toEqual({ revision: 1, sealed: 'mine' });
      expect((await load(record)).subjectNotBefore).toBe(clock.now());
    });
  });
}
