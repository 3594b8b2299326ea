/** A plan as text for people: the largest moves first, in percent. */
import type { Because } from '../../shared/routing/placement/types.ts';
import type { Plan, RouteChange } from './plan.ts';
import type { At, Flow, Move } from './tally.ts';

export function planText(plan: Plan): string {
  const blocks = [
    ...plan.changes.map((change) => textOf(change, plan.places)),
    ...listed('new', plan.added),
    ...listed('gone', plan.removed),
  ];
  return `${blocks.join('\n\n')}\n`;
}

function textOf({ routes, accuracy, keyed, pinned }: RouteChange, places: Plan['places']): string {
  const how = accuracy.kind === 'exact' ? 'exact' : `from ${accuracy.keys} keys, ± ${percent(accuracy.within)}`;
  const where = places === 'given' ? 'clients where they were said to be' : 'as many clients near each region';
  const lines = [routes.join(', '), `${how}; ${where}`, '', ...flowLines('clients without a pin', keyed)];
  if (pinned === null) return lines.join('\n');
  lines.push('', ...flowLines('clients with a pin', pinned));
  if (!pinned.pinsCount)
    lines.push('  (the affinity is carried in another way from now on: the present pins no longer count)');
  for (const { from, flow } of pinned.leftovers) lines.push('', ...flowLines(`clients still pinned to ${from}`, flow));
  return lines.join('\n');
}

function flowLines(who: string, { moves, moved, before, after }: Flow): string[] {
  const width = Math.max(...[...before, ...after].map(({ at }) => nameOf(at).length));
  const line = ({ from, to, share, because }: Move): string =>
    `  ${percent(share).padStart(7)}  ${nameOf(from).padEnd(width)} -> ${nameOf(to).padEnd(width)}  ${because ?? ''}`.trimEnd();
  return [`${who}: ${moves.length === 0 ? 'nobody moves' : `${percent(moved)} move`}`, ...moves.map(line)];
}

const listed = (what: string, routes: readonly string[]): string[] =>
  routes.length > 0 ? [`${what}: ${routes.join(', ')}`] : [];

const nameOf = (at: At): string => at ?? '(error)';

/** A share above 0 is never shown as 0. */
const percent = (share: number): string => (share < 0.0005 ? '< 0.1 %' : `${(share * 100).toFixed(1)} %`);

/** What the reasons of the moves mean; empty if the plan names none. */
export function reasonsText({ changes }: Plan): string {
  const flows = changes.flatMap(({ pinned }) => (pinned ? [pinned, ...pinned.leftovers.map(({ flow }) => flow)] : []));
  const named = new Set(flows.flatMap(({ moves }) => moves.map(({ because }) => because)));
  const lines = Object.entries(meanings)
    .filter(([because]) => named.has(because as Because))
    .map(([because, meaning]) => `  ${because.padEnd(12)}  ${meaning}\n`);
  return lines.length === 0 ? '' : `\n${lines.join('')}`;
}

/** Why a pinned client moves. */
const meanings: Partial<Record<Because, string>> = {
  drained: 'its origin, or its branch of the split, no longer keeps its clients',
  redispatched: 'its origin is in a region that may not serve the route',
  shed: 'its origin sheds it',
  split: 'the new shares put it on another branch of the split',
  unknown: 'its origin is no longer in the file, or is in another pool',
};
