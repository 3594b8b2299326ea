import fc from 'fast-check';
import { expect, it } from 'vitest';
import { scheduleOf } from '../../../bench/chaos/schedule.ts';

const origins = ['eu', 'us', 'ap'];
const minute = (seed: number) => scheduleOf({ origins, seed, everyMs: 3_000, forMs: 60_000 });

it('something happens every three seconds', () => {
  expect(minute(1).map(({ atMs }) => atMs)).toEqual(Array.from({ length: 19 }, (_, i) => (i + 1) * 3_000));
});

it('the same seed is the same minute, another one is another', () => {
  expect(minute(7)).toEqual(minute(7));
  expect(minute(8)).not.toEqual(minute(7));
});

it('one origin is always left alone, the dead are revived and the living killed or restarted', () => {
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const dead = new Set<string>();
      let mostDead = 0;
      for (const { action: deed, origin } of minute(seed)) {
        expect(dead.has(origin)).toBe(deed === 'revive');
        if (deed === 'restart') expect(dead.size).toBeLessThan(2);
        if (deed === 'kill') dead.add(origin);
        if (deed === 'revive') dead.delete(origin);
        mostDead = Math.max(mostDead, dead.size);
      }
      expect(mostDead).toBeLessThan(3);
    }),
  );
});
