import { test } from 'vitest';
import { createRedisStore } from '../../../lambda/redis/redis-store.ts';
import { hasRedis, openRedis } from '../../support/redis.ts';
import { type OpenedStore, sessionStoreContract } from './contract.ts';

async function open(): Promise<OpenedStore> {
  const { url, close } = await openRedis();
  return { store: createRedisStore({ url }), elsewhere: createRedisStore({ url }), close };
}

if (hasRedis()) sessionStoreContract('redis', open);
else test.skip('redis keeps the store contract: NOT RUN, there is no redis-server on this machine');
