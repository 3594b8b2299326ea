import { describe, expect, test } from 'vitest';
import type { AffinityBy, Pool } from '../../../shared/config/settings.ts';
import { assignmentOf } from '../../../shared/routing/assignment.ts';
import type { Candidate } from '../../../shared/routing/choose.ts';
import type { Pin, PinReading } from '../../../shared/routing/pin.ts';

const byCookie = { kind: 'cookie' } as AffinityBy;
const at = (id: string, pool = 'app'): Candidate => ({
  pool: { id: pool } as Pool,
  origin: { id } as Candidate['origin'],
  arm: null,
});
const pin = (origin: string, pool = 'app') => ({ pool, origin }) as Pin;
const valid = (origin: string): PinReading => ({ kind: 'valid', pin: pin(origin), stale: false });
const expired = (origin: string): PinReading => ({ kind: 'expired', pin: pin(origin) });

describe('what a request means for the berth of its client', () => {
  test.each<[string, Parameters<typeof assignmentOf>, object]>([
    ['no pin', [byCookie, { kind: 'none' }, pin('eu'), at('eu'), 'nearest'], { kind: 'new' }],
    ['one that cannot be read', [byCookie, { kind: 'forged' }, pin('eu'), at('eu'), 'forged'], { kind: 'new' }],
    ['at home', [byCookie, valid('eu'), null, at('eu'), 'pinned'], { kind: 'kept' }],
    [
      'an expired pin, and the same origin again',
      [byCookie, expired('eu'), pin('eu'), at('eu'), 'expired'],
      { kind: 'kept' },
    ],
    [
      'an expired pin, and another origin',
      [byCookie, expired('eu'), pin('us'), at('us'), 'expired'],
      { kind: 'moved', from: 'eu', because: 'expired' },
    ],
    [
      'a drain that is over',
      [byCookie, valid('eu'), pin('us'), at('us'), 'drained'],
      { kind: 'moved', from: 'eu', because: 'drained' },
    ],
    [
      'a home that failed this very request',
      [byCookie, valid('eu'), pin('us'), at('us'), 'pinned'],
      { kind: 'moved', from: 'eu', because: 'redispatched' },
    ],
    [
      'a home that is away, and a pin that waits',
      [byCookie, valid('eu'), null, at('us'), 'redispatched'],
      { kind: 'away' },
    ],
    [
      'the same, with the pin written anew',
      [byCookie, valid('eu'), pin('eu'), at('us'), 'redispatched'],
      { kind: 'away' },
    ],
    [
      'the other side of a split',
      [byCookie, valid('eu'), pin('eu', 'canary'), at('eu', 'canary'), 'split'],
      { kind: 'moved', from: 'eu', because: 'split' },
    ],
    [
      'a network that is hashed',
      [{ kind: 'ip', ipv4Prefix: 24, ipv6Prefix: 56 }, { kind: 'none' }, null, at('eu'), 'nearest'],
      { kind: 'unpinned' },
    ],
    ['no affinity', [{ kind: 'off' }, { kind: 'none' }, null, at('eu'), 'nearest'], { kind: 'unpinned' }],
  ])('%s', (_, facts, expected) => {
    expect(assignmentOf(...facts)).toEqual(expected);
  });
});
