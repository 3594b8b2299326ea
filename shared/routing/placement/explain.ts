/**
 * The whole reasoning behind a placement, for people: every origin of the route with its distance, its score and what
 * speaks against it, in the order in which the client would be given them. Far more than a request needs, so it is
 * never on its path.
 */
import { armsAndFirst, choose, type Placement, type Question } from './choose.ts';
import { type Refusal, refusalOf } from './eligibility.ts';
import { hash } from './hash.ts';
import { distanceKm } from './nearest.ts';
import { preparePool, turnsOf } from './prepared-pool.ts';
import { scoreOf } from './rendezvous.ts';

export interface Explanation {
  readonly placement: Placement;
  /** The first candidate was drawn (`affinity.first: 'random'`): the next one who asks may be given another. */
  readonly drawn: boolean;
  /** The client's own arm first; arms without a share last. */
  readonly arms: readonly { readonly pool: string; readonly share: number; readonly score: number }[];
  readonly origins: readonly ExplainedOrigin[];
}
export interface ExplainedOrigin {
  readonly arm: string;
  readonly id: string;
  readonly region: string;
  /** Between client and origin; `null` when either place is unknown. */
  readonly distanceKm: number | null;
  /** Regions tried in turn, from 1; equally near ones share a number. */
  readonly turn: number;
  /** Within its turn the highest is first. 0: it does not compete. */
  readonly score: number;
  /** What keeps new clients away from it, or `null`. */
  readonly refusal: Refusal | null;
  /** Its place among those that this request would try, from 1; `null`: it would not be tried. */
  readonly candidate: number | null;
}

export function explain(question: Question): Explanation {
  const client = hash(question.clientKey);
  const { arms: open } = armsAndFirst(question, client, question.pin.kind === 'valid' ? question.pin.pin : null);
  const closed = question.arms.filter(({ share }) => !(share > 0)).map(({ pool }) => preparePool(pool));
  const arms = [...open, ...closed];
  const shareOf = new Map(question.arms.map(({ pool, share }) => [pool.id, share]));

  const placement = choose(question);
  const tried = placement.kind === 'placed' ? placement.candidates : [];

  return {
    placement,
    drawn: placement.kind === 'placed' && placement.drawn,
    arms: arms.map(({ pool, hash: armHash }) => {
      const share = shareOf.get(pool.id) ?? 0;
      return { pool: pool.id, share, score: share > 0 ? scoreOf(client, armHash, share) : 0 };
    }),
    origins: arms.flatMap((prepared) => {
      const { pool } = prepared;
      return turnsOf(prepared, question.place).flatMap((turn, i) =>
        turn.origins
          .map((entry): ExplainedOrigin => {
            const { id, region, place, weight } = entry.origin;
            const status = question.originStatus(pool, entry.origin);
            const share = weight * (status.ramp ?? 1);
            const at = tried.findIndex((each) => each.pool === pool && each.origin === entry.origin);
            return {
              arm: pool.id,
              id,
              region,
              distanceKm: place && question.place && distanceKm(question.place, place),
              turn: i + 1,
              score: share > 0 ? scoreOf(client, entry.hash, share) : 0,
              refusal: refusalOf(entry, client, question.allowed, status),
              candidate: at < 0 ? null : at + 1,
            };
          })
          .sort((a, b) => b.score - a.score || (a.id < b.id ? -1 : 1)),
      );
    }),
  };
}
