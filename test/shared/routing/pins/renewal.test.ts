import { describe, expect, it } from 'vitest';
import { pinAfter, pinFor, renewalDue } from '../../../../shared/routing/pins/renewal.ts';
import type { Placement } from '../../../../shared/routing/placement/types.ts';
import { affinityOf, eu, noon, poolOf, us } from '../../../support/pools.ts';

const pool = poolOf([eu, us]);
const atEu = { pool, origin: eu, branch: null };
const atUs = { pool, origin: us, branch: null };
const hour = 3_600_000;
const day = 24 * hour;
const by = (now: number, affinity = affinityOf({})) => ({ affinity, revision: 'r1', controlRevision: 4, now });

describe('the pin for the origin that served', () => {
  it('is the first of its line for a new client', () => {
    expect(pinFor(null, atEu, by(noon))).toEqual({
      pool: 'app',
      branch: null,
      origin: 'eu',
      epoch: 1,
      issuedAt: noon,
      idleEndsAt: null,
      absoluteEndsAt: noon + day,
      revision: 'r1',
      controlRevision: 4,
    });
  });

  it('keeps epoch and absolute end while the origin stays the same', () => {
    const first = pinFor(null, atEu, by(noon));
    expect(pinFor(first, atEu, by(noon + hour))).toEqual(first);
  });

  it('counts the move and begins anew when the origin changes', () => {
    const moved = pinFor(pinFor(null, atEu, by(noon)), atUs, by(noon + hour));
    expect(moved).toMatchObject({ origin: 'us', epoch: 2, issuedAt: noon + hour, absoluteEndsAt: noon + hour + day });
  });

  it('takes an origin of the same id in another pool for another origin', () => {
    const other = { pool: poolOf([eu], { id: 'canary' }), origin: eu, branch: 'canary' };
    expect(pinFor(pinFor(null, atEu, by(noon)), other, by(noon))).toMatchObject({ pool: 'canary', epoch: 2 });
  });

  it('begins anew after the end, without counting a move that was none', () => {
    const again = pinFor(pinFor(null, atEu, by(noon)), atEu, by(noon + day));
    expect(again).toMatchObject({ origin: 'eu', epoch: 1, issuedAt: noon + day, absoluteEndsAt: noon + 2 * day });
  });

  it('tells by which control document it was placed, the latest time', () => {
    const first = pinFor(null, atEu, by(noon));
    expect(pinFor(first, atEu, { ...by(noon), controlRevision: 9 })).toEqual({ ...first, controlRevision: 9 });
  });

  it('moves the idle end with activity, never past the absolute end', () => {
    const affinity = affinityOf({ idleMs: hour });
    const first = pinFor(null, atEu, by(noon, affinity));
    expect(first.idleEndsAt).toBe(noon + hour);
    const later = pinFor(first, atEu, by(noon + hour / 2, affinity));
    expect(later.idleEndsAt).toBe(noon + 1.5 * hour);
    const nearTheEnd = { ...first, idleEndsAt: noon + day };
    expect(pinFor(nearTheEnd, atEu, by(noon + day - 1, affinity)).idleEndsAt).toBe(noon + day);
  });

  it('remembers the side of a split through visits to routes without one', () => {
    const side = pinFor(null, { ...atEu, branch: 'app' }, by(noon));
    expect(pinFor(side, atUs, by(noon)).branch).toBe('app');
    expect(pinFor(side, { ...atUs, branch: 'canary' }, by(noon)).branch).toBe('canary');
  });
});

describe('a reply', () => {
  const own = pinFor(null, atEu, by(noon));
  const valid = { kind: 'valid', pin: own, stale: false } as const;
  type Placed = Extract<Placement, { kind: 'placed' }>;
  const pinned: Placed = {
    kind: 'placed',
    because: 'pinned',
    candidates: [atEu, atUs],
    pinKept: own,
    noFailover: false,
    drawn: false,
    next: 'us',
  };
  const away: Placed = { ...pinned, because: 'redispatched', candidates: [atUs, atEu] };

  it('carries a pin to a new client, and to one whose pin was given up', () => {
    const fresh: Placed = { ...pinned, because: 'nearest', pinKept: null };
    expect(pinAfter(fresh, atEu, { kind: 'none' }, by(noon))).toMatchObject({ origin: 'eu', epoch: 1 });
    expect(pinAfter({ ...away, pinKept: null }, atUs, valid, by(noon))).toMatchObject({ origin: 'us', epoch: 2 });
  });

  it('carries on the count of moves from a pin that has expired', () => {
    const anew: Placed = { ...pinned, because: 'expired', candidates: [atUs, atEu], pinKept: null };
    expect(pinAfter(anew, atUs, { kind: 'expired', pin: own }, by(noon + day))).toMatchObject({
      origin: 'us',
      epoch: 2,
    });
  });

  it('carries none while the client is served at home, whatever the control document has come to be', () => {
    expect(pinAfter(pinned, atEu, valid, by(noon))).toBe(null);
    expect(pinAfter(pinned, atEu, valid, { ...by(noon), controlRevision: 9 })).toBe(null);
  });

  it('carries a new one when home has just failed and somebody else served', () => {
    expect(pinAfter(pinned, atUs, valid, by(noon))).toMatchObject({ origin: 'us', epoch: 2 });
  });

  it('carries none when nobody did better: the pin stays, and a new client gets none', () => {
    const fresh: Placed = { ...pinned, because: 'nearest', pinKept: null };
    expect(pinAfter(pinned, atUs, valid, by(noon), false)).toBe(null);
    expect(pinAfter(fresh, atEu, { kind: 'none' }, by(noon), false)).toBe(null);
    expect(pinAfter({ ...away, pinKept: null }, atUs, valid, by(noon), false)).toBe(null);
    expect(pinAfter(pinned, atEu, { ...valid, stale: true }, by(noon + hour), false)).toEqual(own);
  });

  it('carries none then where clients return', () => {
    const returning = poolOf([eu, us], { affinity: affinityOf({ onFailure: 'return' }) });
    const home = { ...atEu, pool: returning };
    expect(pinAfter({ ...pinned, candidates: [home, atUs] }, atUs, valid, by(noon))).toBe(null);
  });

  it('carries none when the client was sent away for this request only, whoever served', () => {
    expect(pinAfter(away, atUs, valid, by(noon))).toBe(null);
    expect(pinAfter(away, atEu, valid, by(noon))).toBe(null);
  });

  it('carries the same pin anew when its key is on its way out or its idle end must move, at home and away', () => {
    const stale = { ...valid, stale: true };
    expect(pinAfter(pinned, atEu, stale, by(noon + hour))).toEqual(own);
    const affinity = affinityOf({ idleMs: hour });
    const later = { ...by(noon, affinity), controlRevision: 5 };
    const anew = { ...own, idleEndsAt: noon + hour, controlRevision: 5 };
    expect(pinAfter(away, atUs, valid, later)).toEqual(anew);
  });
});

describe('renewal for activity', () => {
  const idle = (idleMs: number) => affinityOf({ idleMs });

  it('is due once in each interval: a tenth of the idle time, between ten seconds and a minute', () => {
    for (const [idleMs, intervalMs] of [
      [hour, 60_000],
      [300_000, 30_000],
      [60_000, 10_000],
      [20_000, 5_000],
    ] as const) {
      const pin = pinFor(null, atEu, by(noon, idle(idleMs)));
      expect(renewalDue(pin, idle(idleMs), noon + intervalMs - 1), `${idleMs}`).toBe(false);
      expect(renewalDue(pin, idle(idleMs), noon + intervalMs), `${idleMs}`).toBe(true);
    }
  });

  it('is never due for a pin with an absolute end alone, nor when that end cannot be moved past', () => {
    expect(renewalDue(pinFor(null, atEu, by(noon)), affinityOf({}), noon + day - 1)).toBe(false);
    const last = { ...pinFor(null, atEu, by(noon, idle(hour))), idleEndsAt: noon + day };
    expect(renewalDue(last, idle(hour), noon + day - 1)).toBe(false);
  });

  it('is due when the configuration has begun or ceased to ask for an idle end', () => {
    expect(renewalDue(pinFor(null, atEu, by(noon)), idle(hour), noon)).toBe(true);
    expect(renewalDue(pinFor(null, atEu, by(noon, idle(hour))), affinityOf({}), noon)).toBe(true);
  });
});
