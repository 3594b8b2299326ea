import { test } from 'vitest';
import { createRedisStore } from '../../../lambda/redis/redis-store.ts';
import { hasRedis, openRedis, redisAt } from '../../support/redis.ts';
import { sessionStoreContract } from './contract.ts';
import type { OpenedStore } from './contract-parts.ts';

async function open(): Promise<OpenedStore> {
  const { url, close } = await openRedis();
  return { store: createRedisStore(redisAt(url)), elsewhere: createRedisStore(redisAt(url)), close };
}

if (hasRedis()) sessionStoreContract('redis', open);
else test.skip('redis keeps the store contract: NOT RUN, there is no redis-server on this machine');
