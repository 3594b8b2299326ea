/** Random digits for ids that everybody may see. Drawn many at a time: to ask for them costs more than to spell them. */
import { type Bytes, randomBytes } from './bytes.ts';

const drawnAtOnce = 2_048;
let drawn: Bytes | null = null;
let used = 0;

const pairs: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** In lower case, two a byte. No byte is given out twice. */
export function randomHex(bytes: number): string {
  if (drawn === null || used + bytes > drawn.length) {
    // Not before the first request: outside of one, Workers have no randomness.
    drawn = randomBytes(Math.max(drawnAtOnce, bytes));
    used = 0;
  }
  let text = '';
  for (const end = used + bytes; used < end; used++) text += pairs[drawn[used] as number];
  return text;
}
