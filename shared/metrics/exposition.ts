/** The counts as Prometheus text (text exposition format 0.0.4). Pure. */
import type { Pool } from '../config/settings.ts';
import { estimateClients } from './clients.ts';
import type { Total } from './flush.ts';
import { durationBoundsMs, type Family, type FamilyName, families, histograms, readSeriesKey } from './series.ts';
import type { Tally } from './tally.ts';

/** The state of one origin now, for the gauges. */
export interface OriginNow {
  readonly pool: Pool['id'];
  readonly origin: string;
  readonly region: string;
  readonly state: 'active' | 'draining' | 'off';
  readonly weight: number;
  readonly shed: number;
  readonly isProbedDown: boolean;
}

export interface Exposed {
  readonly total: Total;
  readonly origins: readonly OriginNow[];
  /** The labels of `berth_info`. */
  readonly info: Readonly<Record<string, string>>;
}

export const contentType = 'text/plain; version=0.0.4; charset=utf-8';

export function expose({ total: { tally, of }, origins, info }: Exposed): string {
  const lines: string[] = [];
  if (of === 'process') lines.push('# Counts of this process alone: no authority is bound that could add them up.');
  const family = ({ name, help }: Family, type: 'counter' | 'gauge' | 'histogram') =>
    lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
  const sample = (name: string, labels: Readonly<Record<string, string>>, value: number) =>
    lines.push(`${name}${labelled(labels)} ${value}`);
  const gauge = (name: string, help: string) => family({ name, help, labels: [] }, 'gauge');

  gauge('berth_info', 'This gateway.');
  sample('berth_info', info, 1);

  for (const name of Object.keys(families) as FamilyName[]) {
    if (histograms.some(({ buckets, sum }) => name === buckets || name === sum)) continue;
    family(families[name], 'counter');
    for (const { labels, count } of seriesOf(tally, name)) sample(families[name].name, labels, count);
  }
  for (const { buckets, sum } of histograms) {
    const { name } = families[buckets];
    family(families[buckets], 'histogram');
    for (const { labels, counts, sumMs } of histogramsOf(tally, buckets, sum)) {
      for (const [le, count] of counts) sample(`${name}_bucket`, { ...labels, le }, count);
      sample(`${name}_sum`, labels, sumMs / 1_000);
      sample(`${name}_count`, labels, counts.at(-1)?.[1] ?? 0);
    }
  }

  const clientsHelp =
    'Different clients served under a revision, right to about 3 %: by session, without one by network.';
  gauge('berth_clients', clientsHelp);
  for (const [revision, { clients }] of tally.revisions)
    sample('berth_clients', { revision }, estimateClients(clients));
  const rateHelp =
    'Pins moved though they were good (the involuntary ones of berth_moves_total), per 1,000 of berth_clients.';
  gauge('berth_involuntary_moves_per_1000_sessions', rateHelp);
  for (const [revision, rate] of involuntaryPer1000(tally)) {
    sample('berth_involuntary_moves_per_1000_sessions', { revision }, rate);
  }

  gauge('berth_origin_state', 'How an origin stands by file and control document: 1 for the one state it is in.');
  for (const { pool, origin, state } of origins) sample('berth_origin_state', { pool, origin, state }, 1);
  gauge('berth_origin_weight', 'Its weight among those of its region.');
  for (const { pool, origin, weight } of origins) sample('berth_origin_weight', { pool, origin }, weight);
  gauge('berth_origin_shed', 'The slice of its clients, from 0 to 1, that it is told to send away.');
  for (const { pool, origin, shed } of origins) sample('berth_origin_shed', { pool, origin }, shed);
  gauge('berth_origin_up', '1 unless probes have found it down.');
  for (const { pool, origin, isProbedDown } of origins) {
    sample('berth_origin_up', { pool, origin }, isProbedDown ? 0 : 1);
  }
  return `${lines.join('\n')}\n`;
}

/** The series of one family, sorted by key. */
export function seriesOf(
  { counts }: Tally,
  wanted: FamilyName,
): readonly { readonly labels: Readonly<Record<string, string>>; readonly count: number }[] {
  const { labels } = families[wanted];
  return [...counts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([key, count]) => {
      const read = readSeriesKey(key);
      if (read?.family !== wanted) return [];
      return [{ labels: Object.fromEntries(labels.map((label, i) => [label, read.values[i] as string])), count }];
    });
}

/** By revision. A revision without clients is left out. */
export function involuntaryPer1000(tally: Tally): ReadonlyMap<string, number> {
  const moves = seriesOf(tally, 'moves').filter(({ labels }) => labels.kind === 'involuntary');
  return new Map(
    [...tally.revisions].flatMap(([revision, { clients }]) => {
      const seen = estimateClients(clients);
      const moved = moves.reduce((sum, { labels, count }) => sum + (labels.revision === revision ? count : 0), 0);
      return seen === 0 ? [] : [[revision, (moved * 1_000) / seen] as const];
    }),
  );
}

interface Histogram {
  /** Without `le`. */
  readonly labels: Readonly<Record<string, string>>;
  readonly counts: readonly (readonly [le: string, cumulative: number])[];
  readonly sumMs: number;
}

/** One for each set of labels. A histogram without labels is there from the start. */
export function histogramsOf(tally: Tally, buckets: FamilyName, sum: FamilyName): readonly Histogram[] {
  const byLabels = new Map<string, { labels: Readonly<Record<string, string>>; byBucket: Map<string, number> }>();
  if (families[sum].labels.length === 0) byLabels.set(labelled({}), { labels: {}, byBucket: new Map() });
  for (const { labels: all, count } of seriesOf(tally, buckets)) {
    const { le = '', ...labels } = all;
    const found = byLabels.get(labelled(labels)) ?? { labels, byBucket: new Map() };
    found.byBucket.set(le, count);
    byLabels.set(labelled(labels), found);
  }
  const sums = new Map(seriesOf(tally, sum).map(({ labels, count }) => [labelled(labels), count]));
  return [...byLabels].map(([key, { labels, byBucket }]) => ({
    labels,
    counts: cumulative(byBucket),
    sumMs: sums.get(key) ?? 0,
  }));
}

function cumulative(byBucket: ReadonlyMap<string, number>): Histogram['counts'] {
  let sum = 0;
  return [...durationBoundsMs.map((ms) => String(ms / 1_000)), '+Inf'].map((le) => {
    sum += byBucket.get(le) ?? 0;
    return [le, sum] as const;
  });
}

function labelled(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${value.replace(/[\\"\n]/g, escaped)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

const escaped = (sign: string): string => (sign === '\n' ? '\\n' : `\\${sign}`);
