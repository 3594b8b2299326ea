import { expect, it } from 'vitest';
import { StoreBudget, spending } from '../../../../shared/session/store/budget.ts';
import { StoreUnavailable } from '../../../../shared/session/store/unavailable.ts';

const pause = (ms: number): Promise<string> => new Promise((resolve) => setTimeout(() => resolve('done'), ms));

it('calls one after the other share what a request may wait for the store', async () => {
  let now = 0;
  const budget = new StoreBudget(() => now, 100);
  const work = async (ms: number): Promise<string> => {
    await null;
    now += ms;
    return 'done';
  };
  expect(await budget.spend(work(60))).toBe('done');
  expect(await budget.spend(work(39))).toBe('done');
  await expect(budget.spend(pause(200))).rejects.toThrow(StoreUnavailable);
});

it('what is not waited for is not counted: an origin may take its time', async () => {
  let now = 0;
  const budget = new StoreBudget(() => now, 100);
  expect(await budget.spend(Promise.resolve('done'))).toBe('done');
  now += 60_000;
  expect(await budget.spend(Promise.resolve('done'))).toBe('done');
});

it('calls side by side spend the same time once', async () => {
  let now = 0;
  const budget = new StoreBudget(() => now, 100);
  const work = async (): Promise<string> => {
    await null;
    now = 80;
    return 'done';
  };
  expect(await Promise.all([budget.spend(work()), budget.spend(work()), budget.spend(work())])).toHaveLength(3);
  expect(await budget.spend(Promise.resolve('done'))).toBe('done');
});

it('an object’s methods and those of its parts spend it', async () => {
  const budget = new StoreBudget(Date.now, 20);
  const store = spending(
    { name: 'store', now: () => 7, slow: () => pause(500), records: { find: () => pause(500) }, absent: null },
    budget,
  );
  expect([store.name, store.now(), store.absent]).toEqual(['store', 7, null]);
  await expect(store.slow()).rejects.toThrow(StoreUnavailable);
  await expect(store.records.find()).rejects.toThrow(StoreUnavailable);
});
