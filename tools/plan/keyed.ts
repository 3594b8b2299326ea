/** Clients without a pin: the hash alone places them. */

import type { Field } from './field.ts';
import { raceTwice } from './race.ts';
import type { Tally } from './tally.ts';
import { atOf } from './tally.ts';

/** `share`: of the clients for which these two fields hold. */
export function addKeyed(tally: Tally, before: Field, after: Field, share: number): void {
  for (const branches of raceTwice(before.branches, after.branches)) {
    for (const origins of raceTwice(originsOf(before, branches.before), originsOf(after, branches.after))) {
      tally.add(
        atOf(branches.before, origins.before),
        atOf(branches.after, origins.after),
        share * branches.share * origins.share,
        null,
      );
    }
  }
}

export const originsOf = (field: Field, pool: string) => {
  const weights = field.origins.get(pool);
  if (!weights) throw new Error(`no origin competes in pool ${pool}`);
  return weights;
};
