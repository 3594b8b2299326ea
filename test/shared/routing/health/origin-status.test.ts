import { describe, expect, it } from 'vitest';
import type { ControlDocument } from '../../../../shared/routing/control/control.ts';
import { originStatusAt } from '../../../../shared/routing/health/origin-status.ts';
import { createHealth } from '../../../../shared/routing/health/passive.ts';
import { ap, eu, noon, originOf, poolOf, us } from '../../../support/pools.ts';

const down = { probed: { down: true, streak: 0 } };
const saying = (origins: ControlDocument['origins']): ControlDocument => ({ revision: 1, origins });
const pool = poolOf([eu, us, ap, originOf('sa')]);

const eject = (id: typeof eu, health = createHealth(() => 0)) => {
  for (let i = 0; i < 3; i++) health.failed(pool, id, { network: String(i), isTimeout: false }, noon);
  return health;
};
const out = (health: ReturnType<typeof createHealth>, document: ControlDocument): string[] => {
  const statusOf = originStatusAt(health, document, noon);
  return pool.origins.filter((origin) => statusOf(pool, origin).ejected).map(({ id }) => id);
};

describe('an origin is out', () => {
  it('when this isolate has ejected it, and when probes have found it down', () => {
    expect(out(eject(eu), saying({}))).toEqual(['eu']);
    expect(out(createHealth(), saying({ 'app/us': down }))).toEqual(['us']);
    expect(out(eject(eu), saying({ 'app/us': down }))).toEqual(['eu', 'us']);
    expect(out(eject(eu), saying({ 'app/eu': down, 'app/us': down }))).toEqual(['eu', 'us']);
  });

  it('never together with too many others: then probes are not believed', () => {
    expect(out(createHealth(), saying({ 'app/eu': down, 'app/us': down, 'app/ap': down }))).toEqual([]);
    expect(out(eject(eu), saying({ 'app/us': down, 'app/ap': down }))).toEqual(['eu']);
  });

  it('in its own pool only', () => {
    expect(out(createHealth(), saying({ 'other/us': down }))).toEqual([]);
  });
});

describe('an origin that was taken back', () => {
  const slow = poolOf([eu, us], { health: { ...pool.health, slowStartMs: 100_000 } });
  const status = (backSince: number) =>
    originStatusAt(createHealth(), saying({ 'app/eu': { backSince, shed: 0.5 } }), noon)(slow, eu);

  it('takes up its weight bit by bit, and sheds what it shall shed all the same', () => {
    expect(status(noon - 50_000)).toEqual({ ejected: false, returned: true, ramp: 0.5, shed: 0.5 });
    expect(status(noon)).toMatchObject({ ramp: 0.05 });
    expect(status(noon - 100_000)).toEqual({ ejected: false, shed: 0.5 });
  });
});
