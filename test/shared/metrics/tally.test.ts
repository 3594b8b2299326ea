import { describe, expect, it, test } from 'vitest';
import { addClient, emptySketch, estimateClients } from '../../../shared/metrics/clients.ts';
import { emptyTally, type Flushed, merge, readTally, writeTally } from '../../../shared/metrics/tally.ts';

let batchNumber = 0;
const brought = (counts: Record<string, number>, revision = 'r1', at = 1_000, client = 1): Flushed => {
  const clients = emptySketch();
  addClient(clients, { high: client << 22, low: client });
  const batches = [{ id: `b${++batchNumber}`, counts: new Map(Object.entries(counts)) }];
  return { batches, revision, seen: { at, clients } };
};

describe('what all have counted', () => {
  it('is the sum of what each has brought, and survives being written down', () => {
    const one = merge(emptyTally, brought({ 'failures|gone': 2, 'assignments|r1|app|eu|new': 1 }, 'r1', 1_000, 1));
    const both = merge(one, brought({ 'failures|gone': 3 }, 'r1', 2_000, 2));
    expect(Object.fromEntries(both.counts)).toEqual({ 'failures|gone': 5, 'assignments|r1|app|eu|new': 1 });
    expect(estimateClients((both.revisions.get('r1') as { clients: Uint8Array }).clients)).toBe(2);
    expect(readTally(writeTally(both))).toEqual(both);
  });

  it('forgets what belongs to the sixth configuration back, and keeps what belongs to none', () => {
    let tally = emptyTally;
    for (let i = 1; i <= 7; i++) {
      tally = merge(tally, brought({ [`moves|r${i}|app|eu|drained|involuntary`]: 1, 'failures|gone': 1 }, `r${i}`, i));
    }
    expect([...tally.revisions.keys()]).toEqual(['r3', 'r4', 'r5', 'r6', 'r7']);
    expect([...tally.counts.keys()].sort()).toEqual([
      'failures|gone',
      ...[3, 4, 5, 6, 7].map((i) => `moves|r${i}|app|eu|drained|involuntary`),
    ]);
    expect(tally.counts.get('failures|gone')).toBe(7);
  });

  it('has an end, and says how much is beyond it', () => {
    const many = Object.fromEntries(Array.from({ length: 4_000 }, (_, i) => [`failures|code-${i}`, 2]));
    const full = merge(emptyTally, brought(many));
    expect([full.counts.size, full.counts.get('uncounted')]).toEqual([3_001, 2_000]);
    const fuller = merge(full, brought({ 'failures|late': 1, 'failures|code-7': 1 }));
    expect(['uncounted', 'failures|code-7'].map((key) => fuller.counts.get(key))).toEqual([2_001, 3]);
  });

  it('has what comes twice once, as long as it is not 128 others later', () => {
    const first = brought({ 'failures|gone': 1 });
    let tally = merge(emptyTally, first);
    expect(merge(tally, first)).toBe(tally);
    for (let i = 0; i < 127; i++) tally = merge(tally, brought({ 'failures|no_route': 1 }));
    expect(merge(readTally(writeTally(tally)), first).counts.get('failures|gone')).toBe(1);
    expect(merge(tally, brought({ 'failures|no_route': 1 })).batches).toHaveLength(128);
  });

  test.each([
    '{"batches":[7,"",null]}',
    '{"batches":{"a":1}}',
    null,
    '',
    '[]',
    '{',
    '{"counts":7,"revisions":[]}',
    '{"counts":{"failures|gone":-1,"failures|a|b":1,"unknown|x":1,"failures|x":"1"}}',
    '{"revisions":{"r1":{"at":1,"clients":"AAAA"},"r2":null}}',
  ])('that cannot be read is nothing: %j', (text) => {
    expect(readTally(text)).toEqual(emptyTally);
  });
});
