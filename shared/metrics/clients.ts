/**
 * How many different clients there were, told from a kilobyte: HyperLogLog (Flajolet et al., 2007) with 1,024 registers,
 * right to about 3 %. What two isolates have seen is put together without counting anybody twice.
 */
import { base64url, fromBase64url } from '../crypto/bytes.ts';

/** Of the client's key, 64 well-mixed bits: nothing leads back from it. */
export interface ClientHash {
  readonly high: number;
  readonly low: number;
}

const indexBits = 10;
const registers = 1 << indexBits;
const alpha = 0.7213 / (1 + 1.079 / registers);

export type ClientsSeen = Uint8Array;

export const nobodySeen = (): ClientsSeen => new Uint8Array(registers);

export function see(seen: ClientsSeen, { high, low }: ClientHash): void {
  const index = high >>> (32 - indexBits);
  const rank = Math.clz32(low) + 1;
  if (rank > (seen[index] as number)) seen[index] = rank;
}

export const together = (one: ClientsSeen, other: ClientsSeen): ClientsSeen =>
  one.map((rank, i) => Math.max(rank, other[i] as number));

export function howMany(seen: ClientsSeen): number {
  let sum = 0;
  let empty = 0;
  for (const rank of seen) {
    sum += 2 ** -rank;
    if (rank === 0) empty++;
  }
  const estimate = (alpha * registers * registers) / sum;
  // With few clients the empty registers tell more (linear counting).
  const isFew = estimate <= 2.5 * registers && empty > 0;
  return Math.round(isFew ? registers * Math.log(registers / empty) : estimate);
}

export const writeClients = (seen: ClientsSeen): string => base64url(new Uint8Array(seen));

/** `null` for what is none. */
export function readClients(text: unknown): ClientsSeen | null {
  const bytes = typeof text === 'string' ? fromBase64url(text) : null;
  return bytes !== null && bytes.length === registers ? bytes : null;
}
