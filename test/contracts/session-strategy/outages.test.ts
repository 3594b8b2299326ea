import { afterEach, describe, expect, it } from 'vitest';
import { createDynamoDbStore } from '../../../lambda/dynamodb/dynamodb-parts.ts';
import type { SessionEvent } from '../../../shared/session/events.ts';
import { boundedStore, unobserved } from '../../../shared/session/store/bounded-store.ts';
import { createMemoryStore } from '../../../shared/session/store/memory-store.ts';
import type { Store } from '../../../shared/session/store/store.ts';
import { StoreUnavailable } from '../../../shared/session/store/unavailable.ts';
import type { AuthOptions, AuthResult } from '../../../shared/session/strategy/authentication.ts';
import type { Strategy } from '../../../shared/session/strategy/strategy.ts';
import { createDurableObjectStore } from '../../../worker/durable-objects/durable-object-store.ts';
import { createKvStore } from '../../../worker/kv/kv-store.ts';
import { createBrokenStore } from '../../support/broken-store.ts';
import { createClock } from '../../support/clock.ts';
import { openDynalite } from '../../support/dynamodb.ts';
import { openKv } from '../../support/kv.ts';
import { openObjects } from '../../support/session-objects.ts';
import {
  beginningOf,
  hourMs,
  minuteMs,
  sessionSettings,
  someClient,
  someKeys,
  storedStrategy,
  tokenStrategy,
} from '../../support/session-parts.ts';

interface Opened {
  readonly store: Store;
  close(): Promise<void>;
}
const stores: readonly (readonly [
  name: 'memory' | 'kv' | 'durable-object' | 'dynamodb',
  open: () => Promise<Opened>,
])[] = [
  ['memory', async () => ({ store: createMemoryStore(), close: async () => {} })],
  [
    'kv',
    async () => {
      const { namespace, close } = await openKv();
      return { store: createKvStore(namespace), close };
    },
  ],
  [
    'durable-object',
    async () => {
      const { bindings, close } = await openObjects();
      return { store: createDurableObjectStore(bindings), close };
    },
  ],
  [
    'dynamodb',
    async () => {
      const { table, client, close } = await openDynalite();
      return { store: createDynamoDbStore({ table, client }), close };
    },
  ],
];

/** Short, so that a store that hangs costs a test no time. */
const deadlineMs = 60;
const freshnessMs = 2 * minuteMs;

let close: () => Promise<void> = async () => {};
afterEach(() => close());

describe.each(stores)('an outage of %s', (kind, open) => {
  async function begin(of: 'stored' | 'token' = 'stored', safeMethodsMs = 0) {
    const opened = await open();
    close = opened.close;
    const clock = createClock();
    const events: SessionEvent[] = [];
    const broken = createBrokenStore(opened.store);
    const bounded = boundedStore(broken.store, unobserved, deadlineMs);
    // What is well answers as slowly as it likes.
    const store = new Proxy(broken.store, {
      get: (_, name: keyof Store) => (isBroken ? bounded[name] : broken.store[name]),
    });
    let isBroken = false;
    const keys = someKeys();
    const settings = sessionSettings({ store: kind, strategy: of, whenStoreIsDown: { safeMethodsMs } });
    const gateway = (): Strategy =>
      of === 'stored' ? storedStrategy(store, keys, settings, events) : tokenStrategy(store, keys, settings);
    const strategy = gateway();
    const look = (value: string, more: Partial<AuthOptions> = {}, who = strategy): Promise<AuthResult> =>
      Promise.resolve(
        who.authenticate(value, {
          ...{ now: clock.now(), freshnessMs, touch: true, safeMethod: true, client: () => someClient },
          ...more,
        }),
      );
    const begun = await strategy.begin(beginningOf(clock.now()));
    if (begun.kind !== 'begun') throw new Error(begun.kind);
    const fall = (how: 'hang' | 'fail') => {
      isBroken = true;
      broken[how]();
    };
    const recover = () => {
      broken.recover();
      isBroken = false;
    };
    return { ...begun, strategy, gateway, look, clock, events, fall, recover };
  }

  for (const how of ['hang', 'fail'] as const) {
    it(`that makes it ${how} is not noticed inside the freshness, says nothing beyond it, and is forgotten when it is over`, async () => {
      const { value, strategy, look, clock, fall, recover } = await begin();
      fall(how);
      clock.advance(freshnessMs - 1);
      for (const safeMethod of [true, false]) {
        expect(await look(value, { safeMethod })).toMatchObject({ kind: 'active', renewed: null });
      }
      expect((await look(value, { freshnessMs: 0 })).kind).toBe('unavailable');
      clock.advance(1);
      for (const safeMethod of [true, false]) expect((await look(value, { safeMethod })).kind).toBe('unavailable');
      await expect(strategy.begin(beginningOf(clock.now()))).rejects.toBeInstanceOf(StoreUnavailable);
      recover();
      clock.advance(10_000);
      const after = await look(value);
      expect(after.kind).toBe('active');
      expect(after.kind === 'active' && after.renewed).not.toBeNull();
    });
  }

  it('lets a token go on inside its freshness, and be read a while longer where that is configured', async () => {
    const { value, look, clock, fall, recover } = await begin('token', minuteMs);
    fall('fail');
    clock.advance(freshnessMs + minuteMs - 1);
    expect((await look(value)).kind).toBe('active');
    expect((await look(value, { safeMethod: false })).kind).toBe('unavailable');
    clock.advance(1);
    expect((await look(value)).kind).toBe('unavailable');
    recover();
    expect((await look(value)).kind).toBe('active');
  });

  it('does not make this isolate forget a revocation that it has heard of', async () => {
    const { value, session, gateway, look, clock, fall } = await begin('stored', hourMs);
    await gateway().end(session.sessionId, 'logout', clock.now());
    expect((await look(value, { freshnessMs: 0 })).kind).toBe('rejected');
    fall('fail');
    expect((await look(value)).kind).toBe('rejected');
  });

  it('keeps a sign-out that could not be written, refuses it here, and writes it when it is over', async () => {
    const { value, session, strategy, gateway, look, clock, fall, recover } = await begin('stored', hourMs);
    fall('fail');
    await expect(strategy.end(session.sessionId, 'logout', clock.now())).rejects.toBeInstanceOf(StoreUnavailable);
    // Not cleared, so that the client can ask again.
    expect(await look(value)).toMatchObject({ kind: 'rejected', reason: 'revoked', replaced: true });
    expect(strategy.unwritten.isDue(clock.now())).toBe(true);
    await strategy.unwritten.write(clock.now());
    expect(strategy.unwritten.isDue(clock.now())).toBe(false);
    recover();
    clock.advance(2_000);
    expect(strategy.unwritten.isDue(clock.now())).toBe(true);
    await strategy.unwritten.write(clock.now());
    expect(strategy.unwritten.isDue(clock.now() + hourMs)).toBe(false);
    expect(await look(value)).toMatchObject({ kind: 'rejected', reason: 'revoked', replaced: false });
    expect(await look(value, { freshnessMs: 0 }, gateway())).toMatchObject({ kind: 'rejected', reason: 'revoked' });
  });

  it('keeps the end of a subject and of everyone likewise', async () => {
    const { value, session, strategy, gateway, look, clock, fall, recover } = await begin();
    const subject = session.subject as string;
    for (const end of [() => strategy.endSubject?.(subject, clock.now()), () => strategy.endEveryone?.(clock.now())]) {
      fall('fail');
      await expect(end()).rejects.toBeInstanceOf(StoreUnavailable);
      recover();
      expect((await look(value)).kind).toBe('rejected');
      await strategy.unwritten.write(clock.now());
      expect(await look(value, { freshnessMs: 0 }, gateway())).toMatchObject({ kind: 'rejected', reason: 'revoked' });
    }
  });

  it('puts a rotation off, and the successor is given out when it is over', async () => {
    const { value, look, clock, fall, recover } = await begin();
    let held = value;
    while (clock.now() < createClock().now() + 59 * minuteMs) {
      clock.advance(minuteMs);
      const recognised = await look(held);
      held = (recognised.kind === 'active' && recognised.renewed) || held;
    }
    fall('fail');
    clock.advance(minuteMs);
    expect(await look(held, { freshnessMs: hourMs })).toMatchObject({ kind: 'active', renewed: null });
    recover();
    clock.advance(10_000);
    const rotated = await look(held);
    if (rotated.kind !== 'active' || !rotated.renewed) throw new Error(rotated.kind);
    expect(rotated.renewed.split('.')[2]).not.toBe(held.split('.')[2]);
    expect((await look(rotated.renewed)).kind).toBe('active');
  });
});
