/**
 * The reasons behind a placement, for people: every origin of the route with its distance, its score and what speaks
 * against it, in the order in which the client would be given them. Never on the path of a request.
 */
import { branchesAndFirst, choose } from './choose.ts';
import { type Ineligibility, ineligibleBecause } from './eligibility.ts';
import { hash } from './hash.ts';
import { distanceKm } from './nearest.ts';
import { preparePool, tiersOf } from './prepared-pool.ts';
import { scoreOf } from './rendezvous.ts';
import type { Placement, Question } from './types.ts';

export interface Explanation {
  readonly placement: Placement;
  /** The first candidate was drawn at random (`affinity.first: 'random'`): another request may draw another one. */
  readonly drawn: boolean;
  /** The client's own branch first; closed branches last. */
  readonly branches: readonly { readonly pool: string; readonly share: number; readonly score: number }[];
  readonly origins: readonly ExplainedOrigin[];
}
export interface ExplainedOrigin {
  /** The pool's id. */
  readonly branch: string;
  readonly id: string;
  readonly region: string;
  /** Between client and origin; `null` when either place is unknown. */
  readonly distanceKm: number | null;
  /** From 1, the nearest; equally near regions share a tier. */
  readonly tier: number;
  /** The highest of a tier comes first. 0: it has no weight. */
  readonly score: number;
  /** Why it takes no client without a pin; `null`: it is eligible. */
  readonly ineligible: Ineligibility | null;
  /** Its position among those that this request would try, from 1; `null`: it would not be tried. */
  readonly candidate: number | null;
}

export function explain(question: Question): Explanation {
  const client = hash(question.clientKey);
  const { branches: open } = branchesAndFirst(
    question,
    client,
    question.pin.kind === 'valid' ? question.pin.pin : null,
  );
  const closed = question.branches.filter(({ share }) => !(share > 0)).map(({ pool }) => preparePool(pool));
  const branches = [...open, ...closed];
  const shareOf = new Map(question.branches.map(({ pool, share }) => [pool.id, share]));

  const placement = choose(question);
  const tried = placement.kind === 'placed' ? placement.candidates : [];

  return {
    placement,
    drawn: placement.kind === 'placed' && placement.drawn,
    branches: branches.map(({ pool, hash: branchHash }) => {
      const share = shareOf.get(pool.id) ?? 0;
      return { pool: pool.id, share, score: share > 0 ? scoreOf(client, branchHash, share) : 0 };
    }),
    origins: branches.flatMap((prepared) => {
      const { pool } = prepared;
      return tiersOf(prepared, question.place).flatMap((tier, i) =>
        tier.origins
          .map((entry): ExplainedOrigin => {
            const { id, region, place, weight } = entry.origin;
            const status = question.originStatus(pool, entry.origin);
            const share = weight * (status.ramp ?? 1);
            const index = tried.findIndex((each) => each.pool === pool && each.origin === entry.origin);
            return {
              branch: pool.id,
              id,
              region,
              distanceKm: place && question.place && distanceKm(question.place, place),
              tier: i + 1,
              score: share > 0 ? scoreOf(client, entry.hash, share) : 0,
              ineligible: ineligibleBecause(entry, client, question.allowed, status),
              candidate: index < 0 ? null : index + 1,
            };
          })
          .sort((a, b) => b.score - a.score || (a.id < b.id ? -1 : 1)),
      );
    }),
  };
}
