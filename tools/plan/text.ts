/** A plan as lines for people: what moves first, in parts of a hundred. */
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
  if (!pinned.pinsCount) lines.push('  (the affinity is carried in another way from now on: no pin counts)');
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

/** Whoever moves at all is not shown as nobody. */
const percent = (share: number): string => (share < 0.0005 ? '< 0.1 %' : `${(share * 100).toFixed(1)} %`);
