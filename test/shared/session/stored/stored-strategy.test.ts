import { beforeEach, describe, expect, it } from 'vitest';
import { createMemoryStore } from '../../../../shared/session/store/memory-store.ts';
import type { Store } from '../../../../shared/session/store/store.ts';
import { StoreUnavailable } from '../../../../shared/session/store/unavailable.ts';
import type { AuthOptions } from '../../../../shared/session/strategy/authentication.ts';
import type { Strategy } from '../../../../shared/session/strategy/strategy.ts';
import { type BrokenStore, createBrokenStore } from '../../../support/broken-store.ts';
import { createClock } from '../../../support/clock.ts';
import {
  beginningOf,
  minuteMs,
  sessionSettings,
  someClient,
  someKeys,
  storedStrategy,
} from '../../../support/session-parts.ts';

let clock: ReturnType<typeof createClock>;
let broken: BrokenStore;
let strategy: Strategy;
const keys = someKeys();
const open = (more: Parameters<typeof sessionSettings>[0] = {}) =>
  storedStrategy(broken.store, keys, sessionSettings(more));
beforeEach(() => {
  clock = createClock();
  broken = createBrokenStore(createMemoryStore());
  strategy = open();
});

const look = (value: string, more: Partial<AuthOptions> = {}, who = strategy) =>
  who.authenticate(value, {
    now: clock.now(),
    freshnessMs: 2 * minuteMs,
    touch: true,
    safeMethod: true,
    client: () => someClient,
    ...more,
  });
async function begin(who = strategy) {
  const begun = await who.begin(beginningOf(clock.now()));
  if (begun.kind !== 'begun') throw new Error(begun.kind);
  return begun;
}

describe('while the store is down', () => {
  it('requests inside their freshness go on, whatever their method, and their cookie stays', async () => {
    const { value } = await begin();
    broken.fail();
    clock.advance(2 * minuteMs - 1);
    for (const safeMethod of [true, false]) {
      expect(await look(value, { safeMethod })).toMatchObject({ kind: 'active', renewed: null });
    }
  });

  it('beyond it nobody is let in, and nobody is thrown out', async () => {
    const { value } = await begin();
    broken.fail();
    clock.advance(2 * minuteMs);
    expect(await look(value)).toMatchObject({ kind: 'unavailable' });
    expect(await look(value, { freshnessMs: 0 })).toMatchObject({ kind: 'unavailable' });
    broken.recover();
    expect((await look(value)).kind).toBe('active');
  });

  it('a route that always asks is not served from a copy, however young', async () => {
    const { value } = await begin();
    broken.fail();
    expect((await look(value, { freshnessMs: 0 })).kind).toBe('unavailable');
  });

  it('reading may go on a while longer where that is configured, and writing may not', async () => {
    const patient = open({ whenStoreIsDown: { safeMethodsMs: 5 * minuteMs } });
    const { value } = await begin(patient);
    broken.fail();
    clock.advance(7 * minuteMs - 1);
    expect((await look(value, {}, patient)).kind).toBe('active');
    expect((await look(value, { safeMethod: false }, patient)).kind).toBe('unavailable');
    expect((await look(value, { freshnessMs: 0 }, patient)).kind).toBe('unavailable');
    clock.advance(1);
    expect((await look(value, {}, patient)).kind).toBe('unavailable');
  });

  it('a session that has idled is not revived by the outage', async () => {
    const patient = open({ whenStoreIsDown: { safeMethodsMs: 60 * minuteMs } });
    const { value } = await begin(patient);
    broken.fail();
    clock.advance(30 * minuteMs);
    expect((await look(value, {}, patient)).kind).toBe('unavailable');
    clock.advance(12 * 60 * minuteMs);
    expect(await look(value, {}, patient)).toMatchObject({ kind: 'rejected', reason: 'expired' });
  });

  it('nobody can sign in, change or be looked up: the caller hears of an outage', async () => {
    const { value, session } = await begin();
    broken.fail();
    const now = clock.now();
    const attempts = [
      () => strategy.begin(beginningOf(now)),
      () => strategy.update(session, value, { cart: 2 }, null, now),
      () => strategy.rotate(session, value, now),
      () => strategy.records?.find(session.sessionId, now) ?? Promise.resolve(),
      () => strategy.records?.patch(session.sessionId, {}, null, now) ?? Promise.resolve(),
      () => strategy.endSubject?.('ada', now) ?? Promise.resolve(),
      () => strategy.endOthers?.(session, value, now) ?? Promise.resolve(),
    ];
    for (const attempt of attempts) await expect(attempt()).rejects.toBeInstanceOf(StoreUnavailable);
  });

  it('a logout is refused by the store and known here all the same', async () => {
    const { value, session } = await begin();
    broken.fail();
    await expect(strategy.end(session.sessionId, 'logout', clock.now())).rejects.toBeInstanceOf(StoreUnavailable);
    expect(await look(value)).toMatchObject({ kind: 'rejected', reason: 'revoked' });
    broken.recover();
    expect(await look(value)).toMatchObject({ kind: 'rejected', reason: 'revoked' });
  });
});

describe('what a request costs', () => {
  it('a request inside its freshness asks no store at all', async () => {
    const { value } = await begin();
    const before = { ...broken.calls };
    for (let i = 0; i < 50; i++) {
      clock.advance(1_000);
      await look(value);
    }
    expect(broken.calls).toEqual(before);
  });

  it('a thousand requests of one session over half an hour cost at most 40 reads and 35 writes', async () => {
    let { value } = await begin();
    const before = { ...broken.calls };
    for (let i = 0; i < 1000; i++) {
      clock.advance(1_800);
      const recognised = await look(value, { freshnessMs: minuteMs });
      if (recognised.kind !== 'active') throw new Error(recognised.kind);
      value = recognised.renewed ?? value;
    }
    expect(broken.calls.load - before.load).toBeLessThanOrEqual(40);
    expect(broken.calls.touch + broken.calls.save - before.touch - before.save).toBeLessThanOrEqual(35);
  });
});

it('nothing that reaches a store is a credential or can be read there', async () => {
  const seen: string[] = [];
  const inner = createMemoryStore();
  const spying = new Proxy(inner, {
    get:
      (target, name: keyof Store) =>
      (...given: unknown[]) => {
        seen.push(JSON.stringify(given));
        return (target[name] as (...given: unknown[]) => unknown)(...given);
      },
  });
  const spied = storedStrategy(spying, keys);
  const { value, session } = await begin(spied);
  const updated = await spied.update(session, value, { cart: 'sentinel-data' }, null, clock.now());
  if (updated.kind !== 'changed') throw new Error(updated.kind);
  await spied.rotate(updated.session, updated.value as string, clock.now());
  await spied.endSubject?.('ada', clock.now());
  const all = seen.join('\n');
  expect(all).toContain(session.sessionId);
  for (const secret of [value.split('.')[2], value.split('.')[3], 'sentinel-data', 'customer', '"ada"', 'Kiosk']) {
    expect(all).not.toContain(secret);
  }
});

it('a sealed record that was moved to another row or version does not open', async () => {
  const rows: Parameters<Store['create']>[0][] = [];
  const inner = createMemoryStore();
  let swapped: Parameters<Store['create']>[0] | null = null;
  const tampered: Store = {
    ...inner,
    create: (record, now) => {
      rows.push(record);
      return inner.create(record, now);
    },
    load: async (locator, now) => {
      const loaded = await inner.load(locator, now);
      return swapped && loaded.record ? { ...loaded, record: { ...loaded.record, sealed: swapped.sealed } } : loaded;
    },
  };
  const attacked = storedStrategy(tampered, keys);
  const mine = await begin(attacked);
  await begin(attacked);
  swapped = rows[1] as (typeof rows)[number];
  expect(await look(mine.value, { freshnessMs: 0 }, attacked)).toMatchObject({ kind: 'rejected', reason: 'invalid' });
  swapped = rows[0] as (typeof rows)[number];
  expect((await look(mine.value, { freshnessMs: 0 }, attacked)).kind).toBe('active');
});

describe('times in a cookie that we signed', () => {
  const beginAt = async (at: number) => {
    const begun = await strategy.begin(beginningOf(at));
    if (begun.kind !== 'begun') throw new Error(begun.kind);
    return begun;
  };

  it('a session from the future is none', async () => {
    const { value } = await beginAt(clock.now() + minuteMs);
    expect((await look(value)).kind).toBe('active');
    const ahead = await beginAt(clock.now() + minuteMs + 1);
    expect(await look(ahead.value)).toEqual({ kind: 'rejected', reason: 'invalid', replaced: false });
  });

  it('a copy that was stamped in the future is always checked', async () => {
    const ahead = await beginAt(clock.now() + 30_000);
    await open().end(ahead.session.sessionId, 'logout', clock.now());
    expect(await look(ahead.value)).toMatchObject({ kind: 'rejected', reason: 'revoked' });
    const other = await beginAt(clock.now() + 30_000);
    broken.fail();
    expect((await look(other.value)).kind).toBe('active');
  });

  it('a shorter absolute lifetime counts for sessions that are there already', async () => {
    const { value, session } = await begin();
    const shorter = open({ absoluteMs: 60 * minuteMs, idleMs: 60 * minuteMs });
    clock.advance(59 * minuteMs);
    for (const freshnessMs of [0, 24 * 60 * minuteMs]) {
      const found = await look(value, { freshnessMs }, shorter);
      expect(found).toMatchObject({ kind: 'active', session: { endsAt: session.createdAt + 60 * minuteMs } });
    }
    expect((await shorter.records?.find(session.sessionId, clock.now()))?.session.endsAt).toBe(
      session.createdAt + 60 * minuteMs,
    );
    const longer = await look(value, {}, open({ absoluteMs: 24 * 60 * minuteMs, idleMs: 60 * minuteMs }));
    expect(longer).toMatchObject({ kind: 'active', session: { endsAt: session.endsAt } });
    clock.advance(minuteMs);
    expect(await look(value, {}, shorter)).toMatchObject({ kind: 'rejected', reason: 'expired' });
    expect(await shorter.records?.find(session.sessionId, clock.now())).toBeNull();
  });
});
