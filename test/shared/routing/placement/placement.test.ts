import { describe, expect, it } from 'vitest';
import type { AffinityBy, Pool } from '../../../../shared/config/settings.ts';
import type { Pin, PinReading } from '../../../../shared/routing/pins/pin.ts';
import { choose } from '../../../../shared/routing/placement/choose.ts';
import { createRequestPlacement, type ServedResult } from '../../../../shared/routing/placement/placement.ts';
import { affinityOf, eu, noon, originOf, poolOf, us } from '../../../support/pools.ts';

const appCookie: AffinityBy = { kind: 'origin-cookie', name: 'PHPSESSID' };
const wrapHeader: AffinityBy = { kind: 'header', name: 'Mcp-Session-Id', value: 'wrap' };
const poolWith = (by: AffinityBy, id = 'app'): Pool => poolOf([eu, us], { id, affinity: affinityOf({ by }) });
const pin: Pin = {
  pool: 'app',
  branch: null,
  origin: 'eu',
  epoch: 1,
  issuedAt: noon,
  idleEndsAt: null,
  absoluteEndsAt: noon + 86_400_000,
  revision: 'r',
  controlRevision: 0,
};
const held: PinReading = { kind: 'valid', pin, stale: false };

/** What follows for a client of `pool` with this pin, when nobody but `us` can take it. */
function left(pool: Pool, reading: PinReading, reaches: boolean, others: readonly Pool[] = []): ServedResult {
  const placement = choose({
    branches: [{ pool, share: 1 }],
    clientKey: 'somebody',
    place: null,
    pin: reading,
    allowed: { route: null, residency: null },
    originStatus: (_, origin) => ({ ejected: origin.id === 'eu' }),
    now: noon,
  });
  if (placement.kind === 'none') throw new Error('nobody');
  const berth = createRequestPlacement({
    placement,
    reading,
    terms: { affinity: pool.affinity, revision: 'r', controlRevision: 0, now: noon },
    clientKey: 'somebody',
    owner: pool,
    pools: new Map([pool, ...others].map((one) => [one.id, one])),
    residency: null,
  });
  return berth.onServed(placement.candidates[0], () => reaches);
}

describe('a move', () => {
  it('is one where the client is told of it', () => {
    expect(left(poolWith(appCookie), held, true)).toMatchObject({
      pins: { replacement: { origin: 'us', epoch: 2 } },
      assignment: { kind: 'moved', from: { origin: 'eu' }, origin: 'us', because: 'redispatched', isInvoluntary: true },
    });
  });

  it('is a visit where it cannot be told: the client goes on holding the pin that it came with', () => {
    expect(left(poolWith(appCookie), held, false)).toMatchObject({
      pins: { replacement: null, toServer: { origin: 'us' } },
      assignment: { kind: 'away', origin: 'us' },
    });
  });
});

describe.each([appCookie, wrapHeader])('a value that two pools share: %j', (by) => {
  const other = poolWith(by, 'other');

  it('keeps the pin of the pool that issued it, however often it goes to and fro', () => {
    expect(left(other, held, true, [poolWith(by)])).toMatchObject({
      pins: { replacement: null, toServer: { pool: 'other', origin: 'us' } },
      assignment: { kind: 'away', pool: 'other', origin: 'us' },
    });
  });

  it('is pinned anew when that pool or its origin is no more', () => {
    const gone = {
      pins: { replacement: { pool: 'other', origin: 'us' } },
      assignment: { kind: 'moved', because: 'unknown' },
    };
    expect(left(other, held, true)).toMatchObject(gone);
    expect(left(other, held, true, [poolOf([originOf('ap')])])).toMatchObject(gone);
  });
});

it('a pin that is ours alone goes from pool to pool, as each pool has one of its own', () => {
  const byHeader = poolWith({ kind: 'header', name: 'X-Affinity', value: 'pin' }, 'other');
  expect(left(byHeader, held, true, [poolWith(appCookie)])).toMatchObject({ assignment: { kind: 'moved' } });
});
