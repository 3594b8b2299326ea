import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { base64url, randomBytes } from '../../../shared/crypto/bytes.ts';
import type { StoreRecord } from '../../../shared/session/store/records.ts';
import type { Store } from '../../../shared/session/store/store.ts';
import type { Strategy } from '../../../shared/session/strategy/strategy.ts';
import { createDurableObjectDocument } from '../../../worker/durable-objects/durable-object-document.ts';
import { createDurableObjectStore } from '../../../worker/durable-objects/durable-object-store.ts';
import type { ObjectBindings } from '../../../worker/durable-objects/session-object.ts';
import { openObjects, type TestObjects } from '../../support/session-objects.ts';
import { beginningOf, sessionSettings, someClient, someKeys, storedStrategy } from '../../support/session-parts.ts';

const now = Date.UTC(2026, 0, 1, 12);
const hourMs = 3_600_000;
const name = () => base64url(randomBytes(16));
const aRecord = (more: Partial<StoreRecord> = {}): StoreRecord => ({
  sessionId: name(),
  subjectKey: name(),
  secretHash: name(),
  version: 1,
  createdAt: now,
  lastSeenAt: now,
  endsAt: now + hourMs,
  sealed: name(),
  ...more,
});
const aRevocation = { at: now, why: 'logout', keepUntil: now + hourMs } as const;

let opened: TestObjects;
beforeAll(async () => {
  opened = await openObjects();
});
afterAll(() => opened?.close());

type Stub = Record<string, (...given: unknown[]) => Promise<unknown>>;

/** The real objects behind a note of every call, or behind a failure of the test's own: before the call or after it. */
function watched(fail: (call: string) => Error | null = () => null, when: 'before' | 'after' = 'before') {
  const calls: string[] = [];
  const behind = (namespace: { getByName(name: string): unknown }) => ({
    getByName: (object: string) =>
      new Proxy(namespace.getByName(object) as Stub, {
        get(stub, method: string) {
          return (...given: unknown[]) => {
            const call = `${object.split('|')[0]} ${method}`;
            calls.push(call);
            const error = fail(call);
            if (!error) return (stub[method] as Stub[string])(...given);
            const executed = when === 'after' ? (stub[method] as Stub[string])(...given) : Promise.resolve();
            return executed.then(() => Promise.reject(error));
          };
        },
      }),
  });
  const { SESSION_OBJECTS, CONTROL_OBJECTS } = opened.bindings;
  const store = createDurableObjectStore({
    SESSION_OBJECTS: behind(SESSION_OBJECTS),
    CONTROL_OBJECTS: behind(CONTROL_OBJECTS),
  } as unknown as ObjectBindings);
  return { store, calls: () => calls.splice(0) };
}

const plain = (): Store => createDurableObjectStore(opened.bindings);

test('each call asks one object', async () => {
  const { store, calls } = watched();
  const record = aRecord();
  const anonymous = aRecord({ subjectKey: null });
  const subject = record.subjectKey as string;
  const cost = async (call: () => Promise<unknown>) => {
    calls();
    await call();
    return calls();
  };
  expect(await cost(() => store.create(record, now))).toEqual(['f createAt']);
  expect(await cost(() => store.create(anonymous, now))).toEqual(['f create']);
  expect(await cost(() => store.load(record, now))).toEqual(['u load']);
  expect(await cost(() => store.load(anonymous, now))).toEqual(['f load']);
  expect(await cost(() => store.load({ sessionId: record.sessionId }, now))).toEqual(['f load']);
  expect(await cost(() => store.touch(record, now + 1, now))).toEqual(['u touch']);
  expect(await cost(() => store.touch({ sessionId: record.sessionId }, now + 2, now))).toEqual(['f touch']);
  expect(await cost(() => store.save({ ...record, version: 2 }, now))).toEqual(['u save']);
  expect(await cost(() => store.save({ ...anonymous, version: 2 }, now))).toEqual(['f save']);
  expect(await cost(() => store.revoke(record.sessionId, aRevocation))).toEqual(['f revoke']);
  expect(await cost(() => store.revokeSubject(subject, now, now))).toEqual(['u revokeSubject']);
  expect(await cost(() => store.revokeEveryone(now - 2 * hourMs, now))).toEqual(['control revokeEveryone']);
  expect(await cost(() => store.loadSessionIndex(subject, now))).toEqual(['u loadSessionIndex']);
  expect(await cost(() => store.saveSessionIndex(subject, 'sealed', 0, now, now))).toEqual(['u saveSessionIndex']);
  expect(await cost(() => store.claimOnce(name(), 'value', now, now))).toEqual(['o claimOnce']);
  expect(await cost(() => store.check(Date.now()))).toEqual(['check check']);
});

test('only a record that is not where the caller says is looked for in a second place', async () => {
  const { store, calls } = watched();
  const record = aRecord();
  await store.create(record, now);
  calls();
  expect((await store.load({ ...record, subjectKey: name() }, now)).record).toEqual(record);
  expect(calls()).toEqual(['u load', 'f load']);
  expect(await store.touch({ ...record, subjectKey: name() }, now + 1, now)).toBe('touched');
  expect(calls()).toEqual(['u touch', 'f touch']);
});

test('the sessions of a subject are one call, and so is a load that notes activity', async () => {
  const { store, calls } = watched();
  const subjectKey = name();
  const records = Array.from({ length: 20 }, () => aRecord({ subjectKey }));
  for (const record of records) await store.create(record, now);
  const ids = records.map(({ sessionId }) => sessionId);
  await store.revoke(ids[7] as string, aRevocation);
  calls();
  const loaded = await store.loadAll(subjectKey, ids, now);
  expect(loaded.map(({ record }) => record)).toEqual(records);
  expect(loaded[7]?.revokedAt).toBe(now);
  expect(calls()).toEqual(['u loadAll']);
  const activity = { at: now + 60_000, ifSeenAfter: now - 1 };
  expect((await store.load(records[0] as StoreRecord, now, activity)).isNoted).toBe(true);
  expect(calls()).toEqual(['u load']);
});

describe('at the wire, through the strategy', () => {
  const settings = sessionSettings({ store: 'durable-object', freshnessMs: 60_000 });
  const begin = async (gateway: Strategy, at: number) => {
    const begun = await gateway.begin(beginningOf(at, { subject: name() }));
    if (begun.kind !== 'begun') throw new Error(begun.kind);
    return begun;
  };

  test('a session of a thousand requests in half an hour is 29 loads, which note its activity too', async () => {
    const { store, calls } = watched();
    const gateway = storedStrategy(store, someKeys(), settings);
    const control = opened.bindings.CONTROL_OBJECTS.getByName('control') as unknown as { asked(): Promise<number> };
    let { value } = await begin(gateway, now);
    calls();
    const askedBefore = await control.asked();
    for (let i = 1; i <= 1_000; i++) {
      const at = now + i * 1_800;
      const options = { now: at, freshnessMs: 60_000, touch: true, safeMethod: true, client: () => someClient };
      const result = await gateway.authenticate(value, options);
      if (result.kind !== 'active') throw new Error(`request ${i}: ${result.kind}`);
      value = result.renewed ?? value;
    }
    expect(calls()).toEqual(Array(29).fill('u load'));
    // A Worker that reads the control document, as all do, asks for none of these.
    expect((await control.asked()) - askedBefore).toBe(29);
  });

  test('devices of twenty are 2 calls, a sign-in at the limit is 5, and ending the others at most 8', async () => {
    const { store, calls } = watched();
    const gateway = storedStrategy(store, someKeys(), settings);
    const subject = name();
    const signIn = async (at: number) => {
      const begun = await gateway.begin(beginningOf(at, { subject }));
      if (begun.kind !== 'begun') throw new Error(begun.kind);
      return begun;
    };
    for (let i = 0; i < 20; i++) await signIn(now + i);
    const later = now + 10 * 60_000;
    calls();
    expect(await gateway.devices?.(subject, later)).toHaveLength(20);
    expect(calls()).toEqual(['u loadSessionIndex', 'u loadAll']);
    const { session, value } = await signIn(later);
    expect(calls()).toEqual(['u loadSessionIndex', 'u loadAll', 'u saveSessionIndex', 'f revoke', 'f createAt']);
    await gateway.endOthers?.(session, value, later + 1);
    expect(calls().length).toBeLessThanOrEqual(8);
    expect(await gateway.devices?.(subject, later + 2)).toHaveLength(1);
  });
});

test('an isolate that has just read the control document passes on what it says about everyone', async () => {
  const record = aRecord();
  await plain().create(record, now);
  const control = opened.bindings.CONTROL_OBJECTS.getByName('control') as unknown as { asked(): Promise<number> };
  const asked = async (ask: () => Promise<unknown>) => {
    const before = await control.asked();
    await ask();
    return (await control.asked()) - before;
  };
  const later = Date.now() + hourMs;
  expect(await asked(() => plain().load(record, later))).toBe(1);
  expect(await asked(() => plain().load(record, later + 60_000))).toBe(1);
  const document = createDurableObjectDocument(opened.bindings, 'control');
  expect(await asked(() => document.read())).toBe(0);
  expect(await asked(() => plain().load(record, Date.now()))).toBe(0);

  const notBefore = now - hourMs;
  await plain().revokeEveryone(notBefore, Date.now() + hourMs);
  await document.read();
  expect((await plain().load(record, Date.now())).everyoneNotBefore).toBe(notBefore);
});

test('a jurisdiction is asked of the objects of sessions, and of no others', async () => {
  const asked: string[] = [];
  const object = { createAt: async () => true, revokeEveryone: async () => {} };
  const namespace = (kind: string) => ({
    getByName: () => object,
    jurisdiction(one: string) {
      asked.push(`${kind} ${one}`);
      return namespace(kind);
    },
  });
  const bindings = { SESSION_OBJECTS: namespace('session'), CONTROL_OBJECTS: namespace('control') };
  const store = createDurableObjectStore(bindings as unknown as ObjectBindings, 'eu');
  await store.create(aRecord(), now);
  await store.revokeEveryone(now, now);
  expect(asked).toEqual(['session eu']);
});

test('where the runtime knows no jurisdiction, as on this machine, the store works without', async () => {
  const store = createDurableObjectStore(opened.bindings, 'eu');
  const record = aRecord();
  expect(await store.create(record, now)).toBe(true);
  expect((await store.load(record, now)).record).toEqual(record);
});

test('a name that could be another object’s is not asked for', async () => {
  const { store, calls } = watched();
  for (const sessionId of ['', 'a|b', 'x'.repeat(65)]) {
    expect((await store.load({ sessionId }, now)).record).toBeNull();
    expect(await store.touch({ sessionId }, now, now)).toBe('ended');
  }
  expect(calls()).toEqual([]);
});

test('no object’s name shows what happens once', async () => {
  const names: string[] = [];
  const bindings = {
    SESSION_OBJECTS: {
      getByName(object: string) {
        names.push(object);
        return { claimOnce: async () => null };
      },
    },
  } as unknown as ObjectBindings;
  await createDurableObjectStore(bindings).claimOnce('secret', 'value', now, now);
  expect(names).toEqual([expect.stringMatching(/^o\|[\w-]{43}$/)]);
});

test('whatever arrives while a session begins, its revocation is not lost', async () => {
  const store = plain();
  for (let round = 0; round < 20; round++) {
    const record = aRecord();
    await Promise.all([store.revoke(record.sessionId, aRevocation), store.create(record, now)]);
    expect((await store.load(record, now)).revokedAt).toBe(now);
    expect((await store.load({ sessionId: record.sessionId }, now)).revokedAt).toBe(now);
    expect(await store.touch(record, now + 1, now)).toBe('ended');
  }
});

describe('an object that is being restarted', () => {
  const restarted = Object.assign(new Error('Durable Object reset because its code was updated.'), { retryable: true });
  const once = (error: Error) => {
    let failed = false;
    return (): Error | null => {
      if (failed) return null;
      failed = true;
      return error;
    };
  };

  test('is asked once more, and no more often', async () => {
    const record = aRecord();
    const { store, calls } = watched(once(restarted));
    await plain().create(record, now);
    expect((await store.load(record, now)).record).toEqual(record);
    expect(calls()).toEqual(['u load', 'u load']);
    const down = watched(() => restarted);
    await expect(down.store.load(record, now)).rejects.toThrow('reset');
    expect(down.calls()).toHaveLength(2);
  });

  describe.each(['before', 'after'] as const)('%s it has carried the call out', (when) => {
    const interrupted = () => watched(once(restarted), when).store;

    test('creates a session once', async () => {
      for (const record of [aRecord(), aRecord({ subjectKey: null })]) {
        expect(await interrupted().create(record, now)).toBe(true);
        expect((await plain().load(record, now)).record).toEqual(record);
        expect(await interrupted().create(record, now)).toBe(false);
      }
    });

    test('saves a version once', async () => {
      const record = aRecord();
      await plain().create(record, now);
      const second = { ...record, version: 2, sealed: name() };
      expect(await interrupted().save(second, now)).toBe('saved');
      expect((await plain().load(record, now)).record).toEqual(second);
      expect(await interrupted().save(second, now)).toBe('conflict');
    });

    test('saves on top of activity that was noted in between', async () => {
      const record = aRecord();
      await plain().create(record, now);
      await plain().save({ ...record, version: 2 }, now);
      await plain().touch(record, now + 60_000, now);
      expect(await interrupted().save({ ...record, version: 3 }, now)).toBe('saved');
      expect((await plain().load(record, now)).record).toMatchObject({ version: 3, lastSeenAt: now + 60_000 });
    });

    test('enters a session into the index once', async () => {
      const subject = name();
      expect(await interrupted().saveSessionIndex(subject, 'sealed', 0, now + hourMs, now)).toBe(true);
      expect(await plain().loadSessionIndex(subject, now)).toEqual({ revision: 1, sealed: 'sealed' });
      expect(await interrupted().saveSessionIndex(subject, 'other', 0, now + hourMs, now)).toBe(false);
    });

    test('gives a once-key to the first', async () => {
      const key = name();
      expect(await interrupted().claimOnce(key, 'first', now + hourMs, now)).toBeNull();
      expect(await interrupted().claimOnce(key, 'second', now + hourMs, now)).toBe('first');
      expect(await interrupted().readOnce(key, now)).toBe('first');
    });

    test('ends a session, and does not take its own end for an earlier one', async () => {
      const record = aRecord();
      const successor = name();
      await plain().create(record, now);
      expect(await interrupted().revoke(record.sessionId, { ...aRevocation, successor })).toBeNull();
      expect(await interrupted().revoke(record.sessionId, aRevocation)).toEqual({ at: now, successor });
    });

    test('does the rest as well', async () => {
      const record = aRecord();
      const subjectKey = record.subjectKey as string;
      await plain().create(record, now);
      const activity = { at: now + 60_000, ifSeenAfter: now - 1 };
      expect((await interrupted().load(record, now, activity)).isNoted).toBe(true);
      expect(await interrupted().loadAll(subjectKey, [record.sessionId], now)).toMatchObject([
        { record: { lastSeenAt: now + 60_000 } },
      ]);
      expect(await interrupted().touch(record, now + 90_000, now)).toBe('touched');
      await interrupted().revokeEveryone(now - 2 * hourMs, now);
      await interrupted().revokeSubject(subjectKey, now, now + hourMs);
      expect((await plain().load(record, now)).subjectNotBefore).toBe(now);
      expect(await interrupted().check(Date.now())).toEqual([]);
    });
  });

  test('is left alone when it says that it has too much to do', async () => {
    const overloaded = Object.assign(new Error('Durable Object is overloaded.'), { retryable: true, overloaded: true });
    const { store, calls } = watched(once(overloaded));
    await expect(store.load(aRecord(), now)).rejects.toThrow('overloaded');
    expect(calls()).toHaveLength(1);
  });
});
