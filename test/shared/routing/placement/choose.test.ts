import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AffinityBy, Origin, Pool } from '../../../../shared/config/settings.ts';
import type { Pin, PinReading } from '../../../../shared/routing/pins/pin.ts';
import { choose } from '../../../../shared/routing/placement/choose.ts';
import type { OriginStatus, Placement, Question } from '../../../../shared/routing/placement/types.ts';
import { affinityOf, ap, berlin, clientKeys, eu, noon, originOf, osaka, poolOf, us } from '../../../support/pools.ts';

const app = poolOf([eu, us, ap]);
const anywhere = { route: null, residency: null };

const pinTo = (origin: string, more: Partial<Pin> = {}): PinReading => ({
  kind: 'valid',
  stale: false,
  pin: {
    pool: 'app',
    branch: null,
    origin,
    epoch: 1,
    issuedAt: noon,
    idleEndsAt: null,
    absoluteEndsAt: noon + 1,
    revision: 'r',
    controlRevision: 0,
    ...more,
  },
});

const ask = (more: Partial<Question> & { pool?: Pool; status?: Record<string, OriginStatus> } = {}): Placement => {
  const { pool = app, status = {}, ...question } = more;
  return choose({
    branches: [{ pool, share: 1 }],
    clientKey: 'family-1',
    place: berlin,
    pin: { kind: 'none' },
    allowed: anywhere,
    originStatus: (_, origin) => status[origin.id] ?? { ejected: false },
    now: noon,
    ...question,
  });
};
const ids = (placement: Placement): string[] =>
  placement.kind === 'placed' ? placement.candidates.map(({ origin }) => origin.id) : [];
const because = (placement: Placement) => placement.because;
const ejected = (...origins: string[]) => Object.fromEntries(origins.map((id) => [id, { ejected: true }]));
const withOrigin = (pool: Pool, id: string, change: Partial<Origin>): Pool => ({
  ...pool,
  origins: pool.origins.map((origin) => (origin.id === id ? { ...origin, ...change } : origin)),
});

describe('a client without a pin', () => {
  it('goes to the nearest region, and from there to the next nearest', () => {
    expect(ask()).toMatchObject({ because: 'nearest', pinKept: null, next: 'us' });
    expect(ids(ask())).toEqual(['eu', 'us', 'ap']);
    expect(ids(ask({ place: osaka }))).toEqual(['ap', 'eu', 'us']);
  });

  it('goes by weight alone where regions are ignored or its place is unknown', () => {
    const anyRegion = { ...app, steer: 'weighted' as const };
    for (const question of [{ pool: anyRegion }, { place: null }]) {
      const firsts = clientKeys(3_000).map((clientKey) => ids(ask({ ...question, clientKey }))[0]);
      for (const id of ['eu', 'us', 'ap']) {
        expect(Math.abs(firsts.filter((first) => first === id).length / 3_000 - 1 / 3)).toBeLessThan(0.03);
      }
      expect(because(ask(question))).toBe('weighted');
    }
  });

  it('never goes to an origin that is draining, off or without weight, not even as a last resort', () => {
    for (const change of [{ state: 'draining' }, { state: 'off' }, { weight: 0 }] as const) {
      const pool = withOrigin(app, 'eu', change);
      expect(ids(ask({ pool }))).toEqual(['us', 'ap']);
      expect(ids(ask({ pool, status: ejected('us', 'ap') }))).toEqual(['us', 'ap']);
    }
  });

  it('tries an ejected origin after all others', () => {
    expect(ids(ask({ status: ejected('eu') }))).toEqual(['us', 'ap', 'eu']);
  });

  it('goes where it would have gone anyway when every origin is ejected', () => {
    const placement = ask({ status: ejected('eu', 'us', 'ap') });
    expect(ids(placement)).toEqual(['eu', 'us', 'ap']);
    expect(because(placement)).toBe('nearest');
  });

  it('is told of as many origins as retries can use, and of two at least', () => {
    const many = poolOf(Array.from({ length: 20 }, (_, i) => originOf(`o${i}`)));
    const retrying = (attempts: number) => ({ ...many, retry: { ...many.retry, attempts } });
    expect(ids(ask({ pool: retrying(4) }))).toHaveLength(5);
    expect(ids(ask({ pool: retrying(0) }))).toHaveLength(2);
  });

  it('finds nothing where no origin takes anybody', () => {
    const pool = poolOf([originOf('eu', { state: 'off' }), originOf('us', { weight: 0 })]);
    expect(ask({ pool })).toMatchObject({ kind: 'none', code: 'no_origin_available' });
    expect(ask({ pool: poolOf([]) })).toMatchObject({ kind: 'none', code: 'no_origin_available' });
  });

  it.each(['forged', 'expired'] as const)('because its pin is %s is placed anew', (kind) => {
    const { pin } = pinTo('ap') as { pin: Pin };
    const reading: PinReading = kind === 'expired' ? { kind, pin } : { kind };
    expect(ask({ pin: reading })).toMatchObject({ because: kind, pinKept: null });
    expect(ids(ask({ pin: reading }))[0]).toBe('eu');
  });

  it('comes to a warming origin less often', () => {
    const pair = poolOf([originOf('old'), originOf('new')]);
    const status = { new: { ejected: false, ramp: 0.25 } };
    const firsts = clientKeys(5_000).map((clientKey) => ids(ask({ pool: pair, status, clientKey }))[0]);
    expect(Math.abs(firsts.filter((id) => id === 'new').length / 5_000 - 0.2)).toBeLessThan(0.03);
  });
});

describe('a pinned client', () => {
  it('stays where it is, far away or not, and knows whom to turn to next', () => {
    const pin = pinTo('ap');
    const placement = ask({ pin });
    expect(placement).toMatchObject({ because: 'pinned', next: 'eu', pinKept: (pin as { pin: Pin }).pin });
    expect(ids(placement)).toEqual(['ap', 'eu', 'us']);
  });

  it('stays at an origin without weight, and at a draining one until the drain ends', () => {
    const stays = (change: Partial<Origin>) => because(ask({ pin: pinTo('ap'), pool: withOrigin(app, 'ap', change) }));
    expect(stays({ weight: 0 })).toBe('pinned');
    expect(stays({ state: 'draining' })).toBe('pinned');
    expect(stays({ state: 'draining', drainBy: noon + 1 })).toBe('pinned');
    expect(stays({ state: 'draining', drainBy: noon })).toBe('drained');
    expect(stays({ state: 'off' })).toBe('drained');
  });

  it('moves away when its origin has drained, and is pinned anew', () => {
    const placement = ask({ pin: pinTo('ap'), pool: withOrigin(app, 'ap', { state: 'off' }) });
    expect(ids(placement)).toEqual(['eu', 'us']);
    expect(placement).toMatchObject({ pinKept: null });
  });

  it('to an origin or a pool that is not there is placed anew', () => {
    expect(ask({ pin: pinTo('mars') })).toMatchObject({ because: 'unknown', pinKept: null });
    expect(ask({ pin: pinTo('eu', { pool: 'shop' }) })).toMatchObject({ because: 'unknown', pinKept: null });
  });

  it('is placed as if it were not where affinity is off', () => {
    const pool = { ...app, affinity: affinityOf({ by: { kind: 'off' } }) };
    expect(ids(ask({ pool, pin: pinTo('ap') }))[0]).toBe('eu');
    expect(because(ask({ pool, pin: pinTo('ap') }))).toBe('off');
  });

  it('stays when every origin is ejected', () => {
    expect(ask({ pin: pinTo('ap'), status: ejected('eu', 'us', 'ap') })).toMatchObject({ because: 'pinned' });
  });
});

describe('a pinned client whose origin is ejected', () => {
  const withFailure = (onFailure: Pool['affinity']['onFailure']) => {
    const pool = { ...app, affinity: affinityOf({ onFailure }) };
    return ask({ pool, pin: pinTo('ap'), status: ejected('ap') });
  };

  it('is redispatched and pinned anew under repin', () => {
    expect(withFailure('repin')).toMatchObject({ because: 'redispatched', pinKept: null });
    expect(ids(withFailure('repin'))).toEqual(['eu', 'us', 'ap']);
  });

  it('is redispatched and keeps its pin under return', () => {
    expect(withFailure('return')).toMatchObject({ because: 'redispatched', pinKept: { origin: 'ap' } });
  });

  it('is refused under refuse', () => {
    expect(withFailure('refuse')).toEqual({ kind: 'none', code: 'pin_refused', because: 'redispatched' });
  });

  it('is sent home to see the error under none', () => {
    expect(ids(withFailure('none'))).toEqual(['ap']);
    expect(withFailure('none')).toMatchObject({ because: 'pinned', next: null });
  });

  it('comes home under return, and says so', () => {
    const status = { ap: { ejected: false, returned: true } };
    const pool = { ...app, affinity: affinityOf({ onFailure: 'return' }) };
    expect(ask({ pool, pin: pinTo('ap'), status })).toMatchObject({ because: 'returned', pinKept: { origin: 'ap' } });
    expect(because(ask({ pin: pinTo('ap'), status }))).toBe('pinned');
  });

  it.each(['refuse', 'none'] as const)('has no second choice while it is well under %s', (onFailure) => {
    const placement = ask({ pool: { ...app, affinity: affinityOf({ onFailure }) }, pin: pinTo('ap') });
    expect(ids(placement)).toEqual(['ap']);
  });
});

describe('a client that is known by its key alone', () => {
  const by: AffinityBy = { kind: 'session' };
  const withKey = (onFailure: Pool['affinity']['onFailure'], status: Record<string, OriginStatus> = {}) =>
    ask({ pool: { ...app, affinity: affinityOf({ by, onFailure }) }, status });

  it('goes where the key leads, and on from there', () => {
    expect(withKey('repin')).toMatchObject({ because: 'nearest', noFailover: false });
    expect(ids(withKey('repin'))).toEqual(['eu', 'us', 'ap']);
  });

  it.each(['repin', 'return'] as const)('is redispatched while its origin is ejected under %s', (onFailure) => {
    expect(because(withKey(onFailure, ejected('eu')))).toBe('redispatched');
    expect(ids(withKey(onFailure, ejected('eu')))).toEqual(['us', 'ap', 'eu']);
  });

  it('comes home under return', () => {
    expect(because(withKey('return', { eu: { ejected: false, returned: true } }))).toBe('returned');
  });

  it('has its home or nothing under refuse', () => {
    expect(withKey('refuse')).toMatchObject({ because: 'nearest', noFailover: true });
    expect(ids(withKey('refuse'))).toEqual(['eu']);
    expect(withKey('refuse', ejected('eu'))).toEqual({ kind: 'none', code: 'pin_refused', because: 'redispatched' });
  });

  it('sees the failure itself under none', () => {
    expect(ids(withKey('none', ejected('eu')))).toEqual(['eu']);
  });

  it('leaves an origin that sheds it or takes nobody new, whatever onFailure says', () => {
    expect(ids(withKey('refuse', { eu: { ejected: false, shed: 1 } }))).toEqual(['us']);
    const drained = withOrigin({ ...app, affinity: affinityOf({ by, onFailure: 'refuse' }) }, 'eu', {
      state: 'draining',
    });
    expect(ids(ask({ pool: drained }))).toEqual(['us']);
  });

  it('goes home when nobody else is willing either', () => {
    expect(ids(withKey('refuse', ejected('eu', 'us', 'ap')))).toEqual(['eu']);
  });
});

describe('shedding', () => {
  const keys = clientKeys(4_000);
  const shedAt = (shed: number) => {
    const status = { ap: { ejected: false, shed } };
    return keys.filter((clientKey) => because(ask({ clientKey, pin: pinTo('ap'), status })) === 'shed');
  };

  it('moves the asked-for slice of the pinned clients, the same one every time', () => {
    const quarter = shedAt(0.25);
    expect(Math.abs(quarter.length / keys.length - 0.25)).toBeLessThan(0.03);
    expect(shedAt(0.25)).toEqual(quarter);
  });

  it('moves the earlier slice and more when it grows', () => {
    const half = new Set(shedAt(0.5));
    expect(shedAt(0.25).every((key) => half.has(key))).toBe(true);
    expect(shedAt(0)).toEqual([]);
    expect(shedAt(1)).toEqual(keys);
  });

  it('takes a slice of the clients that the hash has brought there, not of all', () => {
    const pool = { ...app, steer: 'weighted' as const };
    const natives = keys.filter((clientKey) => ids(ask({ pool, clientKey }))[0] === 'ap');
    const status = { ap: { ejected: false, shed: 0.25 } };
    const moved = natives.filter((clientKey) => because(ask({ pool, clientKey, pin: pinTo('ap'), status })) === 'shed');
    expect(Math.abs(moved.length / natives.length - 0.25)).toBeLessThan(0.06);
  });

  it('does not bring the same clients back as new ones', () => {
    const status = { ap: { ejected: false, shed: 0.25 } };
    for (const clientKey of shedAt(0.25)) expect(ids(ask({ clientKey, place: osaka, status }))[0]).not.toBe('ap');
  });

  it('leaves a client where it is when there is nowhere else', () => {
    const status = { ap: { ejected: false, shed: 1 } };
    expect(because(ask({ pool: poolOf([ap]), pin: pinTo('ap'), status }))).toBe('pinned');
    expect(ids(ask({ pool: poolOf([ap]), status }))).toEqual(['ap']);
  });
});

describe('limits on regions', () => {
  const euOnly = { route: ['eu'], residency: null };

  it('hold for every candidate, first choice and failover', () => {
    expect(ids(ask({ allowed: euOnly, place: osaka }))).toEqual(['eu']);
    expect(ids(ask({ allowed: { route: null, residency: ['us', 'ap'] } }))).toEqual(['us', 'ap']);
    expect(ids(ask({ allowed: { route: ['eu', 'us'], residency: ['us', 'ap'] } }))).toEqual(['us']);
  });

  it('hold for ejected origins too', () => {
    expect(ids(ask({ allowed: euOnly, status: ejected('eu') }))).toEqual(['eu']);
  });

  it('that leave nobody are told apart from a pool that has nobody', () => {
    for (const allowed of [
      { route: ['mars'], residency: null },
      { route: null, residency: [] },
      { route: ['eu'], residency: ['us'] },
    ]) {
      expect(ask({ allowed })).toMatchObject({ kind: 'none', code: 'region_unavailable' });
    }
  });

  it('of a route send a pinned client elsewhere for that route alone', () => {
    expect(ask({ pin: pinTo('ap'), allowed: euOnly })).toMatchObject({
      because: 'redispatched',
      pinKept: { origin: 'ap' },
    });
  });

  it('of the session move it for good', () => {
    const allowed = { route: null, residency: ['eu'] };
    expect(ask({ pin: pinTo('ap'), allowed })).toMatchObject({ because: 'redispatched', pinKept: null });
  });
});

describe('a split', () => {
  const next = originOf('next', { region: 'eu', place: eu.place });
  const canary = poolOf([next], { id: 'canary' });
  const split = (share: number, pools: Partial<Record<'app' | 'canary', Pool>> = {}) => ({
    branches: [
      { pool: pools.app ?? app, share: 100 - share },
      { pool: pools.canary ?? canary, share },
    ],
  });
  const keys = clientKeys(5_000);
  const canaryKey = keys.find((clientKey) => ids(ask({ ...split(10), clientKey }))[0] === 'next') as string;
  const appKey = keys.find((clientKey) => ids(ask({ ...split(10), clientKey }))[0] === 'eu') as string;

  it('places new clients by their key, each side its share', () => {
    const sent = keys.filter((clientKey) => ids(ask({ ...split(10), clientKey }))[0] === 'next');
    expect(Math.abs(sent.length / keys.length - 0.1)).toBeLessThan(0.02);
    expect(because(ask({ ...split(10), clientKey: canaryKey }))).toBe('split');
  });

  it('keeps a pinned client on its side, whatever its key says now', () => {
    const pin = pinTo('next', { pool: 'canary', branch: 'canary' });
    expect(ask({ ...split(10), clientKey: appKey, pin })).toMatchObject({
      because: 'pinned',
      pinKept: { branch: 'canary' },
    });
    const other = pinTo('ap', { branch: 'app' });
    expect(ids(ask({ ...split(90), clientKey: canaryKey, pin: other }))[0]).toBe('ap');
  });

  it('keeps its share among clients that came by a route without a split first', () => {
    const sent = keys.filter((clientKey) => ids(ask({ ...split(10), clientKey, pin: pinTo('ap') }))[0] === 'next');
    expect(Math.abs(sent.length / keys.length - 0.1)).toBeLessThan(0.02);
  });

  it('leaves such a client at its origin when its side is that pool, and has the pin remember the side', () => {
    const placement = ask({ ...split(10), clientKey: appKey, pin: pinTo('ap') });
    expect(placement).toMatchObject({ because: 'pinned', pinKept: null });
    expect(placement.kind === 'placed' && placement.candidates[0]).toMatchObject({
      branch: 'app',
      origin: { id: 'ap' },
    });
  });

  it('takes a client back to its side after a visit to a route without a split', () => {
    const pin = pinTo('ap', { branch: 'canary' });
    expect(ids(ask({ ...split(10), clientKey: appKey, pin }))[0]).toBe('next');
    expect(because(ask({ clientKey: appKey, pin }))).toBe('pinned');
  });

  it('that is closed sends its clients away', () => {
    const pin = pinTo('next', { pool: 'canary', branch: 'canary' });
    expect(ask({ ...split(0), pin })).toMatchObject({ because: 'drained', pinKept: null });
    expect(ids(ask({ ...split(0), pin }))[0]).toBe('eu');
  });

  it('fails over inside a side first, then to the other', () => {
    const two = poolOf([next, originOf('next2')], { id: 'canary' });
    const placement = ask({ ...split(10, { canary: two }), clientKey: canaryKey });
    expect(ids(placement)).toEqual(['next', 'next2', 'eu']);
  });

  it('spills to the other when it has nobody left', () => {
    const placement = ask({ ...split(10), clientKey: canaryKey, status: ejected('next') });
    expect(placement).toMatchObject({ because: 'redispatched' });
    expect(ids(placement)).toEqual(['eu', 'us', 'ap']);
    const pin = pinTo('next', { pool: 'canary', branch: 'canary' });
    expect(ask({ ...split(10), pin, status: ejected('next') })).toMatchObject({
      because: 'redispatched',
      pinKept: null,
    });
  });

  it('takes origins of the same id in both pools for two', () => {
    const twins = split(50, { canary: poolOf([eu], { id: 'canary' }), app: poolOf([eu]) });
    const placement = ask({ ...twins, pin: pinTo('eu', { pool: 'canary', branch: 'canary' }) });
    expect(placement.kind === 'placed' && placement.candidates.map(({ branch }) => branch)).toEqual(['canary', 'app']);
  });
});

describe('whatever is asked', () => {
  const regions = ['eu', 'us', 'ap'];
  const origin = fc.record({
    region: fc.constantFrom(...regions),
    weight: fc.constantFrom(0, 0.5, 1, 3),
    state: fc.constantFrom('active' as const, 'draining' as const, 'off' as const),
    ejected: fc.boolean(),
    shed: fc.constantFrom(0, 0.5, 1),
  });
  const world = fc.record({
    origins: fc.array(origin, { maxLength: 8 }),
    clientKey: fc.string(),
    place: fc.constantFrom(null, berlin, osaka),
    route: fc.option(fc.subarray(regions), { nil: null }),
    residency: fc.option(fc.subarray(regions), { nil: null }),
    pinned: fc.nat({ max: 9 }),
    onFailure: fc.constantFrom('repin' as const, 'return' as const, 'refuse' as const, 'none' as const),
  });

  it('candidates are distinct, allowed and serving, and asking again answers the same', () => {
    fc.assert(
      fc.property(world, ({ origins, clientKey, place, route, residency, pinned, onFailure }) => {
        const pool = poolOf(
          origins.map(({ region, weight, state }, i) => originOf(`o${i}`, { region, weight, state })),
          { affinity: affinityOf({ onFailure }) },
        );
        const status = Object.fromEntries(
          origins.map(({ ejected: out, shed }, i) => [`o${i}`, { ejected: out, shed }]),
        );
        const question = { pool, status, clientKey, place, allowed: { route, residency }, pin: pinTo(`o${pinned}`) };
        const placement = ask(question);
        expect(ask(question)).toEqual(placement);
        if (placement.kind === 'none') return;
        const list = placement.candidates.map((candidate) => candidate.origin);
        expect(new Set(list).size).toBe(list.length);
        expect(placement.next).toBe(list[1]?.id ?? null);
        for (const [i, { region, state, weight, id }] of list.entries()) {
          expect(route?.includes(region) ?? true).toBe(true);
          expect(residency?.includes(region) ?? true).toBe(true);
          const isHome = i === 0 && id === `o${pinned}`;
          expect(state === 'active' && weight > 0 ? true : isHome && state !== 'off').toBe(true);
        }
      }),
      { numRuns: 2_000, seed: 42 },
    );
  });
});
