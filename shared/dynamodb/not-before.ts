/** Items with a not-before time: of a subject and of everyone. Both of their times only move forward. */
import { type EndingFact, laterFact, readEndingFact } from '../session/store/rows.ts';
import type { ItemKey, Items } from './items.ts';
import { maxWriteAttempts, ttl } from './rows.ts';

export async function advanceNotBefore(items: Items, key: ItemKey, fact: EndingFact): Promise<void> {
  const row = (of: EndingFact) => ({ ...of, ...ttl(of.keepUntil) });
  const isLater = 'attribute_not_exists(PK) OR (#notBefore < :notBefore AND #keepUntil <= :keepUntil)';
  if (await items.update(key, row(fact), isLater)) return;
  // One of the stored times is later. Keep the later of each, on condition that the item is still the one that was read.
  for (let attempt = 1; attempt <= maxWriteAttempts; attempt++) {
    const known = readEndingFact((await items.read([key]))[0]);
    const next = laterFact(known, fact);
    if (known && next.notBefore === known.notBefore && next.keepUntil === known.keepUntil) return;
    const written = known
      ? await items.update(key, row(next), '#notBefore = :seen AND #keepUntil = :seenUntil', {
          seen: known.notBefore,
          seenUntil: known.keepUntil,
        })
      : await items.update(
          key,
          row(next),
          'NOT (attribute_type(#notBefore, :number) AND attribute_type(#keepUntil, :number))',
          { number: 'N' },
        );
    if (written) return;
  }
  throw new Error(`DynamoDB: gave up on a not-before time after ${maxWriteAttempts} conflicting writes`);
}
