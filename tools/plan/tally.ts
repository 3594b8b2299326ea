/** Sums up which share of the clients goes from where to where. */

import { controlKey } from '../../shared/routing/control/control.ts';
import type { Because } from '../../shared/routing/placement/types.ts';
import { nowhere } from './field.ts';

/** `<pool>/<origin>`; `null`: no origin, the client gets an error. */
export type At = string | null;

/** Shares are parts of all clients in question, from 0 to 1. */
export interface Flow {
  readonly before: readonly { readonly at: At; readonly share: number }[];
  readonly after: readonly { readonly at: At; readonly share: number }[];
  /** The largest first, without clients that stay. */
  readonly moves: readonly Move[];
  /** All moves together. */
  readonly moved: number;
}
export interface Move {
  readonly from: At;
  readonly to: At;
  readonly share: number;
  /** As the access line will say it; `null`: the hash decides. */
  readonly because: Because | null;
}

export interface Tally {
  add(from: At, to: At, share: number, because: Because | null): void;
  /** `scale`: every share is multiplied by it. */
  flow(scale?: number): Flow;
}

/** Less than this is a rounding error. */
const minShare = 1e-12;

export const atOf = (pool: string, origin: string): At => (pool === nowhere ? null : controlKey(pool, origin));

export function createTally(): Tally {
  const sums = new Map<string, { from: At; to: At; because: Because | null; share: number }>();

  return {
    add(from, to, share, because) {
      const why = from === to ? null : because;
      const key = `${from}|${to}|${why}`;
      const known = sums.get(key);
      if (known) known.share += share;
      else sums.set(key, { from, to, because: why, share });
    },
    flow(scale = 1) {
      const all = [...sums.values()]
        .map((sum) => ({ ...sum, share: sum.share * scale }))
        .filter(({ share }) => share > minShare);
      const moves = all.filter(({ from, to }) => from !== to).sort(byShare);
      return {
        before: sumBy(all, ({ from }) => from),
        after: sumBy(all, ({ to }) => to),
        moves,
        moved: moves.reduce((sum, { share }) => sum + share, 0),
      };
    },
  };
}

const byShare = (a: Move, b: Move): number =>
  b.share - a.share || `${a.from}|${a.to}`.localeCompare(`${b.from}|${b.to}`, 'en');

function sumBy(all: readonly Move[], where: (move: Move) => At): Flow['before'] {
  const sums = new Map<At, number>();
  for (const move of all) sums.set(where(move), (sums.get(where(move)) ?? 0) + move.share);
  return [...sums].map(([at, share]) => ({ at, share })).sort((a, b) => String(a.at).localeCompare(String(b.at), 'en'));
}
