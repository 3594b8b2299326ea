import { afterAll, describe, expect, it } from 'vitest';
import {
  maxOperations,
  type Operations,
  ofConnectDynamoDb,
  ofConnectRedis,
  ofTokens,
  onDynamoDb,
  onKv,
  onObjects,
  onRedis,
  requests,
} from '../../bench/operations.ts';

const withinMs = 120_000;
const found: Record<string, Operations> = {};
afterAll(() => console.log(found));

const counted = async (name: string, count: () => Promise<Operations | null>): Promise<Operations | null> => {
  const operations = await count();
  if (operations) found[name] = operations;
  return operations;
};

describe('a thousand requests of one active session over half an hour, counted on the way to the store', () => {
  it.each<[string, () => Promise<Operations | null>]>([
    ['DynamoDB', onDynamoDb],
    ['Redis', onRedis],
    ['Durable Objects', onObjects],
  ])(
    'cost %s at most 60 calls of the session',
    async (name, count) => {
      const operations = await counted(name, count);
      if (operations === null) return;
      expect(operations.reads + operations.writes).toBeGreaterThan(0);
      expect(operations.reads + operations.writes).toBeLessThanOrEqual(maxOperations);
    },
    withinMs,
  );

  it(
    'cost KV at most 15 reads and not one write',
    async () => {
      const operations = await counted('KV', onKv);
      expect(operations?.reads).toBeGreaterThan(0);
      expect(operations?.reads).toBeLessThanOrEqual(15);
      expect(operations?.writes).toBe(0);
    },
    withinMs,
  );

  it(
    'cost a token nothing',
    async () => {
      expect(await counted('token', ofTokens)).toMatchObject({ reads: 0, writes: 0 });
    },
    withinMs,
  );

  it.each<[string, () => Promise<Operations | null>]>([
    ['connect-dynamodb', ofConnectDynamoDb],
    ['connect-redis', ofConnectRedis],
  ])(
    'cost %s, where it is installed, a read and a write each',
    async (name, count) => {
      const operations = await counted(name, count);
      if (operations !== null) expect(operations).toMatchObject({ reads: requests, writes: requests });
    },
    withinMs,
  );
});
