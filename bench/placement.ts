/** The cost of one placement, by the number of origins. `npx node bench/placement.ts` runs it alone. */
import type { Origin, Pool } from '../shared/config/settings.ts';
import type { PinReading } from '../shared/routing/pins/pin.ts';
import { choose } from '../shared/routing/placement/choose.ts';
import { hash } from '../shared/routing/placement/hash.ts';
import { preparePool } from '../shared/routing/placement/prepared-pool.ts';
import { rank } from '../shared/routing/placement/rendezvous.ts';
import type { Question } from '../shared/routing/placement/types.ts';
import { printTable, type Row } from './table.ts';

const rounds = 7;
const placements = 100_000;
/** The limit for a placement among 10 origins. */
const barMicros = 2;
const regions = [
  ['eu', 50, 10],
  ['us', 39, -77],
  ['ap', 35, 139],
  ['sa', -23, -46],
  ['af', -34, 18],
] as const;

function poolOf(count: number): Pool {
  const origins = Array.from({ length: count }, (_, i): Origin => {
    const [region, latitude, longitude] = regions[i % regions.length] as (typeof regions)[number];
    const place = { latitude, longitude };
    return { id: `o${i}`, url: 'http://o', region, place, weight: 1, state: 'active', drainBy: null };
  });
  return {
    id: 'app',
    origins,
    steer: 'nearest',
    affinity: {
      by: { kind: 'header', name: 'pin', value: 'pin' },
      absoluteMs: 86_400_000,
      idleMs: null,
      onFailure: 'repin',
      first: 'network',
    },
    health: {
      failures: 3,
      ejectForMs: 10_000,
      maxEjected: 0.5,
      slowStartMs: 0,
      probe: { path: '/', timeoutMs: 1, up: 1, down: 1 },
    },
    retry: { attempts: 2, statuses: [], maxBodyBytes: 0 },
    timeoutMs: 1,
    host: 'origin',
    commands: null,
    sockets: 'pass',
  };
}

/** The median of several rounds, so that single disturbed rounds do not count. */
function microseconds(once: (key: string) => unknown): number {
  const keys = Array.from({ length: placements }, (_, i) => `f4m1lyOfTwentyTwoChr${i}`);
  let sink = 0;
  const times = Array.from({ length: rounds }, () => {
    const start = performance.now();
    for (const key of keys) if (once(key)) sink++;
    return ((performance.now() - start) * 1000) / placements;
  }).sort((a, b) => a - b);
  if (sink !== rounds * placements) throw new Error('a placement found nothing');
  return times[Math.floor(rounds / 2)] as number;
}

const well = { ejected: false };
const healthy = () => well;
const berlin = { latitude: 52.5, longitude: 13.4 };

interface Cost {
  readonly origins: number;
  readonly ranking: number;
  readonly nearest: number;
  readonly pinned: number;
  readonly placeless: number;
}

/** Microseconds of each kind of placement. */
function costAt(count: number): Cost {
  const pool = poolOf(count);
  const { origins } = preparePool(pool);
  const question: Question = {
    branches: [{ pool, share: 1 }],
    clientKey: '',
    place: berlin,
    pin: { kind: 'none' },
    allowed: { route: null, residency: null },
    originStatus: healthy,
    now: 0,
  };
  const pin: PinReading = {
    kind: 'valid',
    stale: false,
    pin: {
      pool: 'app',
      branch: null,
      origin: 'o1',
      epoch: 1,
      issuedAt: 0,
      idleEndsAt: null,
      absoluteEndsAt: 1,
      revision: 'r',
      controlRevision: 0,
    },
  };
  return {
    origins: count,
    ranking: microseconds((key) => rank(hash(key), origins, (entry) => entry.origin.weight, 3).length),
    nearest: microseconds((clientKey) => choose({ ...question, clientKey }).kind === 'placed'),
    pinned: microseconds((clientKey) => choose({ ...question, clientKey, pin }).kind === 'placed'),
    placeless: microseconds((clientKey) => choose({ ...question, clientKey, place: null }).kind === 'placed'),
  };
}

/** The most expensive kind at 10 origins against its limit, and the growth from 2 origins to 200. */
export function placement(): readonly Row[] {
  const costs = [2, 10, 200].map(costAt);
  const [few, some, many] = costs as [Cost, Cost, Cost];
  const dearest = ({ ranking, nearest, pinned, placeless }: Cost) => Math.max(ranking, nearest, pinned, placeless);
  const lines = costs.map(
    ({ origins, ranking, nearest, pinned, placeless }) =>
      `${origins} origins: nearest ${nearest.toFixed(2)}, pinned ${pinned.toFixed(2)}, without a place ${placeless.toFixed(2)}, ranking alone ${ranking.toFixed(2)} µs`,
  );
  return [
    {
      what: 'placement, 10 origins, the most expensive kind: µs / 2 µs',
      ratio: dearest(some) / barMicros,
      bar: '<= 1.0',
      detail: lines.join('; '),
    },
    {
      what: 'placement, pinned: 200 origins / 2 origins',
      ratio: many.pinned / few.pinned,
      bar: '',
      detail: `${(many.pinned - few.pinned).toFixed(1)} µs more of a request that takes a hundred times as long`,
    },
  ];
}

if (import.meta.main) printTable(placement());
