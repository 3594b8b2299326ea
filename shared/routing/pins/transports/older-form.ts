/** The lengths that pins behind an application's value had before they all got one length. */
import type { Pool } from '../../../config/settings.ts';

/** Digits of the numbers in an older pin: how often its client had moved, and how often origins had been controlled. */
const maxDigits = { epoch: 4, controlRevision: 6 };

/**
 * The lengths of pins to these pools' origins: `[1, pool, branch, origin, epoch, issued, idle end, absolute end, revision]`
 * and the same with a control revision, as JSON, sealed (28 bytes more, and 4 for the key's name) and in base64url. Pins
 * behind a value had no idle end.
 */
export function olderLengths(pools: readonly Pool[]): ReadonlySet<number> {
  const moment = 1_000_000_000_000;
  const bare = JSON.stringify([1, '', null, '', 1, moment, null, moment, '0123456789abcdef']).length;
  const branches = [0, ...pools.map(({ id }) => id.length + '""'.length - 'null'.length)];
  const lengths = new Set<number>();
  for (const { id, origins } of pools) {
    for (const origin of origins) {
      for (const branch of branches) {
        const names = bare + id.length + origin.id.length + branch;
        for (let epoch = 0; epoch < maxDigits.epoch; epoch++) {
          lengths.add(sealedLength(names + epoch));
          for (let digits = 1; digits <= maxDigits.controlRevision; digits++) {
            lengths.add(sealedLength(names + epoch + ','.length + digits));
          }
        }
      }
    }
  }
  return lengths;
}

const sealedLength = (characters: number): number => Math.ceil(((characters + 32) * 4) / 3);
