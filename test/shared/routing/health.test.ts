import { describe, expect, it } from 'vitest';
import type { Pool } from '../../../shared/config/settings.ts';
import { createHealth, type Health } from '../../../shared/routing/health.ts';
import { ap, eu, noon, originOf, poolOf, us } from './pools.ts';

const app = poolOf([eu, us, ap]);
const withoutJitter = () => createHealth(() => 0);
const failTimes = (health: Health, times: number, origin = eu, now = noon, pool: Pool = app): void => {
  for (let i = 0; i < times; i++) health.failed(pool, origin, now);
};

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
    const told = [1, 2, 3, 4].map(() => health.failed(app, eu, noon));
    expect(told).toEqual([null, null, noon + 10_000, null]);
    expect(health.failed(app, eu, noon + 10_000)).toBe(noon + 30_000);
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
      failTimes(health, 1, eu, now);
    }
    expect(times).toEqual([10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000, 300_000]);
  });

  it('begins again at the shortest time after a success', () => {
    const health = withoutJitter();
    failTimes(health, 3);
    failTimes(health, 1, eu, noon + 10_000);
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
    failTimes(health, 1, eu, noon + 10_000, pool);
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
    const pool = poolOf([eu, us, ap], { health: { ...app.health, failures: 1, maxEjected: 1 } });
    for (let i = 0; i < 2_000; i++) health.failed(pool, originOf(`o${i}`), noon);
    health.failed(pool, eu, noon);
    expect(health.isEjected(pool, eu, noon)).toBe(false);
    expect(health.isEjected(pool, originOf('o0'), noon)).toBe(true);
  });
});
