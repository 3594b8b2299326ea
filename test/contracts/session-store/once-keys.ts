/** What `shared/session/store/once-keys.ts` promises. */
import { describe, expect, test } from 'vitest';
import { type ContractParts, minuteMs, name } from './contract-parts.ts';

export function onceKeysContract({ store, elsewhere, clock, traits }: ContractParts): void {
  describe('once-keys', () => {
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
    test('a key can be read, and reading does not claim it', async () => {
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
    test('a key is claimed through its last moment and free after it', async () => {
      const key = name();
      const keepUntil = until();
      await store.claimOnce(key, 'first', keepUntil, clock.now());
      clock.advance(minuteMs);
      expect(await store.claimOnce(key, 'second', until(), clock.now())).toBe('first');
      clock.advance(1);
      expect(await store.claimOnce(key, 'third', until(), clock.now())).toBeNull();
      expect(await store.claimOnce(key, 'fourth', until(), clock.now())).toBe('third');
    });
    test('keys do not disturb one another, however they are spelled', async () => {
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
    test('the value can be an empty text', async () => {
      const key = name();
      expect(await store.claimOnce(key, '', until(), clock.now())).toBeNull();
      expect(await store.claimOnce(key, 'other', until(), clock.now())).toBe('');
    });
  });
}
