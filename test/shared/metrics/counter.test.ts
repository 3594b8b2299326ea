import { expect, it } from 'vitest';
import { createCounter } from '../../../shared/metrics/counter.ts';

it('the same labels are the same series, and what was taken begins again at nothing', () => {
  const counter = createCounter();
  counter.add(1, 'placements', 'app', 'eu', 'pinned');
  counter.add(2, 'placements', 'app', 'eu', 'pinned');
  counter.add(1, 'placements', 'app', 'us', 'pinned');
  counter.add(7, 'durationSum');
  expect(Object.fromEntries(counter.take())).toEqual({
    'placements|app|eu|pinned': 3,
    'placements|app|us|pinned': 1,
    durationSum: 7,
  });
  expect(counter.take().size).toBe(0);
});

it('takes no more memory than there is room for, whatever it is told, and says how much it left out', () => {
  const counter = createCounter();
  for (let i = 0; i < 20_000; i++) counter.add(1, 'failures', `made-up-${i}`);
  const taken = counter.take();
  expect([taken.size, taken.get('uncounted')]).toEqual([5_001, 15_000]);
});
