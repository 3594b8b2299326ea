import type { KVNamespace } from '@cloudflare/workers-types';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { base64url, randomBytes } from '../../../shared/crypto/bytes.ts';
import type { StoreRecord } from '../../../shared/session/store/records.ts';
import { createKvStore } from '../../../worker/kv/kv-store.ts';
import { openKv, type TestNamespace } from '../../support/kv.ts';

let opened: TestNamespace;
let namespace: KVNamespace;
beforeAll(async () => {
  opened = await openKv();
  namespace = opened.namespace;
});
afterAll(() => opened?.close());

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
const keyOf = (sessionId: string, version: number) => `s:${sessionId}:${9_999_999_999 - version}`;

/** The namespace, and a note of every operation asked of it. */
function watched(inner = namespace) {
  const operations: string[] = [];
  const puts: { key: string; expirationTtl: number }[] = [];
  const spied = {
    get: (keys: string[], options: object) => {
      operations.push(`get ${keys.length}`);
      return inner.get(keys, options as never);
    },
    list: (options: object) => {
      operations.push('list');
      return inner.list(options);
    },
    put: (key: string, value: string, options: { expirationTtl: number }) => {
      operations.push('put');
      puts.push({ key, expirationTtl: options.expirationTtl });
      return inner.put(key, value, options);
    },
  };
  return { store: createKvStore(spied as unknown as KVNamespace), operations, puts };
}

test('a load is one operation for the newest version, and one more when the session was saved since', async () => {
  const { store, operations } = watched();
  const record = aRecord();
  await store.create(record, now);
  operations.length = 0;
  await store.load(record, now);
  expect(operations).toEqual(['get 5']);
  await store.save({ ...record, version: 2 }, now);
  operations.length = 0;
  await store.load(record, now);
  expect(operations).toEqual(['get 5', 'get 1']);
});

test('a roster is found by a listing and read once; one that is not there costs the listing alone', async () => {
  const { store, operations } = watched();
  const subject = name();
  await store.loadSessionIndex(subject, now);
  expect(operations.splice(0)).toEqual(['list']);
  await store.saveSessionIndex(subject, 'sealed', 0, now, now);
  expect(operations.splice(0)).toEqual(['list', 'put']);
  await store.loadSessionIndex(subject, now);
  expect(operations.splice(0)).toEqual(['list', 'get 1']);
});

test('a roster that cannot be read still has its revision, so that the next can be put on top', async () => {
  const store = createKvStore(namespace);
  const subject = name();
  await store.saveSessionIndex(subject, 'sealed', 0, now + hourMs, now);
  const [{ name: key }] = (await namespace.list({ prefix: `l:${subject}:` })).keys as [{ name: string }];
  await namespace.put(key, 'damaged');
  expect(await store.loadSessionIndex(subject, now)).toEqual({ revision: 1, sealed: null });
  expect(await store.saveSessionIndex(subject, 'anew', 1, now + hourMs, now)).toBe(true);
  expect(await store.loadSessionIndex(subject, now)).toEqual({ revision: 2, sealed: 'anew' });
});

test('a touch asks nothing of the namespace', async () => {
  const { store, operations } = watched();
  await store.touch(aRecord(), now, now);
  expect(operations).toEqual([]);
});

test('a key that is about to be written is never read first, so that no location remembers it as missing', async () => {
  const asked: string[] = [];
  const spied = {
    get: (keys: string[], options: object) => {
      asked.push(...keys);
      return namespace.get(keys, options as never);
    },
    list: (options: object) => namespace.list(options),
    put: async (key: string, value: string, options: object) => {
      // Every load asks for the head too; half a minute of its age is what freshness allows for.
      if (!key.startsWith('h:')) expect(asked).not.toContain(key);
      return namespace.put(key, value, options);
    },
  };
  const store = createKvStore(spied as unknown as KVNamespace);
  const record = aRecord();
  await store.create(record, now);
  await store.save({ ...record, version: 2 }, now);
  await store.revoke(name(), { at: now, why: 'logout', keepUntil: now });
  await store.revokeSubject(name(), now, now);
  const subject = name();
  for (const revision of [0, 1]) {
    await store.loadSessionIndex(subject, now);
    await store.saveSessionIndex(subject, 'sealed', revision, now, now);
  }
  await store.claimOnce(name(), 'value', now, now);
  expect(asked.length).toBeGreaterThan(0);
});

test('nothing is put for less than the minute KV demands, or for less than it is needed', async () => {
  const { store, puts } = watched();
  const record = aRecord();
  await store.create(record, now);
  await store.create(aRecord({ endsAt: now - 3 * hourMs }), now);
  await store.revoke(record.sessionId, { at: now, why: 'logout', keepUntil: now + hourMs });
  await store.revokeSubject(name(), now, now + hourMs);
  await store.claimOnce(name(), 'value', now - 3 * hourMs, now);
  expect(puts.map(({ expirationTtl }) => expirationTtl)).toEqual([7200, 60, 7200, 7200, 60]);
});

test('a version once written stays as it was, beside the newer one', async () => {
  const store = createKvStore(namespace);
  const record = aRecord();
  await store.create(record, now);
  const before = await namespace.get(keyOf(record.sessionId, 1));
  await store.save({ ...record, version: 2, sealed: 'newer' }, now);
  expect(await namespace.get(keyOf(record.sessionId, 1))).toBe(before);
  expect(await namespace.get(keyOf(record.sessionId, 2))).toContain('newer');
});

test('a save whose second write was lost is found by whoever meets its conflict', async () => {
  const store = createKvStore(namespace);
  const record = aRecord();
  await store.create(record, now);
  await store.save({ ...record, version: 2 }, now);
  await namespace.delete(`h:${record.sessionId}`);
  expect((await store.load(record, now)).record?.version).toBe(1);
  expect(await store.save({ ...record, version: 2 }, now)).toBe('conflict');
  expect((await store.load(record, now)).record?.version).toBe(2);
});

test.each([
  ['text that is not JSON', 'not json'],
  ['another session', JSON.stringify({ ...aRecord(), family: aRecord().sessionId })],
  ['null', 'null'],
  ['a list', '[]'],
])('a record that holds %s is no record', async (_, text) => {
  const store = createKvStore(namespace);
  const { sessionId } = aRecord();
  await namespace.put(keyOf(sessionId, 1), text);
  expect((await store.load({ sessionId, version: 1 }, now)).record).toBeNull();
  expect((await store.load({ sessionId }, now)).record).toBeNull();
  expect(await store.save(aRecord({ sessionId, version: 2 }), now)).not.toBe('saved');
});

test('an older record under a newer version is no record', async () => {
  const store = createKvStore(namespace);
  const record = aRecord();
  await store.create(record, now);
  await namespace.put(keyOf(record.sessionId, 2), JSON.stringify(record));
  expect((await store.load({ ...record, version: 2 }, now)).record).toBeNull();
});

test('a head that makes no sense is overlooked', async () => {
  const store = createKvStore(namespace);
  for (const text of ['x', '-1', '1e99', '5', '"7"', '{}']) {
    const record = aRecord();
    await store.create(record, now);
    await namespace.put(`h:${record.sessionId}`, text);
    expect((await store.load(record, now)).record).toEqual(record);
  }
});

test('a key of another kind below the family is no version', async () => {
  const store = createKvStore(namespace);
  const { sessionId } = aRecord();
  await namespace.put(`s:${sessionId}:foreign`, 'x');
  expect((await store.load({ sessionId }, now)).record).toBeNull();
});

test('a marker that cannot be read any more still ends the family', async () => {
  const store = createKvStore(namespace);
  const record = aRecord();
  await store.create(record, now);
  await namespace.put(`r:${record.sessionId}`, 'damaged');
  expect((await store.load(record, now)).revokedAt).toBe(0);
  expect(await store.save({ ...record, version: 2 }, now)).toBe('ended');
});

test('a subject fact that cannot be read is none, and is written anew', async () => {
  const store = createKvStore(namespace);
  const record = aRecord();
  await store.create(record, now);
  await namespace.put(`n:${record.subjectKey}`, 'damaged');
  expect((await store.load(record, now)).subjectNotBefore).toBeNull();
  const other = aRecord();
  await store.create(other, now);
  await namespace.put(`n:${other.subjectKey}`, 'damaged', { metadata: { notBefore: 'x' } });
  await store.revokeSubject(other.subjectKey as string, now, now + hourMs);
  expect((await store.load(other, now)).subjectNotBefore).toBe(now);
});

test('a place that cannot be read is a taken one', async () => {
  const store = createKvStore(namespace);
  const key = name();
  await store.claimOnce(key, 'first', now + hourMs, now);
  const place = (await namespace.list({ prefix: 'o:' })).keys.map((entry) => entry.name);
  for (const one of place) await namespace.put(one, 'damaged');
  expect(await store.claimOnce(key, 'second', now + hourMs, now)).toBe('');
});

test('neither the key nor the value of a place shows in its name', async () => {
  const store = createKvStore(namespace);
  const key = `secret-${name()}`;
  await store.claimOnce(key, 'value', now + hourMs, now);
  const { keys } = await namespace.list();
  expect(JSON.stringify(keys)).not.toContain(key);
});

test('a namespace that fails is an error, and never an ended session', async () => {
  const down = () => Promise.reject(new Error('KV GET failed: 500'));
  const store = createKvStore({ get: down, list: down, put: down } as unknown as KVNamespace);
  await expect(store.load(aRecord(), now)).rejects.toThrow();
  await expect(store.save(aRecord({ version: 2 }), now)).rejects.toThrow();
});
