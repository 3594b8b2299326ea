import { describe, expect, it } from 'vitest';
import { boundedStore, unobserved } from '../../../../shared/session/store/bounded-store.ts';
import { createMemoryStore } from '../../../../shared/session/store/memory-store.ts';
import { StoreUnavailable } from '../../../../shared/session/store/unavailable.ts';
import { createBrokenStore } from '../../../support/broken-store.ts';

it('a store that hangs is a store that is down', async () => {
  const broken = createBrokenStore(createMemoryStore());
  const store = boundedStore(broken.store, unobserved, 20);
  broken.hang();
  await expect(store.check(Date.now())).rejects.toThrow('did not answer check within 20 ms');
  await expect(store.load({ sessionId: 'f' }, 0)).rejects.toThrow('load');
  broken.recover();
  await expect(store.check(Date.now())).resolves.toEqual([]);
});

it('answers and errors in time pass as they are', async () => {
  const broken = createBrokenStore(createMemoryStore());
  const store = boundedStore(broken.store, unobserved, 1_000);
  expect(await store.claimOnce('key', 'value', 10, 0)).toBeNull();
  expect(await store.claimOnce('key', 'other', 10, 0)).toBe('value');
  broken.fail();
  await expect(store.check(Date.now())).rejects.toThrow('out of order');
});

it('every method of a store is bounded', () => {
  const inner = createMemoryStore();
  expect(Object.keys(boundedStore(inner, unobserved, 1_000)).sort()).toEqual(Object.keys(inner).sort());
});

describe('the gateway learns', () => {
  function watched() {
    let now = 1_000_000;
    const told: unknown[] = [];
    const calls: string[] = [];
    const broken = createBrokenStore(createMemoryStore());
    const store = boundedStore(
      broken.store,
      {
        now: () => now,
        onCall: (operation, outcome) => calls.push(`${operation} ${outcome}`),
        onDown: (cause, since) => told.push(['down', cause, since]),
        onUp: (since) => told.push(['up', since]),
      },
      20,
    );
    return { broken, store, told, calls, pass: (ms: number) => (now += ms), at: () => now };
  }

  it('when a store stops and when it is back, once each and with the cause', async () => {
    const { broken, store, told, pass, at } = watched();
    const since = at();
    broken.fail();
    for (let i = 0; i < 3; i++) await expect(store.readOnce('key', 0)).rejects.toThrow(StoreUnavailable);
    broken.recover();
    pass(2_000);
    for (let i = 0; i < 3; i++) await store.readOnce('key', 0);
    expect(told).toEqual([
      ['down', 'Error: the store is out of order', since],
      ['up', since],
    ]);
  });

  it('every call and how it went, also one that was spared because the store was silent', async () => {
    const { broken, store, calls, pass } = watched();
    await store.readOnce('key', 0);
    broken.hang();
    const silent = store.readOnce('key', 0);
    pass(2_000);
    await expect(silent).rejects.toThrow('did not answer readOnce');
    await expect(store.claimOnce('key', 'value', 1, 0)).rejects.toThrow('is not asked yet');
    expect(broken.calls.claimOnce).toBe(0);
    broken.recover();
    pass(5_000);
    await store.claimOnce('key', 'value', 1, 0);
    expect(calls).toEqual(['readOnce ok', 'readOnce failed', 'claimOnce skipped', 'claimOnce ok']);
  });

  it('of a check what it found, whatever else the store does', async () => {
    const { broken, store, told } = watched();
    broken.hang();
    await expect(store.check(0)).rejects.toThrow('check');
    broken.recover();
    expect(await store.check(0)).toEqual([]);
    expect(told).toEqual([]);
  });
});
