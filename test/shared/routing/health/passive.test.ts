import { describe, expect, it } from 'vitest';
import type { Pool } from '../../../../shared/config/settings.ts';
import type { OriginFailure } from '../../../../shared/routing/health/condition.ts';
import { createHealth, type FailureOutcome, type Health } from '../../../../shared/routing/health/passive.ts';
import { ap, eu, noon, originOf, poolOf, us } from '../../../support/pools.ts';

const app = poolOf([eu, us, ap]);
const withoutJitter = () => createHealth(() => 0);
/** Each failure is met from a network of its own, so that none needs a probe. */
let networks = 0;
const failure = (): OriginFailure => ({ network: `198.51.${networks++}.0`, isTimeout: false });
const failTimes = (health: Health, times: number, origin = eu, now = noon, pool: Pool = app): void => {
  for (let i = 0; i < times; i++) health.failed(pool, origin, failure(), now);
};
const untilOf = (noted: FailureOutcome): number | null => (noted.kind === 'ejected' ? noted.until : null);

describe('an origin that fails', () => {
  it('is ejected after as many failures in a row as the pool allows', () => {
    const health = withoutJitter();
    failTimes(health, 2);
    expect(health.isEjected(app, eu, noon)).toBe(false);
    failTimes(health, 1);
    expect(health.isEjected(app, eu, noon)).toBe(true);
    expect(health.ejectedUntil(app, eu, noon)).toBe(noon + 10_000);
    expect(health.statusOf(app, eu, noon)).toEqual({ ejected: true });
  });

  it('is told of as ejected once, by the failure that does it', () => {
    const health = withoutJitter();
    const told = [1, 2, 3, 4].map(() => untilOf(health.failed(app, eu, failure(), noon)));
    expect(told).toEqual([null, null, noon + 10_000, null]);
    failTimes(health, 1, eu, noon + 10_000);
    expect(untilOf(health.failed(app, eu, failure(), noon + 10_000))).toBe(noon + 30_000);
  });

  it('is forgiven by a success in between', () => {
    const health = withoutJitter();
    failTimes(health, 2);
    health.succeeded(app, eu, noon);
    failTimes(health, 2);
    expect(health.isEjected(app, eu, noon)).toBe(false);
  });

  it('may come back when its time is over', () => {
    const health = withoutJitter();
    failTimes(health, 3);
    expect(health.isEjected(app, eu, noon + 9_999)).toBe(true);
    expect(health.isEjected(app, eu, noon + 10_000)).toBe(false);
    expect(health.ejectedUntil(app, eu, noon + 10_000)).toBe(null);
  });

  it('that comes back and fails at once is out twice as long, and so on up to five minutes', () => {
    const health = withoutJitter();
    failTimes(health, 3);
    let now = noon;
    const times = [];
    for (let i = 0; i < 8; i++) {
      const until = health.ejectedUntil(app, eu, now) as number;
      times.push(until - now);
      now = until;
      failTimes(health, 2, eu, now);
    }
    expect(times).toEqual([10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000, 300_000]);
  });

  it('begins again at the shortest time after a success', () => {
    const health = withoutJitter();
    failTimes(health, 3);
    failTimes(health, 2, eu, noon + 10_000);
    const back = noon + 30_000;
    health.succeeded(app, eu, back);
    failTimes(health, 2, eu, back);
    expect(health.isEjected(app, eu, back)).toBe(false);
    failTimes(health, 1, eu, back);
    expect(health.ejectedUntil(app, eu, back)).toBe(back + 10_000);
  });

  it('is judged by nothing that was under way when it was ejected', () => {
    const health = withoutJitter();
    const pool = poolOf([eu, us, ap], { health: { ...app.health, maxEjected: 1 } });
    failTimes(health, 50, eu, noon, pool);
    health.succeeded(pool, eu, noon + 1);
    expect(health.ejectedUntil(pool, eu, noon + 1)).toBe(noon + 10_000);
    failTimes(health, 2, eu, noon + 10_000, pool);
    expect(health.ejectedUntil(pool, eu, noon + 10_000)).toBe(noon + 30_000);
  });

  it('is out up to a quarter longer, by chance, and never shorter', () => {
    const unlucky = createHealth(() => 0.999);
    failTimes(unlucky, 3);
    expect(unlucky.ejectedUntil(app, eu, noon)).toBeCloseTo(noon + 12_500, -2);
  });

  it('does not speak for an origin of the same id in another pool', () => {
    const health = withoutJitter();
    failTimes(health, 3);
    expect(health.isEjected(poolOf([eu, us], { id: 'shop' }), eu, noon)).toBe(false);
  });
});

describe('an origin that fails for one network alone', () => {
  const mine: OriginFailure = { network: '203.0.113.0', isTimeout: false };
  const theirs: OriginFailure = { network: '198.51.100.0', isTimeout: false };
  const late: OriginFailure = { ...mine, isTimeout: true };
  const kinds = (health: Health, failures: readonly OriginFailure[], now = noon) =>
    failures.map((one) => health.failed(app, eu, one, now).kind);

  it('is suspect, and not ejected, however often', () => {
    const health = withoutJitter();
    expect(kinds(health, Array(6).fill(mine))).toEqual(['noted', 'noted', ...Array(4).fill('suspect')]);
    expect(health.isEjected(app, eu, noon)).toBe(false);
  });

  it('is ejected by the first failure of a second one', () => {
    const health = withoutJitter();
    expect(kinds(health, [mine, mine, mine, theirs])).toEqual(['noted', 'noted', 'suspect', 'ejected']);
    const other = withoutJitter();
    expect(kinds(other, [mine, theirs, mine])).toEqual(['noted', 'noted', 'ejected']);
  });

  it('is not ejected by the second one of time-outs, whose page may be slow', () => {
    const health = withoutJitter();
    expect(kinds(health, [late, { ...theirs, isTimeout: true }, late, late])).toEqual([
      'noted',
      'noted',
      'suspect',
      'suspect',
    ]);
    expect(kinds(health, [mine, theirs, mine])).toEqual(['suspect', 'suspect', 'ejected']);
  });

  it('is ejected when a probe agrees, from that moment on', () => {
    const health = withoutJitter();
    kinds(health, [mine, mine, mine]);
    expect(health.probed(app, eu, false, noon + 500)).toBe(noon + 10_500);
    expect(health.isEjected(app, eu, noon + 10_499)).toBe(true);
  });

  it('is left alone when the probe finds it alive, and probed once a second at most', () => {
    const health = withoutJitter();
    kinds(health, [mine, mine, mine]);
    expect(health.claimProbe(app, eu, noon)).toBe(true);
    expect(health.claimProbe(app, eu, noon)).toBe(false);
    expect(health.probed(app, eu, true, noon + 100)).toBe(null);
    expect(health.claimProbe(app, eu, noon + 1_099)).toBe(false);
    expect(health.claimProbe(app, eu, noon + 1_100)).toBe(true);
  });

  it('is probed again when nothing came of the last one', () => {
    const health = withoutJitter();
    kinds(health, [mine, mine, mine]);
    expect(health.claimProbe(app, eu, noon)).toBe(true);
    expect(health.claimProbe(app, eu, noon + 2_999)).toBe(false);
    expect(health.claimProbe(app, eu, noon + 3_000)).toBe(true);
  });

  it('is not ejected by a probe that agrees with failures long forgiven', () => {
    const health = withoutJitter();
    kinds(health, [mine, mine, mine]);
    expect(health.claimProbe(app, eu, noon)).toBe(true);
    health.succeeded(app, eu, noon);
    expect(health.probed(app, eu, false, noon)).toBe(null);
    expect(health.isAllClear()).toBe(true);
  });

  it('is not probed where the pool cannot spare it', () => {
    const health = withoutJitter();
    const alone = poolOf([eu]);
    expect(Array.from({ length: 4 }, () => health.failed(alone, eu, mine, noon).kind)).toEqual(Array(4).fill('noted'));
    expect(health.isOneFailureShort(alone, eu, noon)).toBe(false);
  });

  it('is suspect again with its first failure after an ejection, which proves nothing by itself', () => {
    const health = withoutJitter();
    kinds(health, [mine, theirs, mine]);
    expect(health.isOneFailureShort(app, eu, noon + 10_000)).toBe(true);
    expect(kinds(health, [mine, mine], noon + 10_000)).toEqual(['suspect', 'suspect']);
    expect(kinds(health, [theirs], noon + 10_000)).toEqual(['ejected']);
    expect(health.ejectedUntil(app, eu, noon + 10_000)).toBe(noon + 30_000);
  });

  it('is about to be suspect when one more failure is enough', () => {
    const health = withoutJitter();
    const told = [0, 1, 2].map(() => [
      health.isOneFailureShort(app, eu, noon),
      health.failed(app, eu, mine, noon).kind,
    ]);
    expect(told).toEqual([
      [false, 'noted'],
      [false, 'noted'],
      [true, 'suspect'],
    ]);
  });
});

describe('a pool', () => {
  const limited = (maxEjected: number, count: number) => {
    const origins = Array.from({ length: count }, (_, i) => originOf(`o${i}`));
    const pool = poolOf(origins, { health: { ...app.health, maxEjected } });
    const health = withoutJitter();
    for (const origin of origins) failTimes(health, 5, origin, noon, pool);
    return origins.filter((origin) => health.isEjected(pool, origin, noon)).length;
  };

  it('never has more of its origins ejected than it allows', () => {
    expect(limited(0.5, 4)).toBe(2);
    expect(limited(0.5, 3)).toBe(1);
    expect(limited(0.5, 1)).toBe(0);
    expect(limited(0, 4)).toBe(0);
    expect(limited(1, 4)).toBe(4);
  });

  it('does not count origins that are switched off', () => {
    const off = originOf('spare', { state: 'off' });
    const pool = poolOf([eu, off]);
    const health = withoutJitter();
    failTimes(health, 3, eu, noon, pool);
    expect(health.isEjected(pool, eu, noon)).toBe(false);
  });

  it('ejects the next one as soon as it can spare it', () => {
    const health = withoutJitter();
    failTimes(health, 3, eu);
    failTimes(health, 9, us);
    expect(health.isEjected(app, us, noon)).toBe(false);
    failTimes(health, 1, us, noon + 10_000);
    expect(health.isEjected(app, us, noon + 10_000)).toBe(true);
  });
});

describe('an origin that comes back', () => {
  const slow = poolOf([eu, us, ap], { health: { ...app.health, slowStartMs: 60_000 } });
  const back = noon + 10_000;

  it('is known to have returned for as long as it was away', () => {
    const health = withoutJitter();
    failTimes(health, 3);
    expect(health.statusOf(app, eu, back)).toEqual({ ejected: false, returned: true });
    health.succeeded(app, eu, back);
    expect(health.statusOf(app, eu, back + 9_999)).toEqual({ ejected: false, returned: true });
    expect(health.statusOf(app, eu, back + 10_000)).toEqual({ ejected: false });
  });

  it('takes up its weight slowly where the pool asks for it', () => {
    const health = withoutJitter();
    failTimes(health, 3, eu, noon, slow);
    expect(health.statusOf(slow, eu, back)).toMatchObject({ ramp: 0.05 });
    health.succeeded(slow, eu, back);
    expect(health.statusOf(slow, eu, back + 30_000)).toMatchObject({ ramp: 0.5 });
    expect(health.statusOf(slow, eu, back + 60_000)).toEqual({ ejected: false });
  });
});

describe('memory', () => {
  it('is not taken by origins that are well', () => {
    const health = withoutJitter();
    health.succeeded(app, eu, noon);
    expect(health.statusOf(app, eu, noon)).toBe(health.statusOf(app, us, noon));
  });

  it('is bounded, however many origins fail', () => {
    const health = withoutJitter();
    const pool = poolOf([eu, us, ap], { health: { ...app.health, failures: 2, maxEjected: 1 } });
    for (let i = 0; i < 2_000; i++) failTimes(health, 2, originOf(`o${i}`), noon, pool);
    failTimes(health, 2, eu, noon, pool);
    expect(health.claimProbe(pool, eu, noon)).toBe(false);
    expect(health.isEjected(pool, eu, noon)).toBe(false);
    expect(health.isEjected(pool, originOf('o0'), noon)).toBe(true);
  });
});
