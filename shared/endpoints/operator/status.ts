/** The dashboard: the state of the origins, where clients went, and failures. One page without script; reload to update. */

import { escapeHtml, pageReply } from '../../http/page.ts';
import { estimateClients } from '../../metrics/clients.ts';
import { histogramsOf, involuntaryPer1000, type OriginNow, seriesOf } from '../../metrics/exposition.ts';
import type { Total } from '../../metrics/flush.ts';
import type { FamilyName } from '../../metrics/series.ts';
import { emptyTally, type Tally } from '../../metrics/tally.ts';
import { type Handler, timeOf } from '../endpoint.ts';
import { totalNow } from './metrics.ts';
import { admitOperator } from './operator.ts';
import { originsNow } from './origins-now.ts';

export const status: Handler = async (c, parts) => {
  const instead = await admitOperator(c, parts);
  if (instead) return instead;
  // Operators look during an outage, so the origins are shown even without the counts.
  const [total, origins] = await Promise.all([totalNow(c, parts).catch(() => null), originsNow(c, parts)]);
  const { tally } = total ?? { tally: emptyTally };
  const { revision } = parts.settings;
  return pageReply({
    status: 200,
    title: 'How Berth is doing',
    isWide: true,
    body: `<p class="soft">${scopeOf(total)}, as of ${timeOf(c.env.client.now)
      .replace('T', ' ')
      .replace(/\.\d+Z$/, ' UTC')}. Configuration <code>${escapeHtml(revision)}</code>.</p>
${[...parts.settings.pools.keys()].map((pool) => poolTable(pool, origins, tally)).join('')}
<h2>Clients and moves</h2>${revisionTable(tally, revision)}
${storeTable(tally)}<div class="columns"><section><h2>Why it went there</h2>${bars(tally, 'placements', 'because')}</section>
<section><h2>Answers</h2>${bars(tally, 'requests', 'status')}</section>
<section><h2>Sessions</h2>${bars(tally, 'requests', 'session')}</section>
<section><h2>Failures</h2>${bars(tally, 'failures', 'code')}</section></div>`,
  });
};

function scopeOf(total: Total | null): string {
  if (total === null) return 'The counts are out of reach; the origins are as this process last knew them';
  return total.of === 'process'
    ? 'Counts of this process alone (no authority is bound that could add them up)'
    : 'Counts of all of this deployment';
}

const number = (value: number): string => value.toLocaleString('en-US', { maximumFractionDigits: 1 });
/** On a narrow screen each row is a card, and each cell shows its column's name. */
const table = (
  kind: 'origins' | 'revisions' | 'store',
  head: readonly string[],
  rows: readonly (readonly string[])[],
): string =>
  `<table class="${kind}"><thead><tr>${head.map((name) => `<th scope="col">${name}</th>`).join('')}</tr></thead><tbody>${rows
    .map((values) => `<tr>${values.map((value, i) => `<td data-name="${head[i]}">${value}</td>`).join('')}</tr>`)
    .join('')}</tbody></table>`;

function poolTable(pool: string, origins: readonly OriginNow[], tally: Tally): string {
  const assigned = seriesOf(tally, 'assignments').filter(({ labels }) => labels.pool === pool);
  const sum = (origin: string, kind: string): number =>
    assigned.reduce(
      (total, { labels, count }) => total + (labels.origin === origin && labels.kind === kind ? count : 0),
      0,
    );
  const kinds = ['new', 'kept', 'moved', 'away', 'unpinned'] as const;
  const here = origins.filter((entry) => entry.pool === pool);
  const allNew = here.reduce((total, { origin }) => total + sum(origin, 'new'), 0);
  const rows = here.map(({ origin, region, state, weight, shed, isProbedDown }) => [
    `<strong>${escapeHtml(origin)}</strong>`,
    escapeHtml(region),
    `<span class="${isProbedDown ? 'off' : state}">${isProbedDown ? 'down' : state}</span>`,
    number(weight),
    shed === 0 ? '' : `${number(shed * 100)} %`,
    allNew === 0 ? '' : `${number((100 * sum(origin, 'new')) / allNew)} %`,
    ...kinds.map((kind) => number(sum(origin, kind))),
  ]);
  const standing = ['Origin', 'Region', 'State', 'Weight', 'Shed'];
  const head = [...standing, 'Of the new', 'New', 'Kept', 'Moved here', 'Away', 'Unpinned'];
  return `<h2>Pool ${escapeHtml(pool)}</h2>${table('origins', head, rows)}`;
}

function revisionTable(tally: Tally, current: string): string {
  const rates = involuntaryPer1000(tally);
  const rows = [...tally.revisions]
    .reverse()
    .map(([revision, { at, clients }]) => [
      `<span><code>${escapeHtml(revision)}</code>${revision === current ? ' <small>now</small>' : ''}</span>`,
      `≈ ${number(estimateClients(clients))}`,
      number(rates.get(revision) ?? 0),
      timeOf(at).replace('T', ' ').slice(0, 16),
    ]);
  if (rows.length === 0) return '<p class="soft">None so far.</p>';
  return table('revisions', ['Configuration', 'Clients', 'Involuntary moves per 1,000', 'Last seen'], rows);
}

/** Calls of the session store. Empty where none was counted: token sessions without a store have none. */
function storeTable(tally: Tally): string {
  const calls = new Map<string, Record<string, number>>();
  for (const { labels, count } of seriesOf(tally, 'storeRequests')) {
    const { operation = '', outcome = '' } = labels;
    calls.set(operation, { ...calls.get(operation), [outcome]: count });
  }
  if (calls.size === 0) return '';
  const times = new Map(
    histogramsOf(tally, 'storeDurations', 'storeDurationSum').map((times) => [times.labels.operation, times]),
  );
  const rows = [...calls].map(([operation, { ok = 0, failed = 0, skipped = 0 }]) => {
    const { counts = [], sumMs = 0 } = times.get(operation) ?? {};
    const most = counts.find(([, count]) => count >= 0.99 * (ok + failed))?.[0];
    return [
      `<code>${escapeHtml(operation)}</code>`,
      number(ok),
      number(failed),
      number(skipped),
      `${number(sumMs / Math.max(1, ok + failed))} ms`,
      most === undefined || most === '+Inf' ? 'over 25 s' : `${number(Number(most) * 1_000)} ms`,
    ];
  });
  const head = ['Operation', 'Answered', 'Failed', 'Not asked', 'Mean', '99 % within'];
  const store = seriesOf(tally, 'storeRequests')[0]?.labels.store ?? '';
  return `<h2>Store ${escapeHtml(store)}</h2>${table('store', head, rows)}\n`;
}

/** The counts of one metric by one of its labels, the largest first. */
function bars(tally: Tally, family: FamilyName, label: string): string {
  const sums = new Map<string, number>();
  for (const { labels, count } of seriesOf(tally, family)) {
    const value = labels[label] || 'not asked';
    sums.set(value, (sums.get(value) ?? 0) + count);
  }
  if (sums.size === 0) return '<p class="soft">None so far.</p>';
  const most = Math.max(...sums.values());
  const rows = [...sums]
    .sort(([, a], [, b]) => b - a)
    .map(
      ([value, count]) =>
        `<dt>${escapeHtml(value)}</dt><dd>${number(count)}<meter max="${most}" value="${count}"></meter></dd>`,
    );
  return `<dl>${rows.join('')}</dl>`;
}
