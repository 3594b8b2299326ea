/**
 * Estimates how many distinct clients there were, from one kilobyte: HyperLogLog (Flajolet et al., 2007) with 1,024
 * registers, to about 3 %. The sketches of two isolates merge without counting a client twice.
 */
import { base64url, fromBase64url } from '../crypto/bytes.ts';

/** 64 bits of a hash of the client's key. The key cannot be recovered from them. */
export interface ClientHash {
  readonly high: number;
  readonly low: number;
}

const indexBits = 10;
const registers = 1 << indexBits;
const alpha = 0.7213 / (1 + 1.079 / registers);

export type ClientSketch = Uint8Array;

export const emptySketch = (): ClientSketch => new Uint8Array(registers);

export function addClient(sketch: ClientSketch, { high, low }: ClientHash): void {
  const index = high >>> (32 - indexBits);
  const rank = Math.clz32(low) + 1;
  if (rank > (sketch[index] as number)) sketch[index] = rank;
}

export const mergeSketches = (one: ClientSketch, other: ClientSketch): ClientSketch =>
  one.map((rank, i) => Math.max(rank, other[i] as number));

export function estimateClients(sketch: ClientSketch): number {
  let sum = 0;
  let empty = 0;
  for (const rank of sketch) {
    sum += 2 ** -rank;
    if (rank === 0) empty++;
  }
  const estimate = (alpha * registers * registers) / sum;
  // Linear counting is more accurate for few clients.
  const isFew = estimate <= 2.5 * registers && empty > 0;
  return Math.round(isFew ? registers * Math.log(registers / empty) : estimate);
}

export const writeSketch = (sketch: ClientSketch): string => base64url(new Uint8Array(sketch));

/** `null` if the text is not a sketch. */
export function readSketch(text: unknown): ClientSketch | null {
  const bytes = typeof text === 'string' ? fromBase64url(text) : null;
  return bytes !== null && bytes.length === registers ? bytes : null;
}
