import { expect, test } from 'vitest';
import { createMemoryStore } from '../../../../shared/session/store/memory-store.ts';

const now = Date.UTC(2026, 0, 1, 12);
const hourMs = 3_600_000;
const full = 100_000;
const aRecord = (sessionId: string, endsAt: number) => ({
  sessionId,
  subjectKey: null,
  secretHash: 'hash',
  version: 1,
  createdAt: now,
  lastSeenAt: now,
  endsAt,
  sealed: 'sealed',
});

test('a full store refuses the next session, keeps every one it has, and takes new ones when old ones are over', async () => {
  const store = createMemoryStore();
  for (let i = 0; i < full; i++) await store.create(aRecord(`f${i}`, now + (i === 0 ? hourMs : 9 * hourMs)), now);
  await expect(store.create(aRecord('one-more', now + hourMs), now)).rejects.toThrow('full');
  expect((await store.load({ sessionId: 'f0' }, now)).record).not.toBeNull();

  const later = now + 2 * hourMs + 1;
  expect(await store.create(aRecord('one-more', later + hourMs), later)).toBe(true);
  expect((await store.load({ sessionId: 'f0' }, later)).record).toBeNull();
  expect((await store.load({ sessionId: 'f1' }, later)).record).not.toBeNull();
});

test('what a caller does with its record later does not reach the store', async () => {
  const store = createMemoryStore();
  const record = aRecord('mine', now + hourMs);
  await store.create(record, now);
  record.version = 9;
  const loaded = (await store.load({ sessionId: 'mine' }, now)).record;
  expect(loaded?.version).toBe(1);
});
