import { expect, it } from 'vitest';
import { createOutages, ejectionsIn } from '../../../bench/chaos/outages.ts';

it('an origin is away from its death until a moment after its return', () => {
  const outages = createOutages();
  expect(outages.wasAway('eu', 0, 10_000)).toBe(false);
  outages.began('eu', 1_000);
  expect(outages.wasAway('eu', 0, 999)).toBe(false);
  expect(outages.wasAway('eu', 0, 1_000)).toBe(true);
  expect(outages.wasAway('eu', 900_000, 900_001)).toBe(true);
  outages.ended('eu', 5_000);
  expect(outages.wasAway('eu', 5_250, 6_000)).toBe(true);
  expect(outages.wasAway('eu', 5_251, 6_000)).toBe(false);
  expect(outages.wasAway('us', 0, 10_000)).toBe(false);
});

it('ejections are read from whatever else a gateway and its tools write', () => {
  const line =
    '{"event":"origin-ejected","at":"2026-01-01T00:00:01.000Z","pool":"app","origin":"eu","until":"2026-01-01T00:00:11.500Z"}';
  const lines = ['Ready on http://localhost:1', '{"event":"request","origin":"eu"}', line];
  const at = Date.UTC(2026, 0, 1, 0, 0, 1);
  expect(ejectionsIn(lines)).toEqual([{ origin: 'eu', at, until: at + 10_500 }]);
});
