/** Formats the figures of a run. */
import type { Figures } from './figures.ts';

/** How many faults of each kind are listed. */
const maxListed = 10;

export function report({ options, actions, faults, ...figures }: Figures): string {
  const { door, seconds, seed, clients } = options;
  const ms = (time: number): string => `${time.toFixed(0)} ms`;
  const replies = [...figures.statuses].sort(([a], [b]) => a - b).map(([status, count]) => `${status}: ${count}`);
  const { moves, slowUploads, hanging } = figures;
  const inSeconds = (time: number): string => `${(time / 1_000).toFixed(1)} s`;
  const rows: readonly (readonly [string, string | number])[] = [
    ['origins', `3; ${actions.kill} killed, ${actions.restart} restarted, ${actions.revive} revived`],
    ['requests', figures.requests],
    ['replies', replies.join(', ')],
    ['  of them refused to POSTs without a key', figures.refused],
    ['lost', faults.lost.length],
    ['executed twice without a key', faults.twice.length],
    ['redispatched', figures.redispatched],
    ['executed more than once', figures.repeated],
    ['cut off by a kill', figures.brokenOff - faults.brokenForNoReason.length],
    ['cut off without a reason', faults.brokenForNoReason.length],
    ['signed out', faults.signedOut.length],
    ['moves', moves.all],
    ['  because the origin was killed', moves.killed],
    ['  because it was ejected after a kill', moves.ejected],
    ['  home again', moves.home],
    ['  unaccounted', faults.unaccounted.length],
    ['highest epoch', figures.highestEpoch],
    ['ejections', figures.ejections],
    ['  of origins that were not down', faults.unjustified.length],
    [
      'slow uploads',
      `${slowUploads.all}, over ${inSeconds(slowUploads.lastedMs)} each; lost: ${slowUploads.lost.length}`,
    ],
    [
      'hanging origin',
      `${hanging.timedOut} time-outs of ${hanging.clients} clients until it was ejected, after ${inSeconds(hanging.untilMs)}; lost: ${hanging.lost.length}`,
    ],
    ['latency', `p50 ${ms(figures.p50Ms)}, p99 ${ms(figures.p99Ms)}`],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  const faultLines = Object.entries(faults).flatMap(([name, list]) =>
    list.slice(0, maxListed).map((fault: string) => `  ${name}: ${fault}`),
  );
  return [
    `${door}: ${clients} clients, ${seconds} s, seed ${seed}`,
    ...rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`),
    ...faultLines,
  ].join('\n');
}
