import { describe, expect, it } from 'vitest';
import { explainMove, isEpochPlausible, isJustified, type Move, type Visit } from '../../../bench/chaos/account.ts';
import { createOutages } from '../../../bench/chaos/outages.ts';

const visit = (origin: string, sentAt: number, more: Partial<Visit> = {}): Visit => ({
  origin,
  epoch: 1,
  sentAt,
  receivedAt: sentAt + 10,
  brokenBefore: 0,
  ...more,
});
const move = (from: Visit, to: Visit, manner: Move['manner'] = 'moves'): Move => ({
  client: 'client',
  manner,
  ranking: ['eu', 'us', 'ap'],
  from,
  to,
});
const quiet = createOutages();
const dead = createOutages();
dead.began('eu', 1_000);
dead.ended('eu', 2_000);
const ejected = [{ origin: 'eu', at: 1_100, until: 12_000 }];

describe('a client that moves with its pin', () => {
  const moved = (sentBefore: number, sentAt: number, epoch = 2) =>
    move(visit('eu', sentBefore), visit('us', sentAt, { epoch }));

  it('has no reason to while nobody dies', () => {
    expect(explainMove(moved(0, 5_000), quiet, [])).toBeNull();
  });
  it('has one when its origin was away since it was last there', () => {
    expect(explainMove(moved(0, 1_500), dead, [])).toBe('killed');
    expect(explainMove(moved(500, 9_000), dead, [])).toBe('killed');
    expect(explainMove(moved(3_000, 9_000), dead, [])).toBeNull();
    expect(explainMove(moved(0, 900), dead, [])).toBeNull();
  });
  it('has one while its origin is ejected', () => {
    expect(explainMove(moved(3_000, 9_000), dead, ejected)).toBe('ejected');
    expect(explainMove(moved(3_000, 12_000), dead, ejected)).toBeNull();
    expect(explainMove(moved(3_000, 9_000), dead, [{ origin: 'ap', at: 1_100, until: 12_000 }])).toBeNull();
  });
  it('must be told of in the epoch', () => {
    expect(explainMove(moved(0, 1_500, 1), dead, [])).toBeNull();
    expect(explainMove(moved(0, 1_500, 3), dead, [])).toBeNull();
  });
});

describe('a client that returns home', () => {
  const went = (to: string, sentAt: number) => move(visit('us', 0), visit(to, sentAt), 'returns');

  it('may go home at any time, and elsewhere only while all that are better are out', () => {
    expect(explainMove(went('eu', 5_000), quiet, [])).toBe('home');
    expect(explainMove(move(visit('eu', 0), visit('us', 1_500), 'returns'), dead, [])).toBe('killed');
    expect(explainMove(move(visit('eu', 0), visit('us', 5_000), 'returns'), dead, [])).toBeNull();
    expect(explainMove(move(visit('eu', 0), visit('us', 5_000), 'returns'), dead, ejected)).toBe('ejected');
    expect(explainMove(went('ap', 1_500), dead, [])).toBeNull();
    expect(explainMove(went('ap', 1_500), dead, [{ origin: 'us', at: 1_100, until: 2_000 }])).toBe('ejected');
  });
});

describe('an epoch', () => {
  const tells = (from: string, to: string, rise: number, brokenBefore = 0) =>
    isEpochPlausible(visit(from, 0), visit(to, 10, { epoch: 1 + rise, brokenBefore }));

  it('rises by one with a move and stays without', () => {
    expect([0, 1, 2].map((rise) => tells('eu', 'us', rise))).toEqual([false, true, false]);
    expect([-1, 0, 1].map((rise) => tells('eu', 'eu', rise))).toEqual([false, true, false]);
  });
  it('may rise with each reply that broke off, after which the pin may be elsewhere', () => {
    expect([0, 1, 2, 3].map((rise) => tells('eu', 'us', rise, 1))).toEqual([false, true, true, false]);
    expect([0, 1, 2, 3].map((rise) => tells('eu', 'eu', rise, 1))).toEqual([true, true, true, false]);
  });
});

it('an ejection is deserved by an origin that is away or was until just now', () => {
  expect(isJustified({ origin: 'eu', at: 1_500, until: 0 }, dead)).toBe(true);
  expect(isJustified({ origin: 'eu', at: 500, until: 0 }, dead)).toBe(false);
  expect(isJustified({ origin: 'eu', at: 4_000, until: 0 }, dead)).toBe(false);
  expect(isJustified({ origin: 'us', at: 1_500, until: 0 }, dead)).toBe(false);
});
