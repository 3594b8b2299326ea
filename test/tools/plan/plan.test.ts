import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AffinityBy, Origin, Pool, Route } from '../../../shared/config/settings.ts';
import type { GeoPoint } from '../../../shared/platform.ts';
import {
  applyControl,
  type ControlDocument,
  controlOf,
  emptyDocument,
} from '../../../shared/routing/control/control.ts';
import type { PinReading } from '../../../shared/routing/pins/pin.ts';
import { choose } from '../../../shared/routing/placement/choose.ts';
import type { Placement } from '../../../shared/routing/placement/types.ts';
import type { Change } from '../../../tools/plan/change.ts';
import { planOf, type RouteChange } from '../../../tools/plan/plan.ts';
import type { State } from '../../../tools/plan/side.ts';
import type { Flow } from '../../../tools/plan/tally.ts';
import { affinityOf, ap, berlin, clientKeys, eu, noon, originOf, osaka, poolOf, us } from '../../support/pools.ts';

type Target = Route['target']['branches'];
const routeTo = (branches: Target, more: Partial<Route> = {}): Route =>
  ({
    number: 1,
    path: '/*',
    host: null,
    methods: null,
    regions: null,
    target: { branches: branches },
    ...more,
  }) as Route;

const stateOf = (
  pools: readonly Pool[],
  more: { branches?: Target; document?: ControlDocument; regions?: string[] } = {},
): State => ({
  pools: new Map(pools.map((pool) => [pool.id, pool])),
  routes: [routeTo(more.branches ?? [{ pool: 'app', share: 1 }], { regions: more.regions ?? null })],
  document: more.document ?? emptyDocument,
});
const saying = (origins: ControlDocument['origins']): ControlDocument => ({ revision: 1, origins });

const nowhere = [{ place: null, share: 1 }];
const change = (
  before: State,
  after: State,
  places: { place: GeoPoint | null; share: number }[] = nowhere,
): RouteChange => planOf(before, after, { now: noon, places }).changes[0] as RouteChange;
const movesOf = (flow: Flow | undefined | null) =>
  Object.fromEntries(flow?.moves.map(({ from, to, share }) => [`${from} > ${to}`, Number(share.toFixed(6))]) ?? []);
const with_ = (pool: Pool, id: string, more: Partial<Origin>): Pool => ({
  ...pool,
  origins: pool.origins.map((origin) => (origin.id === id ? { ...origin, ...more } : origin)),
});

const abc = poolOf([originOf('a'), originOf('b'), originOf('c', { weight: 2 })]);

describe('a plan says where clients without a pin go', () => {
  it('when an origin leaves: its own, to the others by weight', () => {
    const after = poolOf([originOf('a'), originOf('c', { weight: 2 })]);
    const { keyed, accuracy } = change(stateOf([abc]), stateOf([after]));
    expect(accuracy).toEqual({ kind: 'exact' });
    expect(keyed.before).toEqual([
      { at: 'app/a', share: expect.closeTo(0.25, 12) },
      { at: 'app/b', share: expect.closeTo(0.25, 12) },
      { at: 'app/c', share: expect.closeTo(0.5, 12) },
    ]);
    expect(movesOf(keyed)).toEqual({ 'app/b > app/c': 0.166667, 'app/b > app/a': 0.083333 });
    expect(keyed.moved).toBeCloseTo(0.25, 12);
  });

  it('when nothing that matters changes: nowhere', () => {
    const other = { ...abc, timeoutMs: 1, origins: [...abc.origins].reverse() };
    expect(change(stateOf([abc]), stateOf([other])).keyed.moved).toBe(0);
  });

  it('by where they are, when regions count', () => {
    const app = poolOf([eu, us, ap]);
    const places = [
      { place: berlin, share: 3 },
      { place: osaka, share: 1 },
    ];
    const { keyed } = change(stateOf([app]), stateOf([with_(app, 'ap', { state: 'draining' })]), places);
    expect(keyed.before).toEqual([
      { at: 'app/ap', share: 0.25 },
      { at: 'app/eu', share: 0.75 },
    ]);
    expect(movesOf(keyed)).toEqual({ 'app/ap > app/eu': 0.25 });
  });

  it('by as many near each region, when nobody says where they are', () => {
    const app = poolOf([eu, us, ap]);
    const plan = planOf(stateOf([app]), stateOf([with_(app, 'ap', { weight: 0 })]), { now: noon });
    expect(plan.places).toBe('near-every-region');
    expect(plan.changes[0]?.keyed.before.map(({ share }) => share)).toEqual([1 / 3, 1 / 3, 1 / 3]);
    expect(planOf(stateOf([app]), stateOf([app]), { now: noon, places: nowhere }).places).toBe('given');
  });

  it('to the other side of a split, no more than must', () => {
    const canary = poolOf([originOf('next')], { id: 'canary' });
    const branches = (share: number): Target => [
      { pool: 'app', share: 100 - share },
      { pool: 'canary', share },
    ];
    const { keyed } = change(
      stateOf([abc, canary], { branches: branches(10) }),
      stateOf([abc, canary], { branches: branches(20) }),
    );
    expect(keyed.moved).toBeCloseTo(0.1, 12);
    expect(keyed.moves.every(({ to }) => to === 'canary/next')).toBe(true);
  });

  it('to an error, where nobody is left', () => {
    const off = poolOf([originOf('a', { state: 'off' })]);
    const { keyed, pinned } = change(stateOf([poolOf([originOf('a')])]), stateOf([off]));
    expect(movesOf(keyed)).toEqual({ 'app/a > null': 1 });
    expect(pinned?.moves).toEqual([{ from: 'app/a', to: null, share: 1, because: 'drained' }]);
    expect(movesOf(change(stateOf([off]), stateOf([abc])).keyed)).toEqual({
      'null > app/a': 0.25,
      'null > app/b': 0.25,
      'null > app/c': 0.5,
    });
  });
});

describe('a plan says that pinned clients', () => {
  it('stay when weights change and origins join', () => {
    const after = poolOf([originOf('a', { weight: 9 }), originOf('b'), originOf('c'), originOf('d')]);
    const { keyed, pinned } = change(stateOf([abc]), stateOf([after]));
    expect(keyed.moved).toBeGreaterThan(0.4);
    expect(pinned).toMatchObject({ moved: 0, pinsCount: true });
  });

  it('stay at an origin that begins to drain, and leave when it is over', () => {
    const drained = (drainBy: number | null) =>
      change(stateOf([abc]), stateOf([with_(abc, 'b', { state: 'draining', drainBy })]));
    expect(drained(null).pinned?.moved).toBe(0);
    expect(drained(noon + 1).pinned?.moved).toBe(0);
    expect(drained(noon).pinned?.moved).toBeCloseTo(0.25, 12);
    expect(drained(noon).pinned?.moves[0]).toMatchObject({ from: 'app/b', to: 'app/c', because: 'drained' });
    expect(drained(null).keyed.moved).toBeCloseTo(0.25, 12);
  });

  it('leave by the slice that is shed, and by no more than the difference when it grows', () => {
    const shedding = (shed: number) => stateOf([abc], { document: saying({ 'app/b': { shed } }) });
    const { pinned } = change(stateOf([abc]), shedding(0.4));
    expect(pinned?.moved).toBeCloseTo(0.1, 12);
    expect(pinned?.moves[0]?.because).toBe('shed');
    expect(change(shedding(0.4), shedding(0.6)).pinned?.moved).toBeCloseTo(0.05, 12);
    expect(change(shedding(0.4), stateOf([abc])).pinned?.moved).toBe(0);
  });

  it('go home no more when their pins are not read, and are placed like new ones', () => {
    const by: AffinityBy = { kind: 'origin-cookie', name: 'JSESSIONID' };
    const after = poolOf([originOf('a'), originOf('b'), originOf('d')], { affinity: affinityOf({ by }) });
    const { keyed, pinned } = change(stateOf([abc]), stateOf([after]));
    expect(pinned).toEqual({ ...keyed, pinsCount: false, leftovers: [] });
  });

  it('are none where the key alone decides', () => {
    const byIp = { ...abc, affinity: affinityOf({ by: { kind: 'ip', ipv4Prefix: 24, ipv6Prefix: 56 } }) };
    expect(change(stateOf([byIp]), stateOf([byIp])).pinned).toBe(null);
  });

  it('stay on their side of a split until it is closed', () => {
    const canary = poolOf([originOf('next')], { id: 'canary' });
    const branches = (share: number): Target => [
      { pool: 'app', share: 100 - share },
      { pool: 'canary', share },
    ];
    const at = (share: number) => stateOf([abc, canary], { branches: branches(share) });
    expect(change(at(10), at(50)).pinned?.moved).toBe(0);
    const closed = change(at(10), at(0)).pinned;
    expect(closed?.moved).toBeCloseTo(0.1, 12);
    expect(closed?.moves[0]).toMatchObject({ from: 'canary/next', to: 'app/c', because: 'drained' });
    const added = change(stateOf([abc, canary]), at(10)).pinned;
    expect(added?.moved).toBeCloseTo(0.1, 12);
    expect(added?.moves.map(({ to, because }) => `${to} ${because}`)).toEqual(Array(3).fill('canary/next split'));
  });

  it('may still be at origins that get nobody new, and says where those go', () => {
    const before = with_(with_(abc, 'b', { weight: 0 }), 'a', { state: 'draining' });
    const after = poolOf([originOf('c', { weight: 2 }), originOf('d')]);
    const { pinned } = change(stateOf([before]), stateOf([after]));
    expect(pinned?.moved).toBe(0);
    expect(pinned?.leftovers.map(({ from, flow }) => [from, movesOf(flow)])).toEqual([
      ['app/a', { 'app/a > app/c': 0.666667, 'app/a > app/d': 0.333333 }],
      ['app/b', { 'app/b > app/c': 0.666667, 'app/b > app/d': 0.333333 }],
    ]);
    expect(pinned?.leftovers[0]?.flow.moves[0]?.because).toBe('unknown');
  });

  it('leave a region that the route may not use any more', () => {
    const app = poolOf([eu, us]);
    const { pinned } = change(stateOf([app]), stateOf([app], { regions: ['us'] }));
    expect(pinned?.moves).toEqual([{ from: 'app/eu', to: 'app/us', share: 0.5, because: 'redispatched' }]);
  });
});

describe('a plan of routes', () => {
  it('puts those together that meet the same, and names those that one side alone has', () => {
    const state = (routes: Route[]): State => ({ ...stateOf([abc]), routes });
    const branches = [{ pool: 'app', share: 1 }];
    const before = state([
      routeTo(branches, { path: '/login', methods: ['POST'] }),
      routeTo(branches, { path: '/old/*' }),
      routeTo(branches, { regions: ['a'], path: '/a/*', host: 'shop.example' }),
      routeTo(branches),
    ]);
    const after = state([
      routeTo(branches, { path: '/login', methods: ['POST'] }),
      routeTo(branches, { regions: ['a'], path: '/a/*', host: 'shop.example' }),
      routeTo(branches, { path: '/new/*' }),
      routeTo(branches),
    ]);
    const { changes, added, removed } = planOf(before, after, { now: noon, places: nowhere });
    expect(changes.map(({ routes }) => routes)).toEqual([['POST /login', '/*'], ['shop.example/a/*']]);
    expect([added, removed]).toEqual([['/new/*'], ['/old/*']]);
  });

  it('is refused for clients that are nowhere', () => {
    for (const share of [0, -1, Number.NaN, Number.POSITIVE_INFINITY])
      expect(() => change(stateOf([abc]), stateOf([abc]), [{ place: null, share }])).toThrow(RangeError);
  });
});

/** The same question put to `choose`, key by key. */
function counted(
  before: State,
  after: State,
  places: readonly { place: GeoPoint | null; share: number }[],
  count: number,
) {
  const ask = (state: State, clientKey: string, place: GeoPoint | null, pin: PinReading): Placement => {
    const pools = applyControl(state.pools, state.document);
    const { target, regions } = state.routes[0] as Route;
    return choose({
      branches: branchesOf(pools, target.branches),
      clientKey,
      place,
      pin,
      allowed: { route: regions, residency: null },
      originStatus: ({ id }, origin) => ({ ejected: false, shed: controlOf(state.document, id, origin.id).shed ?? 0 }),
      now: noon,
    });
  };
  const keyed: Record<string, number> = {};
  const pinned: Record<string, number> = {};
  const all = places.reduce((sum, { share }) => sum + share, 0);
  // Each client in one of the places.
  const keys = clientKeys(count);
  let counted = 0;
  for (const { place, share } of places) {
    const here = keys.slice(counted, counted + Math.round((count * share) / all));
    counted += here.length;
    for (const key of here) {
      const first = ask(before, key, place, { kind: 'none' });
      const way = (to: Placement) => `${at(first)} > ${at(to)}`;
      const anew = way(ask(after, key, place, { kind: 'none' }));
      const back = way(ask(after, key, place, pinTo(first)));
      keyed[anew] = (keyed[anew] ?? 0) + 1 / count;
      pinned[back] = (pinned[back] ?? 0) + 1 / count;
    }
  }
  return { keyed, pinned };
}

const branchesOf = (pools: ReadonlyMap<string, Pool>, branches: Target) =>
  branches.map(({ pool, share }) => ({ pool: pools.get(pool) as Pool, share }));

const at = (placement: Placement): string =>
  placement.kind === 'none' ? 'null' : `${placement.candidates[0].pool.id}/${placement.candidates[0].origin.id}`;

function pinTo(placement: Placement): PinReading {
  if (placement.kind === 'none') return { kind: 'none' };
  const [{ pool, origin, branch }] = placement.candidates;
  const times = { issuedAt: noon, idleEndsAt: null, absoluteEndsAt: noon + 1 };
  const pin = { pool: pool.id, origin: origin.id, branch, epoch: 1, ...times, revision: 'r', controlRevision: 0 };
  return { kind: 'valid', stale: false, pin };
}

/** Every share, of those who stay too, as near as counting so many can tell. */
function agree({ keyed, pinned }: Change, found: ReturnType<typeof counted>, count: number, slack = 0): void {
  for (const [flow, counts] of [
    [keyed, found.keyed],
    [pinned, found.pinned],
  ] as const) {
    if (!flow) continue;
    const told = new Map(flow.before.map(({ at, share }) => [`${at} > ${at}`, share]));
    for (const { from, to, share } of flow.moves) {
      told.set(`${from} > ${from}`, (told.get(`${from} > ${from}`) ?? 0) - share);
      told.set(`${from} > ${to}`, (told.get(`${from} > ${to}`) ?? 0) + share);
    }
    for (const way of new Set([...told.keys(), ...Object.keys(counts)])) {
      const share = Math.min(1, Math.max(0, told.get(way) ?? 0));
      const within = 5 * Math.sqrt((share * (1 - share)) / count) + 12 / count + slack;
      // What cannot happen never happens.
      if (share < 1e-9 && slack === 0) expect(counts[way] ?? 0, way).toBe(0);
      expect(Math.abs((counts[way] ?? 0) - share), `${way}: ${counts[way]} and not ${share}`).toBeLessThan(within);
    }
    const after = flow.after.reduce((sum, { share }) => sum + share, 0);
    expect(after).toBeCloseTo(1, 9);
  }
}

describe('a plan is what happens', () => {
  const places = [
    { place: berlin, share: 2 },
    { place: osaka, share: 1 },
    { place: null, share: 1 },
  ];
  const eu2 = originOf('eu2', { region: 'eu', place: eu.place, weight: 3 });
  const app = poolOf([eu, eu2, us, ap]);
  const canary = poolOf([originOf('next', { region: 'eu', place: eu.place }), ap], { id: 'canary', steer: 'weighted' });
  const split = (a: number, b: number): Target => [
    { pool: 'app', share: a },
    { pool: 'canary', share: b },
  ];
  const count = 100_000;

  it.each<[string, State, State]>([
    ['an origin leaves its region', stateOf([app]), stateOf([poolOf([eu, us, ap])])],
    ['a region is given up', stateOf([app]), stateOf([poolOf([eu, eu2, ap])])],
    [
      'weights are turned round and one joins',
      stateOf([app]),
      stateOf([
        poolOf([{ ...eu, weight: 5 }, { ...eu2, weight: 1 }, us, ap, originOf('eu3', { region: 'eu', weight: 2 })]),
      ]),
    ],
    [
      'two shed, and then more',
      stateOf([app], { document: saying({ 'app/eu': { shed: 0.3 } }) }),
      stateOf([app], { document: saying({ 'app/eu': { shed: 0.5 }, 'app/eu2': { shed: 0.7 } }) }),
    ],
    [
      'a split is moved and a side loses an origin',
      stateOf([app, canary], { branches: split(90, 10) }),
      stateOf([with_(app, 'eu2', { state: 'off' }), canary], { branches: split(70, 30) }),
    ],
    ['a split is added', stateOf([app, canary]), stateOf([app, canary], { branches: split(80, 20) })],
    [
      'a pool is replaced by one with origins of the same names',
      stateOf([app]),
      stateOf([app, { ...app, id: 'canary' }], { branches: [{ pool: 'canary', share: 1 }] }),
    ],
    [
      'one side of a split can serve nobody new',
      stateOf([app, canary]),
      stateOf([poolOf(app.origins.map((origin) => ({ ...origin, state: 'draining' }))), canary], {
        branches: split(60, 40),
      }),
    ],
  ])('for a hundred thousand keys, when %s', (_, before, after) => {
    agree(change(before, after, places), counted(before, after, places, count), count);
  });

  const origin = fc.record({
    id: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
    region: fc.constantFrom('eu', 'us', 'ap'),
    weight: fc.constantFrom(0, 0.5, 1, 1, 2, 7),
    state: fc.constantFrom<Origin['state']>('active', 'active', 'active', 'draining', 'off'),
    drainBy: fc.constantFrom(null, noon - 1, noon + 1),
    shed: fc.constantFrom(0, 0, 0, 0.25, 0.5, 1),
  });
  const at = { eu: eu.place, us: us.place, ap: ap.place };
  const pool = fc.record({
    origins: fc.uniqueArray(origin, { minLength: 1, maxLength: 5, selector: ({ id }) => id }),
    steer: fc.constantFrom<Pool['steer']>('nearest', 'weighted'),
  });
  const state = fc
    .record({
      app: pool,
      canary: pool,
      branches: fc.constantFrom<Target>([{ pool: 'app', share: 1 }], split(90, 10), split(50, 50), split(1, 0)),
      regions: fc.constantFrom(null, null, null, ['eu', 'us']),
    })
    .map(({ app, canary, branches, regions }) => {
      const made = ([id, { origins, steer }]: [string, typeof app]) =>
        poolOf(
          origins.map(({ shed: _, ...given }) => originOf(given.id, { ...given, place: at[given.region] })),
          { id, steer },
        );
      const pools = Object.entries({ app, canary });
      const said = pools.flatMap(([id, { origins }]) =>
        origins.map((each) => [`${id}/${each.id}`, { shed: each.shed }]),
      );
      return {
        ...stateOf(pools.map(made), { branches, document: saying(Object.fromEntries(said)) }),
        routes: [routeTo(branches, { regions })],
      };
    });

  it('whatever the two states are', () => {
    fc.assert(
      fc.property(state, state, (before, after) => {
        const told = change(before, after, places);
        agree(
          told,
          counted(before, after, places, 3_000),
          3_000,
          told.accuracy.kind === 'sampled' ? told.accuracy.within : 0,
        );
      }),
      { numRuns: 60 },
    );
  });

  it('and says by how much it may be off, where so many origins shed that it is sampled', () => {
    const many = poolOf(Array.from({ length: 9 }, (_, i) => originOf(`o${i}`)));
    const document = saying(
      Object.fromEntries(many.origins.map(({ id }, i) => [`app/${id}`, { shed: 0.05 * (i + 1) }])),
    );
    const after = {
      ...stateOf([with_(many, 'o0', { weight: 0 })], {
        document: saying({ ...document.origins, 'app/o1': { shed: 0.9 } }),
      }),
    };
    const told = change(stateOf([many], { document }), after);
    expect(told.accuracy).toEqual({ kind: 'sampled', keys: 50_000, within: expect.closeTo(0.0087, 4) });
    agree(told, counted(stateOf([many], { document }), after, nowhere, 20_000), 20_000, 0.0088);
    expect(told.pinned?.moved).toBeGreaterThan(0.05);
  });
});
