import { describe, expect, it } from 'vitest';
import { choose } from '../../../../shared/routing/placement/choose.ts';
import { explain } from '../../../../shared/routing/placement/explain.ts';
import type { Question } from '../../../../shared/routing/placement/types.ts';
import { ap, berlin, eu, noon, originOf, poolOf, us } from '../../../support/pools.ts';

const canary = poolOf([originOf('next', { region: 'eu', place: eu.place })], { id: 'canary' });
const question: Question = {
  branches: [
    { pool: poolOf([ap, originOf('eu2', { region: 'eu', weight: 2 }), { ...us, state: 'draining' }, eu]), share: 90 },
  ],
  clientKey: 'family-1',
  place: berlin,
  pin: { kind: 'none' },
  allowed: { route: null, residency: null },
  originStatus: (_, origin) => ({ ejected: origin.id === 'ap' }),
  now: noon,
};

describe('an explanation', () => {
  it('holds the placement itself', () => {
    expect(explain(question).placement).toEqual(choose(question));
  });

  it('lists every origin in the order of the client’s turns, with what speaks against it', () => {
    const { origins } = explain(question);
    expect(origins.map(({ tier: turn, ineligible: refusal }) => [turn, refusal])).toEqual([
      [1, null],
      [1, null],
      [2, 'draining'],
      [3, 'ejected'],
    ]);
    expect(origins.map(({ id }) => id).toSorted()).toEqual(['ap', 'eu', 'eu2', 'us']);
    expect(origins[0]?.score).toBeGreaterThan(origins[1]?.score as number);
  });

  it('says how far away an origin is, where that is known', () => {
    const distances = new Map(explain(question).origins.map(({ id, distanceKm }) => [id, distanceKm]));
    expect(distances.get('eu')).toBeGreaterThan(100);
    expect(distances.get('eu')).toBeLessThan(1_000);
    expect(distances.get('eu2')).toBe(null);
  });

  it('begins with the candidates of the placement when nothing is refused', () => {
    const well = { ...question, originStatus: () => ({ ejected: false }) };
    const { placement, origins } = explain(well);
    const willing = origins.filter(({ ineligible: refusal }) => refusal === null).map(({ id }) => id);
    expect(placement.kind === 'placed' && placement.candidates.map(({ origin }) => origin.id)).toEqual(willing);
  });

  it('shows the sides of a split with their shares, closed ones last', () => {
    const [app] = question.branches;
    const branches = [{ pool: canary, share: 0 }, ...(app ? [app] : [])];
    expect(explain({ ...question, branches: branches }).branches).toMatchObject([
      { pool: 'app', share: 90 },
      { pool: 'canary', share: 0, score: 0 },
    ]);
  });

  it('numbers those that would be tried: the pin’s origin before all, who is ejected after all', () => {
    const pin = { ...pinTo('us'), branch: null };
    const numbered = (asked: Question) =>
      Object.fromEntries(explain(asked).origins.map(({ id, candidate }) => [id, candidate]));
    const first = explain(question).origins[0]?.id as string;
    const second = first === 'eu' ? 'eu2' : 'eu';
    expect(numbered(question)).toEqual({ [first]: 1, [second]: 2, ap: 3, us: null });
    expect(numbered({ ...question, pin: { kind: 'valid', pin, stale: false } })).toEqual({
      us: 1,
      [first]: 2,
      [second]: 3,
      ap: 4,
    });
  });

  it('names all origins when none of them would be tried', () => {
    const { placement, origins } = explain({ ...question, allowed: { route: ['mars'], residency: null } });
    expect(placement).toMatchObject({ kind: 'none', code: 'region_unavailable' });
    expect(origins.map(({ ineligible: refusal, candidate }) => [refusal, candidate])).toEqual([
      ['region', null],
      ['region', null],
      ['draining', null],
      ['region', null],
    ]);
  });

  it('gives the pin’s side of a split first, and scores that order the sides of those without one', () => {
    const [app] = question.branches;
    const branches = [...(app ? [app] : []), { pool: canary, share: 10 }];
    const open = explain({ ...question, branches: branches });
    expect(open.branches[0]?.score).toBeGreaterThan(open.branches[1]?.score as number);
    expect(open.placement).toMatchObject({ because: 'split' });
    const pin = { ...pinTo('next'), pool: 'canary', branch: 'canary' };
    const {
      branches: sides,
      origins,
      placement,
    } = explain({ ...question, branches: branches, pin: { kind: 'valid', pin, stale: false } });
    expect(sides.map(({ pool }) => pool)).toEqual(['canary', 'app']);
    expect(origins[0]).toMatchObject({ branch: 'canary', id: 'next', candidate: 1 });
    expect(placement.because).toBe('pinned');
  });
});

const pinTo = (origin: string) => ({
  pool: 'app',
  origin,
  epoch: 1,
  issuedAt: noon,
  idleEndsAt: null,
  absoluteEndsAt: noon + 1,
  revision: 'r',
  controlRevision: 0,
});
