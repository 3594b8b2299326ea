import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createRedisStore } from '../../../lambda/redis/redis-store.ts';
import { base64url, randomBytes } from '../../../shared/crypto/bytes.ts';
import type { StoreRecord } from '../../../shared/session/store/records.ts';
import { endedAtOf } from '../../../shared/session/store/rows.ts';
import type { Store } from '../../../shared/session/store/store.ts';
import { hasRedis, openRedis, redisAt, type TestRedis } from '../../support/redis.ts';

const now = Date.UTC(2026, 0, 1, 12);
const hourMs = 3_600_000;
const name = () => base64url(randomBytes(16));
const aRecord = (): StoreRecord => ({
  sessionId: name(),
  subjectKey: name(),
  secretHash: name(),
  version: 1,
  createdAt: now,
  lastSeenAt: now,
  endsAt: now + hourMs,
  sealed: base64url(randomBytes(400)),
});

if (!hasRedis()) test.skip('eviction: NOT RUN, there is no redis-server on this machine');

describe.skipIf(!hasRedis())('a Redis that drops keys because it is full', () => {
  let redis: TestRedis;
  let store: Store;
  beforeAll(async () => {
    redis = await openRedis();
    store = createRedisStore(redisAt(redis.url));
  });
  afterAll(() => redis?.close());

  const evicted = async (): Promise<number> =>
    Number(/evicted_keys:(\d+)/.exec(String(await redis.send('INFO', 'stats')))?.[1]);

  test.each(['volatile-lru', 'volatile-lfu', 'volatile-random', 'volatile-ttl'])(
    'revives none of 200 ended sessions, ended alone or with all of their subject, under %s',
    async (policy) => {
      await redis.send('FLUSHALL');
      const ended = Array.from({ length: 400 }, aRecord);
      for (const record of ended) await store.create(record, now);
      for (const [i, { sessionId, subjectKey }] of ended.entries()) {
        if (i % 2 === 0) await store.revoke(sessionId, { at: now, why: 'logout', keepUntil: now + hourMs });
        else await store.revokeSubject(subjectKey as string, now, now + hourMs);
      }
      const used = Number(/used_memory:(\d+)/.exec(String(await redis.send('INFO', 'memory')))?.[1]);
      await redis.send('CONFIG', 'SET', 'maxmemory-policy', policy);
      await redis.send('CONFIG', 'SET', 'maxmemory', String(used + 200_000));
      try {
        const before = await evicted();
        while ((await evicted()) - before < 500) for (let i = 0; i < 50; i++) await store.create(aRecord(), now);
        const revived: string[] = [];
        for (const record of ended) {
          const loaded = await store.load(record, now);
          if (loaded.record !== null && endedAtOf(loaded, record.createdAt) === null) revived.push(record.sessionId);
          if ((await store.touch(record, now + 1, now)) === 'touched') revived.push(record.sessionId);
        }
        expect(revived).toEqual([]);
      } finally {
        await redis.send('CONFIG', 'SET', 'maxmemory', '0');
        await redis.send('CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
      }
    },
  );
});
