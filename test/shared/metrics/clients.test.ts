import { describe, expect, it, test } from 'vitest';
import {
  addClient,
  emptySketch,
  estimateClients,
  mergeSketches,
  readSketch,
  writeSketch,
} from '../../../shared/metrics/clients.ts';
import { hash } from '../../../shared/routing/placement/hash.ts';

function seenUpTo(count: number, from = 0) {
  const seen = emptySketch();
  for (let i = from; i < from + count; i++) addClient(seen, hash(`client ${i}`));
  return seen;
}

describe('how many clients there were', () => {
  test.each([0, 1, 10, 100, 1_000, 3_000, 10_000, 200_000])('%i are told to about 3 %%', (count) => {
    const told = estimateClients(seenUpTo(count));
    expect(Math.abs(told - count)).toBeLessThanOrEqual(Math.max(1, count * 0.1));
  });

  it('nobody is counted twice, here or in two places', () => {
    const once = seenUpTo(500);
    for (let i = 0; i < 500; i++) addClient(once, hash(`client ${i}`));
    expect(estimateClients(once)).toBe(estimateClients(seenUpTo(500)));
    expect(mergeSketches(seenUpTo(300), seenUpTo(300, 200))).toEqual(seenUpTo(500));
  });

  it('is written down and read again, and nothing else is', () => {
    expect(readSketch(writeSketch(seenUpTo(50)))).toEqual(seenUpTo(50));
    for (const text of ['', 'AAAA', 'not base64!', 7, null]) expect(readSketch(text)).toBeNull();
  });
});
