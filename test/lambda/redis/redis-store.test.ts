import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createRedisStore } from '../../../lambda/redis/redis-store.ts';
import { base64url, randomBytes } from '../../../shared/crypto/bytes.ts';
import type { StoreRecord } from '../../../shared/session/store/records.ts';
import type { Store } from '../../../shared/session/store/store.ts';
import { type CutOff, openCutOff } from '../../support/cut-off.ts';
import { hasRedis, openRedis, redisAt, type TestRedis } from '../../support/redis.ts';

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

if (!hasRedis()) test.skip('the redis store: NOT RUN, there is no redis-server on this machine');

describe.skipIf(!hasRedis())('the redis store', () => {
  let redis: TestRedis;
  let store: Store;
  beforeAll(async () => {
    redis = await openRedis();
    store = createRedisStore(redisAt(redis.url));
  });
  afterAll(() => redis?.close());

  /** The same server over a way that can be cut. */
  async function through(use: (store: Store, way: CutOff) => Promise<void>): Promise<void> {
    const way = await openCutOff(redis.port);
    try {
      await use(createRedisStore(redisAt(redis.url.replace(`:${redis.port}`, `:${way.port}`))), way);
    } finally {
      await way.close();
    }
  }

  test('each call is one round trip, whoever is asked for', () =>
    through(async (store, way) => {
      const record = aRecord();
      const key = name();
      const calls: Record<string, () => Promise<unknown>> = {
        create: () => store.create(record, now),
        load: () => store.load(record, now),
        'load by family': () => store.load({ sessionId: record.sessionId }, now),
        'load for somebody else': () => store.load({ ...record, subjectKey: name() }, now),
        touch: () => store.touch(record, now + 1, now),
        save: () => store.save({ ...record, version: 2 }, now),
        revoke: () => store.revoke(record.sessionId, aRevocation),
        revokeSubject: () => store.revokeSubject(name(), now, now),
        revokeEveryone: () => store.revokeEveryone(now - hourMs, now),
        readRoster: () => store.loadSessionIndex(key, now),
        writeRoster: () => store.saveSessionIndex(key, 'sealed', 0, now, now),
        once: () => store.claimOnce(key, 'value', now, now),
        'once, taken': () => store.claimOnce(key, 'value', now, now),
        check: () => store.check(Date.now()),
      };
      // Scripts are new to the server once.
      for (const call of Object.values(calls)) await call();
      for (const [title, call] of Object.entries(calls)) {
        way.commands();
        await call();
        expect([title, way.commands().length]).toEqual([title, 1]);
      }
    }));

  test('a script that the server has forgotten is sent whole, once', () =>
    through(async (store, way) => {
      const record = aRecord();
      await store.create(record, now);
      await store.load(record, now);
      await redis.send('SCRIPT', 'FLUSH');
      way.commands();
      expect((await store.load(record, now)).record).toEqual(record);
      expect((await store.load(record, now)).record).toEqual(record);
      expect(way.commands()).toEqual(['EVALSHA', 'EVAL', 'EVALSHA']);
    }));

  test('a call whose reply was lost recognises its own work when it is repeated', () =>
    through(async (store, way) => {
      const record = aRecord();
      const [subject, key] = [record.subjectKey as string, name()];
      // So that the replies which are lost are not the server's question for a script.
      const other = aRecord();
      await store.create(other, now);
      await store.load(other, now);
      await store.touch(other, now, now);
      await store.save({ ...other, version: 2 }, now);
      await store.saveSessionIndex(name(), 'other', 0, now, now);
      await store.claimOnce(name(), 'other', now, now);
      const lost = <T>(call: () => Promise<T>): Promise<T> => {
        way.loseNextReply();
        return call();
      };
      expect(await lost(() => store.create(record, now))).toBe(true);
      expect(await lost(() => store.touch(record, now + 1, now))).toBe('touched');
      expect(await lost(() => store.save({ ...record, version: 2 }, now))).toBe('saved');
      expect(await lost(() => store.saveSessionIndex(subject, 'first', 0, now, now))).toBe(true);
      expect(await lost(() => store.saveSessionIndex(subject, 'second', 1, now, now))).toBe(true);
      expect(await lost(() => store.claimOnce(key, 'value', now + 1, now))).toBeNull();
      expect(await lost(() => store.claimOnce(key, 'value', now + 1, now))).toBe('value');
      await lost(() => store.revoke(record.sessionId, aRevocation));
      expect(await lost(() => store.load(record, now))).toMatchObject({ record: { version: 2 }, revokedAt: now });
    }));

  test('a connection that was closed while nobody asked is replaced unnoticed', async () => {
    const record = aRecord();
    await store.create(record, now);
    await redis.send('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    expect((await store.load(record, now)).record).toEqual(record);
  });

  test('parallel first calls share one connection', () =>
    through(async (store) => {
      const before = Number(/total_connections_received:(\d+)/.exec(String(await redis.send('INFO', 'stats')))?.[1]);
      await Promise.all(Array.from({ length: 10 }, () => store.check(Date.now())));
      const after = Number(/total_connections_received:(\d+)/.exec(String(await redis.send('INFO', 'stats')))?.[1]);
      // One for the store, one for this second look.
      expect(after - before).toBe(2);
    }));

  test('a Redis that falls silent is an error within seconds', () =>
    through(async (store, way) => {
      await store.check(Date.now());
      way.fallSilent();
      const begun = performance.now();
      await expect(store.load(aRecord(), now)).rejects.toThrow('Redis did not answer: TIMEOUT');
      expect(performance.now() - begun).toBeLessThan(3_000);
    }));

  test('a Redis that is not there is an error at once', async () => {
    const begun = performance.now();
    await expect(createRedisStore(redisAt('redis://127.0.0.1:1')).check(Date.now())).rejects.toThrow('ECONNREFUSED');
    expect(performance.now() - begun).toBeLessThan(1_000);
  });

  test('a wrong password is an error that does not show it', async () => {
    const url = redis.url.replace(/:[^:@]+@/, ':hunter2@');
    const error: Error = await createRedisStore(redisAt(url))
      .check(Date.now())
      .catch((thrown) => thrown);
    expect(error.message).toBe('Redis did not answer: WRONGPASS');
    expect(error.stack).not.toContain('hunter2');
  });

  test('a full Redis is an error that names nothing of what was asked, and reading goes on', async () => {
    const record = aRecord();
    await store.create(record, now);
    await redis.send('CONFIG', 'SET', 'maxmemory', '1');
    try {
      const error: Error = await store.create(aRecord(), now).catch((thrown) => thrown);
      expect(error.message).toBe('Redis did not answer: OOM');
      expect(error.cause).toBeUndefined();
      expect((await store.load(record, now)).record).toEqual(record);
      // The check of a live session that was active asks for both at once.
      expect(await store.load(record, now, { at: now + 1, ifSeenAfter: 0 })).toMatchObject({ record });
    } finally {
      await redis.send('CONFIG', 'SET', 'maxmemory', '0');
    }
  });

  test('a server that has become a replica is asked no more than twice, and works again as a primary', () =>
    through(async (store, way) => {
      const record = aRecord();
      await store.create(record, now);
      await redis.send('REPLICAOF', '127.0.0.1', '1');
      way.commands();
      await expect(store.revoke(record.sessionId, aRevocation)).rejects.toThrow('Redis did not answer: READONLY');
      expect(way.commands()).toEqual(['EVALSHA', 'EVALSHA']);
      await redis.send('REPLICAOF', 'NO', 'ONE');
      await store.revoke(record.sessionId, aRevocation);
      expect((await store.load(record, now)).revokedAt).toBe(now);
    }));

  test('a Redis that lost everything has no sessions and is used again', async () => {
    const record = aRecord();
    await store.create(record, now);
    await redis.restart();
    expect((await store.load(record, now)).record).toBeNull();
    expect(await store.create(record, now)).toBe(true);
  });

  test('every key is forgotten by Redis itself, an hour after it was needed last', async () => {
    const record = aRecord();
    const [subject, key] = [record.subjectKey as string, name()];
    await redis.send('FLUSHALL');
    await store.create(record, now);
    await store.touch(record, now + 1, now);
    await store.save({ ...record, version: 2 }, now);
    await store.revoke(record.sessionId, aRevocation);
    await store.revokeSubject(subject, now, now + hourMs);
    await store.revokeEveryone(now - 1, now - 1 + hourMs);
    await store.saveSessionIndex(subject, 'sealed', 0, now + hourMs, now);
    await store.claimOnce(key, 'value', now + hourMs, now);
    const keys = (await redis.send('KEYS', '*')) as string[];
    const facts = [`{berth}:n:${subject}`, '{berth}:everyone', '{berth}:facts'];
    expect(keys).toHaveLength(7);
    for (const one of keys.filter((each) => !facts.includes(each))) {
      const left = Number(await redis.send('PTTL', one));
      expect(left).toBeGreaterThan(2 * hourMs - 60_000);
      expect(left).toBeLessThanOrEqual(2 * hourMs);
    }
    expect(keys.join()).not.toContain(key);
  });

  test('facts that end more than one session have no lifetime, and are swept an hour after they were needed last', async () => {
    const [subject, unseen] = [name(), name()];
    await redis.send('FLUSHALL');
    await store.revokeSubject(subject, now, now + hourMs);
    await store.revokeEveryone(now, now + hourMs);
    // The session of a token: no record has its end.
    await store.revoke(unseen, aRevocation);
    const facts = [`{berth}:n:${subject}`, '{berth}:everyone', `{berth}:r:${unseen}`];
    for (const one of facts) expect([one, await redis.send('PTTL', one)]).toEqual([one, -1]);
    await store.sweep(now + 2 * hourMs - 1);
    expect(await redis.send('EXISTS', ...facts)).toBe(3);
    await store.sweep(now + 2 * hourMs);
    expect(await redis.send('DBSIZE')).toBe(0);
  });

  test.each(['marker', 'record'])('a session whose %s was dropped stays ended', async (dropped) => {
    const record = aRecord();
    await store.create(record, now);
    await store.revoke(record.sessionId, aRevocation);
    await redis.send('DEL', `{berth}:${dropped === 'marker' ? 'r' : 's'}:${record.sessionId}`);
    expect((await store.load(record, now)).revokedAt).toBe(now);
    expect(await store.touch(record, now + 1, now)).toBe('ended');
    expect(await store.save({ ...record, version: 2 }, now)).toBe('ended');
    expect(await store.revoke(record.sessionId, { ...aRevocation, at: now + 5 })).toEqual({ at: now, successor: null });
  });

  test('a sign-out works on a Redis that is full and accepts nothing', async () => {
    const [record, other] = [aRecord(), aRecord()];
    await store.create(record, now);
    await store.create(other, now);
    await redis.send('CONFIG', 'SET', 'maxmemory', '1');
    try {
      await expect(store.check(now)).rejects.toThrow('OOM');
      expect(await store.revoke(record.sessionId, aRevocation)).toBeNull();
      await expect(store.revoke(other.sessionId, { ...aRevocation, successor: name() })).rejects.toThrow('OOM');
    } finally {
      await redis.send('CONFIG', 'SET', 'maxmemory', '0');
    }
    expect((await store.load(record, now)).record).toBeNull();
    expect(await store.save({ ...record, version: 2 }, now)).toBe('ended');
    expect((await store.load(other, now)).record).toEqual(other);
  });

  test('a policy that drops any key is no store for sessions, and one that drops some is a warning', async () => {
    await redis.send('CONFIG', 'SET', 'maxmemory', String(512 * 1024 * 1024));
    try {
      for (const policy of ['allkeys-lru', 'allkeys-lfu', 'allkeys-random']) {
        await redis.send('CONFIG', 'SET', 'maxmemory-policy', policy);
        await expect(store.check(now)).rejects.toThrow(policy);
      }
      for (const policy of ['volatile-lru', 'volatile-lfu', 'volatile-random', 'volatile-ttl']) {
        await redis.send('CONFIG', 'SET', 'maxmemory-policy', policy);
        expect((await store.check(now))[0]).toContain(policy);
      }
      await redis.send('CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
      expect(await store.check(now)).toEqual([]);
    } finally {
      await redis.send('CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
      await redis.send('CONFIG', 'SET', 'maxmemory', '0');
    }
  });

  test('a subject fact is kept as long as its longest call asked, though its moment moves on', async () => {
    const subject = name();
    await store.revokeSubject(subject, now, now + 9 * hourMs);
    await store.revokeSubject(subject, now + 5, now + hourMs);
    expect(await redis.send('HGETALL', `{berth}:n:${subject}`)).toMatchObject({
      notBefore: String(now + 5),
      keepUntil: String(now + 9 * hourMs),
    });
    expect(Number(await redis.send('ZSCORE', '{berth}:facts', `{berth}:n:${subject}`))).toBe(now + 10 * hourMs);
  });

  test.each([
    ['version', 'x'],
    ['version', '0'],
    ['version', '1.5'],
    ['createdAt', ''],
    ['lastSeenAt', 'soon'],
  ])('a record whose %s is "%s" is no record', async (field, value) => {
    const record = aRecord();
    await store.create(record, now);
    await redis.send('HSET', `{berth}:s:${record.sessionId}`, field, value);
    expect((await store.load(record, now)).record).toBeNull();
    expect(await store.save({ ...record, version: 2 }, now)).not.toBe('saved');
    expect(await store.create(record, now)).toBe(false);
  });

  test('a marker that cannot be read any more still ends the family', async () => {
    const record = aRecord();
    await store.create(record, now);
    await redis.send('SET', `{berth}:r:${record.sessionId}`, 'damaged');
    expect((await store.load(record, now)).revokedAt).toBe(0);
    expect(await store.touch(record, now + 1, now)).toBe('ended');
  });

  test('a subject fact that cannot be read is none, and is mended by the next', async () => {
    const record = aRecord();
    await store.create(record, now);
    await redis.send('HSET', `{berth}:n:${record.subjectKey}`, 'notBefore', 'x');
    expect((await store.load(record, now)).subjectNotBefore).toBeNull();
    await store.revokeSubject(record.subjectKey as string, now, now + hourMs);
    expect((await store.load(record, now)).subjectNotBefore).toBe(now);
  });

  test('a place whose end cannot be read is a taken one', async () => {
    const key = name();
    await redis.send('FLUSHALL');
    await store.claimOnce(key, 'first', now + hourMs, now);
    const [place = ''] = (await redis.send('KEYS', '{berth}:o:*')) as string[];
    await redis.send('HSET', place, 'keepUntil', 'x');
    expect(await store.claimOnce(key, 'second', now + 9 * hourMs, now + 5 * hourMs)).toBe('first');
  });

  test('the client is loaded by the first question and not before', async () => {
    let loaded = 0;
    vi.resetModules();
    vi.doMock('../../../lambda/redis/client.ts', () => {
      loaded++;
      throw new Error('not in this test');
    });
    const { createRedisStore: create } = await import('../../../lambda/redis/redis-store.ts');
    const unasked = create(redisAt(redis.url));
    expect(loaded).toBe(0);
    await expect(unasked.check(Date.now())).rejects.toThrow();
    expect(loaded).toBe(1);
    vi.doUnmock('../../../lambda/redis/client.ts');
  });
});
