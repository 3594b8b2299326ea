import { expect, test } from 'vitest';
import { createMemoryStore } from '../../shared/session/store/memory-store.ts';
import { createBrokenStore } from './broken-store.ts';

test('a broken store works until it is broken, and again when it has recovered', async () => {
  const broken = createBrokenStore(createMemoryStore());
  await broken.store.check(0);
  broken.fail();
  await expect(broken.store.load({ sessionId: 'f' }, 0)).rejects.toThrow('out of order');
  broken.recover();
  await broken.store.load({ sessionId: 'f' }, 0);
  expect(broken.calls).toMatchObject({ check: 1, load: 2, save: 0 });
});

test('a hanging store gives no answer until it recovers, and then an outage', async () => {
  const broken = createBrokenStore(createMemoryStore());
  broken.hang();
  let settled = false;
  const asked = broken.store.check(0).finally(() => {
    settled = true;
  });
  const outcome = expect(asked).rejects.toThrow('out of order');
  await new Promise((resolve) => setImmediate(resolve));
  expect(settled).toBe(false);
  broken.recover();
  await outcome;
  await expect(broken.store.check(0)).resolves.toEqual([]);
});
