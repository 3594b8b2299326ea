import { describe, expect, it } from 'vitest';
import type { Pool } from '../../../../shared/config/settings.ts';
import type { Pin } from '../../../../shared/routing/pins/pin.ts';
import { choose } from '../../../../shared/routing/placement/choose.ts';
import { randomDraw } from '../../../../shared/routing/placement/draw.ts';
import { explain } from '../../../../shared/routing/placement/explain.ts';
import type { OriginStatus, Placement, Question } from '../../../../shared/routing/placement/types.ts';
import { berlin, eu, noon, originOf, poolOf, us } from '../../../support/pools.ts';

const inEurope = { region: 'eu', place: eu.place };
const light = originOf('light', { ...inEurope, weight: 1 });
const heavy = originOf('heavy', { ...inEurope, weight: 3 });
const near = poolOf([light, heavy, us]);
const pin: Pin = {
  pool: 'app',
  branch: null,
  origin: 'us',
  epoch: 1,
  issuedAt: noon,
  idleEndsAt: null,
  absoluteEndsAt: noon + 1,
  revision: 'r',
  controlRevision: 0,
};

type More = Partial<Question> & { pool?: Pool; status?: Record<string, OriginStatus> };
const questionOf = ({ pool = near, status = {}, ...more }: More): Question => ({
  branches: [{ pool, share: 1 }],
  clientKey: '203.0.113.0/24',
  place: berlin,
  pin: { kind: 'none' },
  allowed: { route: null, residency: null },
  originStatus: (_, origin) => status[origin.id] ?? { ejected: false },
  now: noon,
  ...more,
});
const ask = (more: More): Placement => choose(questionOf(more));
const ids = (placement: Placement): string[] =>
  placement.kind === 'placed' ? placement.candidates.map(({ origin }) => origin.id) : [];
/** As even as can be: the shares are then exact but for the rounding of the last one. */
const count = 4_000;
const draws = Array.from({ length: count }, (_, i) => (i + 0.5) / count);
const shareOf = (id: string, more: More): number =>
  draws.filter((draw) => ids(ask({ ...more, draw }))[0] === id).length / count;

describe('a first origin that is drawn', () => {
  it('is one of the nearest region, by weight', () => {
    expect(shareOf('light', {})).toBeCloseTo(0.25, 3);
    expect(shareOf('heavy', {})).toBeCloseTo(0.75, 3);
    expect(shareOf('us', {})).toBe(0);
  });

  it('is spread by the numbers that requests are given as by even ones', () => {
    const random = Array.from({ length: 20_000 }, () => ids(ask({ draw: randomDraw() }))[0]);
    expect(Math.abs(random.filter((id) => id === 'light').length / 20_000 - 0.25)).toBeLessThan(0.015);
  });

  it('is the same for the same number, and for the key alone where there is none', () => {
    for (const draw of [0, 0.1, 0.999999999]) expect(ask({ draw })).toEqual(ask({ draw }));
    const [first] = ids(ask({}));
    expect(new Set(draws.map(() => ids(ask({}))[0]))).toEqual(new Set([first]));
  });

  it('says so, and gives the reason that it would have without', () => {
    expect(ask({ draw: 0.5 })).toMatchObject({ because: 'nearest', drawn: true, pinKept: null });
    expect(ask({ draw: 0.5, place: null })).toMatchObject({ because: 'weighted', drawn: true });
    expect(ask({})).toMatchObject({ because: 'nearest', drawn: false });
  });

  it('goes before the ranking of the hash, which stays as it is', () => {
    const many = poolOf(Array.from({ length: 9 }, (_, i) => originOf(`o${i}`)));
    const ranking = ids(ask({ pool: many, place: null }));
    for (const draw of draws.filter((_, i) => i % 97 === 0)) {
      const [first, ...others] = ids(ask({ pool: many, place: null, draw })) as [string, ...string[]];
      expect(others).toEqual(ranking.filter((id) => id !== first).slice(0, ranking.length - 1));
    }
  });

  it('is willing: ejected, draining and shedding ones are left out, and a warming one counts for less', () => {
    expect(shareOf('light', { status: { heavy: { ejected: true } } })).toBe(1);
    expect(shareOf('light', { status: { heavy: { ejected: false, shed: 1 } } })).toBe(1);
    expect(shareOf('light', { pool: poolOf([light, { ...heavy, state: 'draining' }, us]) })).toBe(1);
    expect(shareOf('us', { allowed: { route: ['us'], residency: null } })).toBe(1);
    expect(shareOf('heavy', { status: { heavy: { ejected: false, ramp: 1 / 3 } } })).toBeCloseTo(0.5, 3);
  });

  it('is none where nobody is willing: then the hash has the last word', () => {
    const status = { light: { ejected: true }, heavy: { ejected: true }, us: { ejected: true } };
    const { draw: _, ...hashed } = questionOf({ status });
    expect(ask({ status, draw: 0.5 })).toEqual(choose(hashed));
    expect(ask({ pool: poolOf([]), draw: 0.5 })).toMatchObject({ kind: 'none', code: 'no_origin_available' });
  });

  it('is not for a client that a pin leads', () => {
    const valid = { kind: 'valid', pin, stale: false } as const;
    for (const draw of [0, 0.5, 0.9]) {
      expect(ask({ pin: valid, draw })).toEqual(ask({ pin: valid }));
    }
  });

  it.each(['forged', 'expired'] as const)('is for one whose pin is %s', (kind) => {
    const reading = kind === 'expired' ? { kind, pin } : { kind };
    expect(shareOf('light', { pin: reading })).toBeCloseTo(0.25, 3);
    expect(ask({ pin: reading, draw: 0.5 })).toMatchObject({ because: kind, drawn: true });
  });
});

describe('the side of a split', () => {
  const canary = poolOf([originOf('next', inEurope), originOf('next2', inEurope)], { id: 'canary' });
  const branches = [
    { pool: near, share: 90 },
    { pool: canary, share: 10 },
  ];

  it('is drawn too, by its share, and the origin inside it by weight', () => {
    expect(shareOf('next', { branches: branches })).toBeCloseTo(0.05, 3);
    expect(shareOf('next2', { branches: branches })).toBeCloseTo(0.05, 3);
    expect(shareOf('light', { branches: branches })).toBeCloseTo(0.225, 3);
    expect(shareOf('heavy', { branches: branches })).toBeCloseTo(0.675, 3);
  });

  it('is remembered with the origin, and is none that is closed', () => {
    const placement = ask({ branches: branches, draw: 0.99 });
    expect(placement).toMatchObject({ because: 'split', drawn: true, candidates: [{ branch: 'canary' }, {}, {}] });
    const closed = [
      { pool: near, share: 90 },
      { pool: canary, share: 0 },
    ] as const;
    expect(shareOf('next', { branches: closed })).toBe(0);
  });

  it('that has nobody left gives way to the other', () => {
    const status = { next: { ejected: true }, next2: { ejected: true } };
    expect(ask({ branches: branches, draw: 0.99, status })).toMatchObject({
      because: 'redispatched',
      candidates: [{ branch: 'app' }, {}, {}],
    });
  });
});

it('an explanation says whether it was drawn, and names the drawn one first', () => {
  expect(explain(questionOf({})).drawn).toBe(false);
  for (const draw of [0.1, 0.9]) {
    const { drawn, origins, placement } = explain(questionOf({ draw }));
    expect(drawn).toBe(true);
    expect(origins.find(({ candidate }) => candidate === 1)?.id).toBe(ids(placement)[0]);
  }
});
