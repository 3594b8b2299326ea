import { describe, expect, test } from 'vitest';
import type { AffinityBy } from '../../../../shared/config/settings.ts';
import type { Pin, PinReading } from '../../../../shared/routing/pins/pin.ts';
import { assignmentOf, type PlacementBasis } from '../../../../shared/routing/placement/assignment.ts';
import type { Candidate } from '../../../../shared/routing/placement/types.ts';
import { affinityOf, eu, originOf, poolOf, us } from '../../../support/pools.ts';

const byCookie = affinityOf({}).by;
const app = poolOf([eu, us, originOf('ap', { state: 'draining' })]);
const canary = poolOf([originOf('next', { region: 'eu' })], { id: 'canary' });
const atEu: Candidate = { pool: app, origin: eu, branch: null };
const atUs: Candidate = { pool: app, origin: us, branch: null };
const pin = (origin: string, pool = 'app') => ({ pool, origin }) as Pin;
const valid = (origin: string, pool?: string, branch: string | null = null): PinReading => ({
  kind: 'valid',
  pin: { ...pin(origin, pool), branch: branch },
  stale: false,
});
const expired = (origin: string): PinReading => ({ kind: 'expired', pin: pin(origin) });
const by = (because: PlacementBasis['because'], residency: PlacementBasis['residency'] = null): PlacementBasis => ({
  because,
  pools: new Map([app, canary].map((pool) => [pool.id, pool])),
  residency,
});

describe('what a request means for the berth of its client', () => {
  test.each<[string, Parameters<typeof assignmentOf>, object]>([
    ['no pin', [byCookie, { kind: 'none' }, pin('eu'), atEu, by('nearest')], { kind: 'new', origin: 'eu' }],
    ['one that cannot be read', [byCookie, { kind: 'forged' }, pin('eu'), atEu, by('forged')], { kind: 'new' }],
    ['at home', [byCookie, valid('eu'), null, atEu, by('pinned')], { kind: 'kept', pool: 'app', origin: 'eu' }],
    [
      'an expired pin, and the same origin again',
      [byCookie, expired('eu'), pin('eu'), atEu, by('expired')],
      { kind: 'kept' },
    ],
    [
      'a home that is away, and a pin that waits',
      [byCookie, valid('eu'), null, atUs, by('redispatched')],
      { kind: 'away', origin: 'us' },
    ],
    [
      'the same, with the pin written anew',
      [byCookie, valid('eu'), pin('eu'), atUs, by('redispatched')],
      { kind: 'away' },
    ],
    [
      'a network that is hashed',
      [{ kind: 'ip', ipv4Prefix: 24, ipv6Prefix: 56 }, { kind: 'none' }, null, atEu, by('nearest')],
      { kind: 'unpinned' },
    ],
    ['no affinity', [{ kind: 'off' } as AffinityBy, { kind: 'none' }, null, atEu, by('nearest')], { kind: 'unpinned' }],
  ])('%s', (_, facts, expected) => {
    expect(assignmentOf(...facts)).toMatchObject(expected);
  });
});

describe('a move', () => {
  const moved = (reading: PinReading, placedBy: PlacementBasis) =>
    assignmentOf(byCookie, reading, pin('us'), atUs, placedBy);

  test('says from where in which pool, and where to', () => {
    expect(moved(valid('next', 'canary'), by('split'))).toEqual({
      kind: 'moved',
      pool: 'app',
      origin: 'us',
      from: { pool: 'canary', origin: 'next' },
      because: 'split',
      isInvoluntary: false,
    });
  });

  test.each([
    ['drained', 'ap'],
    ['shed', 'eu'],
    ['redispatched', 'eu'],
  ] as const)('is involuntary where its origin was %s', (because, origin) => {
    expect(moved(valid(origin), by(because))).toMatchObject({ because, isInvoluntary: true });
  });

  test('from a side of a split that was closed is involuntary for who was on it, and for no visitor', () => {
    expect(moved(valid('next', 'canary', 'canary'), by('drained'))).toMatchObject({ isInvoluntary: true });
    expect(moved(valid('next', 'canary', 'app'), by('drained'))).toMatchObject({ isInvoluntary: false });
    expect(moved(valid('next', 'canary'), by('drained'))).toMatchObject({ isInvoluntary: false });
  });

  test.each(['pinned', 'returned'] as const)(
    'of one who was sent home (%s), which failed, is a redispatch',
    (because) => {
      expect(moved(valid('eu'), by(because))).toMatchObject({ because: 'redispatched', isInvoluntary: true });
    },
  );

  test('from an origin or a pool that is no more is involuntary', () => {
    expect(moved(valid('gone'), by('unknown'))).toMatchObject({ because: 'unknown', isInvoluntary: true });
    expect(moved(valid('eu', 'gone'), by('unknown'))).toMatchObject({ because: 'unknown', isInvoluntary: true });
  });

  test('of one who visits a route of another pool is natural: its origin is as good as before', () => {
    expect(moved(valid('next', 'canary'), by('unknown'))).toMatchObject({ because: 'unknown', isInvoluntary: false });
  });

  test('after the end of the pin is natural, also when the first origin failed', () => {
    for (const because of ['expired', 'redispatched'] as const) {
      expect(moved(expired('eu'), by(because))).toMatchObject({ because: 'expired', isInvoluntary: false });
    }
  });

  test('of a session that may not be served there any more is natural, and involuntary where it may', () => {
    expect(moved(valid('eu'), by('redispatched', ['us']))).toMatchObject({ isInvoluntary: false });
    expect(moved(valid('eu'), by('redispatched', ['us', 'eu']))).toMatchObject({ isInvoluntary: true });
  });
});
