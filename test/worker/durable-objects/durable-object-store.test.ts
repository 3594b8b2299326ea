import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { base64url, randomBytes } from '../../../shared/crypto/bytes.ts';
import type { StoreRecord } from '../../../shared/session/store/records.ts';
import type { Store } from '../../../shared/session/store/store.ts';
import { createDurableObjectStore } from '../../../worker/durable-objects/durable-object-store.ts';
import type { ObjectBindings } from '../../../worker/durable-objects/session-object.ts';
import { openObjects, type TestObjects } from '../../support/session-objects.ts';

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

/** The real objects behind a note of every call, or behind a failure of the test's own. */
function watched(fail: (call: string) => Error | null = () => null) {
  const calls: string[] = [];
  const behind = (namespace: { getByName(name: string): unknown }) => ({
    getByName: (object: string) =>
      new Proxy(namespace.getByName(object) as Stub, {
        get(stub, method: string) {
          return (...given: unknown[]) => {
            const call = `${object.split('|')[0]} ${method}`;
            calls.push(call);
            const error = fail(call);
            return error ? Promise.reject(error) : (stub[method] as Stub[string])(...given);
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

  test('is asked once more for what can be done twice', async () => {
    const record = aRecord();
    await plain().create(record, now);
    const asks: ((store: Store) => Promise<unknown>)[] = [
      (store) => store.load(record, now),
      (store) => store.touch(record, now + 1, now),
      (store) => store.loadSessionIndex(name(), now),
      (store) => store.revoke(record.sessionId, aRevocation),
      (store) => store.revokeSubject(name(), now, now),
      (store) => store.revokeEveryone(now - 2 * hourMs, now),
      (store) => store.check(Date.now()),
    ];
    for (const ask of asks) {
      const { store, calls } = watched(once(restarted));
      await ask(store);
      expect(calls()).toHaveLength(2);
    }
    await expect(watched(() => restarted).store.load(record, now)).rejects.toThrow('reset');
  });

  test('is not asked again for what must not be done twice', async () => {
    const record = aRecord();
    await plain().create(record, now);
    const asks: ((store: Store) => Promise<unknown>)[] = [
      (store) => store.create(aRecord(), now),
      (store) => store.save({ ...record, version: 2 }, now),
      (store) => store.saveSessionIndex(name(), 'sealed', 0, now, now),
      (store) => store.claimOnce(name(), 'value', now, now),
    ];
    for (const ask of asks) {
      const { store, calls } = watched(once(restarted));
      await expect(ask(store)).rejects.toThrow('reset');
      expect(calls()).toHaveLength(1);
    }
  });

  test('is left alone when it says that it has too much to do', async () => {
    const overloaded = Object.assign(new Error('Durable Object is overloaded.'), { retryable: true, overloaded: true });
    const { store, calls } = watched(once(overloaded));
    await expect(store.load(aRecord(), now)).rejects.toThrow('overloaded');
    expect(calls()).toHaveLength(1);
  });
});
