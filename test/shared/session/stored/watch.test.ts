import { beforeEach, describe, expect, it } from 'vitest';
import type { SessionEvent } from '../../../../shared/session/events.ts';
import { createMemoryStore } from '../../../../shared/session/store/memory-store.ts';
import type { Store } from '../../../../shared/session/store/store.ts';
import type { SessionWatch } from '../../../../shared/session/strategy/authentication.ts';
import type { Strategy } from '../../../../shared/session/strategy/strategy.ts';
import { type BrokenStore, createBrokenStore } from '../../../support/broken-store.ts';
import { createClock } from '../../../support/clock.ts';
import {
  beginningOf,
  hourMs,
  minuteMs,
  sealKey,
  sessionSettings,
  someClient,
  someKeys,
  storedStrategy,
} from '../../../support/session-parts.ts';

let clock: ReturnType<typeof createClock>;
let broken: BrokenStore;
let events: SessionEvent[];
let strategy: Strategy;
const keys = someKeys();
const open = (store: Store = broken.store, more = {}, own = keys) =>
  storedStrategy(store, own, sessionSettings(more), events);
beforeEach(() => {
  clock = createClock();
  events = [];
  broken = createBrokenStore(createMemoryStore());
  strategy = open();
});

const visit = async (value: string) => {
  const recognised = await strategy.authenticate(value, {
    now: clock.now(),
    freshnessMs: 0,
    touch: true,
    safeMethod: true,
    client: () => someClient,
  });
  if (recognised.kind !== 'active') throw new Error(JSON.stringify(recognised));
  return recognised.renewed ?? value;
};
async function begin() {
  const begun = await strategy.begin(beginningOf(clock.now()));
  if (begun.kind !== 'begun') throw new Error(begun.kind);
  return begun.value;
}
const watchOf = async (value: string, who = strategy) => (await who.watch(value)) as SessionWatch;

describe('a stored session that is watched', () => {
  it('is looked at under the secret of hours ago, and nobody takes that for reuse', async () => {
    const first = await begin();
    const watching = await watchOf(first, open());
    let held = first;
    const values = new Set([first]);
    for (let i = 0; i < 40; i++) {
      clock.advance(10 * minuteMs);
      held = await visit(held);
      values.add(held.split('.')[2] as string);
      expect((await watching.look(clock.now())).kind).toBe('live');
    }
    expect(values.size).toBeGreaterThan(4);
    expect(events.filter(({ event }) => event === 'session-reuse')).toEqual([]);
    await expect(visit(held)).resolves.toBeDefined();
  });

  it('is known ended when somebody else comes back with an old secret', async () => {
    const first = await begin();
    const watching = await watchOf(first, open());
    let held = first;
    for (let i = 0; i < 3 * 4; i++) {
      clock.advance(20 * minuteMs);
      held = await visit(held);
    }
    await expect(visit(first)).rejects.toThrow('revoked');
    expect(await watching.look(clock.now())).toEqual({ kind: 'ended', reason: 'revoked' });
  });

  it('costs the store one read a look, and no write', async () => {
    const watching = await watchOf(await begin());
    const before = { ...broken.calls };
    for (let i = 0; i < 5; i++) await watching.look(clock.now());
    expect(broken.calls).toEqual({ ...before, load: before.load + 5 });
  });

  it('is not over because the store is', async () => {
    const watching = await watchOf(await begin());
    broken.fail();
    expect(await watching.look(clock.now())).toEqual({ kind: 'unknown', because: expect.stringContaining('order') });
    broken.recover();
    expect((await watching.look(clock.now())).kind).toBe('live');
  });

  it('has its absolute end in an outage too', async () => {
    const watching = await watchOf(await begin());
    broken.fail();
    expect(await watching.look(clock.now() + 12 * hourMs)).toEqual({ kind: 'ended', reason: 'expired' });
  });

  it('is over when its record is gone', async () => {
    const value = await begin();
    const watching = await watchOf(value, open(createMemoryStore()));
    expect(await watching.look(clock.now())).toEqual({ kind: 'ended', reason: 'revoked' });
  });

  it('is given time on KV, where what was seen a moment ago may be on its way', async () => {
    const value = await begin();
    const watching = await watchOf(value, open(createMemoryStore(), { store: 'kv' }));
    expect((await watching.look(clock.now() + 5 * minuteMs - 1)).kind).toBe('unknown');
    expect((await watching.look(clock.now() + 5 * minuteMs)).kind).toBe('ended');
  });

  it('is over when no key opens its record any more', async () => {
    const watching = await watchOf(await begin(), open(broken.store, {}, { ...keys, seal: [sealKey('other')] }));
    expect(await watching.look(clock.now())).toEqual({ kind: 'ended', reason: 'invalid' });
  });
});
