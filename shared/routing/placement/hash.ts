/**
 * The hash that places clients: synchronous, 64 bits wide, and the same on every machine, so that all isolates place a
 * client alike. It spreads keys evenly and is predictable: do not use it where an attacker could profit from that.
 *
 * The lanes follow MurmurHash3_x86_128 (two of its four lanes, over UTF-16 code units in pairs), the finaliser is its
 * fmix32. A plain FNV-1a without a finaliser gave one origin 1.26 and another 0.63 of its share. The numbers in
 * test/shared/routing/placement/vectors.json are a promise: if one changes, every client without a pin moves.
 */
export interface Hash {
  /** Unsigned, 32 bits. */
  readonly high: number;
  /** Unsigned, 32 bits. */
  readonly low: number;
}

// The multipliers of MurmurHash3_x86_128.
const c1 = 0x239b961b;
const c2 = 0xab0e9789;
const c3 = 0x38b34ae5;

export function hash(text: string): Hash {
  let low = 0;
  let high = 0;
  const { length } = text;
  for (let i = 0; i < length; i += 2) {
    const word = text.charCodeAt(i) | (i + 1 < length ? text.charCodeAt(i + 1) << 16 : 0);
    low ^= Math.imul(rotate(Math.imul(word, c1), 15), c2);
    low = (Math.imul((rotate(low, 19) + high) | 0, 5) + 0x561ccd1b) | 0;
    high ^= Math.imul(rotate(Math.imul(word, c2), 16), c3);
    high = (Math.imul((rotate(high, 17) + low) | 0, 5) + 0x0bcaa747) | 0;
  }
  low ^= length;
  high ^= length;
  low = (low + high) | 0;
  high = (high + low) | 0;
  low = avalanche(low);
  high = avalanche(high);
  low = (low + high) | 0;
  high = (high + low) | 0;
  return { high: high >>> 0, low: low >>> 0 };
}

/**
 * One number strictly between 0 and 1 for a pair of hashes. Every bit of it depends on every bit of both. It has 52 bits:
 * adding one half, which keeps it above 0, is then exact and cannot round up to 1.
 */
export function fraction(one: Hash, other: Hash): number {
  let high = avalanche(one.high ^ Math.imul(other.low, c1) ^ c3);
  const low = avalanche((one.low ^ Math.imul(other.high, c2)) + high);
  high = avalanche(high + low);
  return ((high >>> 6) * 2 ** 26 + (low >>> 6) + 0.5) / 2 ** 52;
}

const rotate = (bits: number, by: number): number => (bits << by) | (bits >>> (32 - by));

/** fmix32: each input bit flips each output bit with a probability of one half. */
function avalanche(bits: number): number {
  let mixed = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}
