import { describe, expect, test } from 'vitest';
import { createGateway } from '../../../shared/gateway.ts';
import type { Arrival } from '../../../shared/platform.ts';
import { createMemoryStore } from '../../../shared/session/store/memory-store.ts';
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
  test('is answered from memory for two seconds, however often it is asked', async () => {
    const { broken, ready, pass } = await standing();
    for (let i = 0; i < 20; i++) expect(await ready()).toBe(200);
    expect(broken.calls.check).toBe(1);
    pass(1_999);
    await ready();
    expect(broken.calls.check).toBe(1);
    pass(1);
    await ready();
    expect(broken.calls.check).toBe(2);
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
});
