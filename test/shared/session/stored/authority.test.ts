import { beforeEach, describe, expect, it } from 'vitest';
import type { SessionEvent } from '../../../../shared/session/events.ts';
import { createMemoryStore } from '../../../../shared/session/store/memory-store.ts';
import type { StoreRecord } from '../../../../shared/session/store/records.ts';
import type { Store } from '../../../../shared/session/store/store.ts';
import type { AuthOptions, AuthResult } from '../../../../shared/session/strategy/authentication.ts';
import type { Changed } from '../../../../shared/session/strategy/lifecycle.ts';
import type { Strategy } from '../../../../shared/session/strategy/strategy.ts';
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

const idleMs = 3 * hourMs;
let clock: ReturnType<typeof createClock>;
let inner: Store;
let fail: Partial<Record<keyof Store, boolean>>;
let saved: StoreRecord[];
let events: SessionEvent[];
const keys = someKeys();

beforeEach(() => {
  clock = createClock();
  inner = createMemoryStore();
  fail = {};
  saved = [];
  events = [];
});

const store = (): Store =>
  new Proxy(inner, {
    get:
      (of, name: keyof Store) =>
      async (...given: never[]) => {
        if (fail[name]) throw new Error('out of order');
        if (name === 'save') saved.push(given[0] as unknown as StoreRecord);
        return (of[name] as (...given: never[]) => unknown)(...given);
      },
  });
const open = (more: Parameters<typeof sessionSettings>[0] = {}, of = keys) =>
  storedStrategy(store(), of, sessionSettings({ idleMs, ...more }), events);
const look = async (who: Strategy, value: string, more: Partial<AuthOptions> = {}): Promise<AuthResult> =>
  who.authenticate(value, {
    ...{ now: clock.now(), freshnessMs: 2 * minuteMs, touch: true, safeMethod: true, client: () => someClient },
    ...more,
  });
const begin = async (who: Strategy) => {
  const begun = await who.begin(beginningOf(clock.now()));
  if (begun.kind !== 'begun') throw new Error(begun.kind);
  return begun;
};
const renewedOf = (recognised: AuthResult): string => {
  if (recognised.kind !== 'active' || recognised.renewed === null) throw new Error(JSON.stringify(recognised));
  return recognised.renewed;
};
const changedTo = (changed: Changed): string => {
  if (changed.kind !== 'changed' || changed.value === null) throw new Error(changed.kind);
  return changed.value;
};
const secretOf = (value: string): string => value.split('.')[2] as string;

/** A parent whose successor is in use. */
async function rotated(who: Strategy) {
  const { value: parent, session } = await begin(who);
  clock.advance(hourMs);
  const successor = renewedOf(await look(who, parent));
  clock.advance(1_000);
  const used = renewedOf(await look(who, successor));
  return { parent, session, used };
}

describe('a request that holds the parent while its successor is in use', () => {
  it('may still change data, and goes on with the successor', async () => {
    const strategy = open();
    const { parent, session, used } = await rotated(strategy);
    const value = changedTo(await strategy.update(session, parent, { cart: 7 }, null, clock.now()));
    expect(secretOf(value)).toBe(secretOf(used));
    expect(await look(strategy, value, { freshnessMs: 0 })).toMatchObject({ session: { shownData: { cart: 7 } } });
  });

  it('may step up, and then parent and successor are dead', async () => {
    const strategy = open();
    const { parent, session, used } = await rotated(strategy);
    const value = changedTo(await strategy.rotate(session, parent, clock.now()));
    expect((await look(strategy, value, { freshnessMs: 0 })).kind).toBe('active');
    for (const dead of [parent, used]) {
      expect(await look(strategy, dead)).toMatchObject({ kind: 'rejected', replaced: true });
    }
  });

  it('is given the successor and not the one after it', async () => {
    const [here, there] = [open(), open()];
    const { parent, used } = await rotated(here);
    for (let i = 0; i < 6; i++) expect(secretOf(renewedOf(await look(there, parent)))).toBe(secretOf(used));
  });

  it('is no thief to a service that asks about its cookie', async () => {
    const strategy = open();
    const { parent } = await rotated(strategy);
    const client = () => ({ userAgent: '', network: '' });
    expect((await look(strategy, parent, { passive: true, freshnessMs: 0, client })).kind).toBe('active');
  });
});

describe('a reuse', () => {
  it('is refused even when the store cannot be told', async () => {
    const strategy = open();
    const { parent } = await rotated(strategy);
    clock.advance(31_000);
    fail = { revoke: true };
    expect(await look(strategy, parent, { freshnessMs: hourMs * 9 })).toMatchObject({ kind: 'rejected' });
    expect(events).toContainEqual(expect.objectContaining({ event: 'session-reuse', because: 'late' }));
  });
});

describe('a store that cannot take notes', () => {
  it('keeps nobody out: activity is noted when it can be again', async () => {
    const strategy = open();
    const { value } = await begin(strategy);
    fail = { touch: true };
    clock.advance(3 * minuteMs);
    expect((await look(strategy, value, { safeMethod: false })).kind).toBe('active');
    fail = {};
    clock.advance(10_000);
    expect(await look(strategy, value)).toMatchObject({ session: { lastSeenAt: clock.now() } });
  });
});

describe('a credential that died a moment ago elsewhere', () => {
  it('is refused, and its cookie is left alone until no reply can be under way', async () => {
    const [here, there] = [open(), open()];
    const { value, session } = await begin(here);
    await there.end(session.sessionId, 'superseded', clock.now());
    clock.advance(20_000);
    expect(await look(here, value, { freshnessMs: 0 })).toMatchObject({ kind: 'rejected', replaced: true });
    clock.advance(11_000);
    for (const who of [here, there, open()]) {
      expect(await look(who, value, { freshnessMs: 0 })).toMatchObject({ kind: 'rejected', replaced: false });
    }
  });
});

describe('a record that is not there', () => {
  const vanish = () => {
    inner = createMemoryStore();
  };
  it('may be on its way on KV, and is gone anywhere else', async () => {
    const [kv, other] = [open({ store: 'kv' }), open({ store: 'dynamodb' })];
    const [one, two] = [await begin(kv), await begin(other)];
    vanish();
    clock.advance(3 * minuteMs);
    expect((await look(open({ store: 'kv' }), one.value)).kind).toBe('unavailable');
    expect(await look(open({ store: 'dynamodb' }), two.value)).toMatchObject({ kind: 'rejected' });
    clock.advance(3 * minuteMs);
    expect(await look(open({ store: 'kv' }), one.value)).toMatchObject({ kind: 'rejected' });
  });
});

describe('a seal key on its way out', () => {
  it('is replaced in the record the next time it is looked at, and missed by nobody when it is gone', async () => {
    const { value } = await begin(open());
    const fresh = sealKey('seal-2');
    const both = open({}, { ...keys, seal: [fresh, ...keys.seal] });
    const held = renewedOf(await look(both, value, { freshnessMs: 1, now: clock.now() + 3 * minuteMs }));
    expect(saved).toHaveLength(1);
    const alone = open({}, { ...keys, seal: [fresh] });
    expect((await look(alone, held, { freshnessMs: 0 })).kind).toBe('active');
  });

  it('that is removed too early makes its sessions nobody, and is told', async () => {
    const { value } = await begin(open());
    const alone = open({}, { ...keys, seal: [sealKey('seal-2')] });
    expect(await look(alone, value, { freshnessMs: 0 })).toMatchObject({ kind: 'rejected', reason: 'invalid' });
    expect(events).toContainEqual(expect.objectContaining({ event: 'session-key-unknown' }));
  });
});
