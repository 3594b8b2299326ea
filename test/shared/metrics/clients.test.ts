import { describe, expect, it, test } from 'vitest';
import { howMany, nobodySeen, readClients, see, together, writeClients } from '../../../shared/metrics/clients.ts';
import { hash } from '../../../shared/routing/placement/hash.ts';

function seenUpTo(count: number, from = 0) {
  const seen = nobodySeen();
  for (let i = from; i < from + count; i++) see(seen, hash(`client ${i}`));
  return seen;
}

describe('how many clients there were', () => {
  test.each([0, 1, 10, 100, 1_000, 3_000, 10_000, 200_000])('%i are told to about 3 %%', (count) => {
    const told = howMany(seenUpTo(count));
    expect(Math.abs(told - count)).toBeLessThanOrEqual(Math.max(1, count * 0.1));
  });

  it('nobody is counted twice, here or in two places', () => {
    const once = seenUpTo(500);
    for (let i = 0; i < 500; i++) see(once, hash(`client ${i}`));
    expect(howMany(once)).toBe(howMany(seenUpTo(500)));
    expect(together(seenUpTo(300), seenUpTo(300, 200))).toEqual(seenUpTo(500));
  });

  it('is written down and read again, and nothing else is', () => {
    expect(readClients(writeClients(seenUpTo(50)))).toEqual(seenUpTo(50));
    for (const text of ['', 'AAAA', 'not base64!', 7, null]) expect(readClients(text)).toBeNull();
  });
});
