import { describe, expect, it } from 'vitest';
import { distanceKm } from '../../../../shared/routing/placement/nearest.ts';
import { preparePool, tiersOf } from '../../../../shared/routing/placement/prepared-pool.ts';
import { ap, berlin, eu, originOf, osaka, poolOf, us } from '../../../support/pools.ts';

const order = (origins: Parameters<typeof poolOf>[0], place: Parameters<typeof tiersOf>[1]): string[][] =>
  tiersOf(preparePool(poolOf(origins)), place).map((turn) => turn.origins.map(({ origin }) => origin.id));

describe('regions', () => {
  it('come in the order of their distance from the client', () => {
    expect(order([eu, us, ap], berlin)).toEqual([['eu'], ['us'], ['ap']]);
    expect(order([eu, us, ap], osaka)).toEqual([['ap'], ['eu'], ['us']]);
  });

  it('are near across the date line', () => {
    const fiji = originOf('fiji', { place: { latitude: -18, longitude: 178 } });
    const perth = originOf('perth', { place: { latitude: -32, longitude: 116 } });
    expect(order([perth, fiji], { latitude: -14, longitude: -172 })).toEqual([['fiji'], ['perth']]);
  });

  it('keep their origins together', () => {
    const twin = originOf('eu2', { region: 'eu', place: eu.place });
    expect(order([eu, us, twin], berlin)).toEqual([['eu', 'eu2'], ['us']]);
  });

  it('lend their place to an origin of theirs that has none of its own', () => {
    const twin = originOf('eu2', { region: 'eu' });
    expect(order([twin, us, eu], berlin)).toEqual([['eu2', 'eu'], ['us']]);
  });

  it('that are equally near come together', () => {
    const twin = originOf('bonn', { place: eu.place });
    expect(order([eu, us, twin], berlin)).toEqual([['eu', 'bonn'], ['us']]);
  });

  it('without a place come last, together', () => {
    expect(order([originOf('here'), us, originOf('there')], berlin)).toEqual([['us'], ['here', 'there']]);
  });

  it('are all equally near to a client whose place is unknown', () => {
    expect(order([eu, us, originOf('here')], null)).toEqual([['eu', 'us', 'here']]);
  });
});

describe('distance', () => {
  it('follows the great circle', () => {
    const paris = { latitude: 48.8566, longitude: 2.3522 };
    const newYork = { latitude: 40.7128, longitude: -74.006 };
    expect(distanceKm(paris, newYork)).toBeCloseTo(5837, -1);
    expect(distanceKm(paris, paris)).toBe(0);
  });

  it('between antipodes is half the circumference', () => {
    expect(distanceKm({ latitude: 90, longitude: 0 }, { latitude: -90, longitude: 77 })).toBeCloseTo(20_015, 0);
  });
});
