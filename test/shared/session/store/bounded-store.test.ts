import { expect, it } from 'vitest';
import { boundedStore } from '../../../../shared/session/store/bounded-store.ts';
import { createMemoryStore } from '../../../../shared/session/store/memory-store.ts';
import { createBrokenStore } from '../../../support/broken-store.ts';

it('a store that hangs is a store that is down', async () => {
  const broken = createBrokenStore(createMemoryStore());
  const store = boundedStore(broken.store, 20);
  broken.hang();
  await expect(store.check(Date.now())).rejects.toThrow('did not answer check within 20 ms');
  await expect(store.load({ sessionId: 'f' }, 0)).rejects.toThrow('load');
  broken.recover();
  await expect(store.check(Date.now())).resolves.toEqual([]);
});

it('answers and errors in time pass as they are', async () => {
  const broken = createBrokenStore(createMemoryStore());
  const store = boundedStore(broken.store, 1_000);
  expect(await store.claimOnce('key', 'value', 10, 0)).toBeNull();
  expect(await store.claimOnce('key', 'other', 10, 0)).toBe('value');
  broken.fail();
  await expect(store.check(Date.now())).rejects.toThrow('out of order');
});

it('every method of a store is bounded', () => {
  const inner = createMemoryStore();
  expect(Object.keys(boundedStore(inner)).sort()).toEqual(Object.keys(inner).sort());
});
