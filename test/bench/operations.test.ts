import { describe, expect, it } from 'vitest';
import {
  maxReads,
  maxWrites,
  ofPlainMiddleware,
  ofTokens,
  onDynamoDb,
  onKv,
  onObjects,
  requests,
} from '../../bench/operations.ts';

describe('a thousand requests of one active session over half an hour', () => {
  it.each([
    ['DynamoDB', onDynamoDb],
    ['Durable Objects and Redis', onObjects],
    ['KV', onKv],
  ])('cost %s at most 40 reads and 35 writes', async (_, count) => {
    const { reads, writes } = await count();
    expect(reads).toBeGreaterThan(0);
    expect(reads).toBeLessThanOrEqual(maxReads);
    expect(writes).toBeLessThanOrEqual(maxWrites);
  });

  it('cost KV not one write', async () => {
    expect((await onKv()).writes).toBe(0);
  });

  it('cost a token nothing', async () => {
    expect(await ofTokens()).toEqual({ reads: 0, writes: 0 });
  });

  it('cost the usual middleware a read and a write each', async () => {
    expect(await ofPlainMiddleware()).toEqual({ reads: requests, writes: requests });
  }, 60_000);
});
