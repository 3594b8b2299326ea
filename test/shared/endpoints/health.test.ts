import { describe, expect, test } from 'vitest';
import { createGateway } from '../../../shared/gateway.ts';
import type { Arrival } from '../../../shared/platform.ts';
import { createMemoryStore } from '../../../shared/session/store/memory-store.ts';
import { StoreUnfit } from '../../../shared/session/store/unavailable.ts';
import { createBrokenStore } from '../../support/broken-store.ts';
import { configured, settingsOf } from '../config/examples.ts';

async function standing() {
  let now = Date.UTC(2026, 0, 1);
  const broken = createBrokenStore(createMemoryStore());
  const platform = {
    door: 'worker',
    endsWhatIsLeft: true,
    now: () => now,
    send: () => Promise.reject(new Error('no origin is asked')),
    relay: null,
    log: () => {},
  } as const;
  const gateway = await createGateway({
    settings: settingsOf(configured({})),
    platform,
    store: broken.store,
  });
  const ready = async (): Promise<number> => {
    const arrival = { path: '/.session/readyz', defer: () => {} } as unknown as Arrival;
    return (await gateway.handle(new Request('https://shop.example/.session/readyz'), arrival)).status;
  };
  return { broken, ready, pass: (ms: number) => (now += ms) };
}

describe('whether the gateway is ready', () => {
  test('is answered from memory for two seconds, and without a write for ten, however often it is asked', async () => {
    const { broken, ready, pass } = await standing();
    const asked = () => [broken.calls.check, broken.calls.load];
    for (let i = 0; i < 20; i++) expect(await ready()).toBe(200);
    expect(asked()).toEqual([1, 0]);
    pass(1_999);
    await ready();
    expect(asked()).toEqual([1, 0]);
    pass(1);
    for (let i = 0; i < 20; i++) await ready();
    expect(asked()).toEqual([1, 1]);
    pass(7_999);
    await ready();
    expect(asked()).toEqual([1, 2]);
    pass(1);
    for (let i = 0; i < 20; i++) await ready();
    expect(asked()).toEqual([2, 2]);
  });

  test('is known two seconds after an outage has begun or ended', async () => {
    const { broken, ready, pass } = await standing();
    expect(await ready()).toBe(200);
    broken.fail();
    pass(2_000);
    expect(await ready()).toBe(503);
    broken.recover();
    expect(await ready()).toBe(503);
    pass(2_000);
    expect(await ready()).toBe(200);
  });

  test('is a matter of writing too: a store that can only be read is not ready', async () => {
    const { broken, ready, pass } = await standing();
    expect(await ready()).toBe(200);
    broken.store.check = () => Promise.reject(new StoreUnfit('this is a replica: it cannot be written'));
    pass(10_000);
    expect(await ready()).toBe(503);
    pass(2_000);
    expect(await ready()).toBe(503);
  });
});
