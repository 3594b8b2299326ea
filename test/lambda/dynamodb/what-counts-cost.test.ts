/** What counting costs on DynamoDB, by its own account, with so many instances that a document would cost 1,649 units. */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createDynamoDbAuthority } from '../../../lambda/dynamodb/dynamodb-parts.ts';
import { emptyTrail, type Trail } from '../../../shared/context.ts';
import { createCounting } from '../../../shared/metrics/flush.ts';
import type { Platform } from '../../../shared/platform.ts';
import { openDynalite, type TestTable } from '../../support/dynamodb.ts';

let opened: TestTable;
beforeEach(async () => {
  opened = await openDynalite();
});
afterEach(() => opened?.close());

const begin = Date.UTC(2026, 0, 1, 12);
const instances = 24;
const seconds = 600;

test.each([30, 300])('1,200 instances with %d routes write at most 20 units per second', async (routes) => {
  const units = { ofFlushes: 0, ofSums: 0 };
  const partitions = new Set<string>();
  const send = async (command: { input: Record<string, unknown> }) => {
    command.input.ReturnConsumedCapacity = 'TOTAL';
    const reply = (await opened.client.send(command as never)) as { ConsumedCapacity?: { CapacityUnits?: number } };
    const used = reply.ConsumedCapacity?.CapacityUnits ?? 0;
    const key = (command.input.Item ?? command.input.Key) as { PK?: { S: string } } | undefined;
    if (key?.PK?.S.startsWith('N#')) {
      units.ofFlushes += used;
      partitions.add(key.PK.S);
    } else if (key) units.ofSums += used;
    return reply;
  };
  const options = { table: opened.table, client: { send } as unknown as DynamoDBClient };
  const platform = { door: 'lambda', log: () => {} } as unknown as Platform;
  const fleet = Array.from({ length: instances }, () =>
    createCounting({
      document: null,
      counts: createDynamoDbAuthority(options).counts ?? null,
      platform,
      revision: 'a-revision',
    }),
  );
  const deferred: Promise<unknown>[] = [];
  const defer = (work: Promise<unknown>) => void deferred.push(work);
  let noted = 0;
  // Each instance answers a request a second, of any route.
  for (let second = 0; second < seconds; second++) {
    for (const [i, counting] of fleet.entries()) {
      const route = (second * 7_919 + i * 104_729) % routes;
      const origin = ['eu', 'us', 'ap'][route % 3] as string;
      const trail: Trail = {
        ...emptyTrail(),
        ...{ route, pool: 'application', origin, because: 'pinned', session: 'active', attempts: 1 },
        assignment: { kind: 'kept', pool: 'application', origin },
        client: { high: Math.imul(noted, 0x9e3779b1) >>> 0, low: Math.imul(noted, 0x85ebca6b) >>> 0 },
      };
      counting.note(trail, 200, (noted * 37) % 400);
      noted++;
      counting.flushWhenDue(begin + second * 1_000 + i * 41, { defer });
    }
    await Promise.all(deferred.splice(0));
    if (second % 60 === 59) await fleet[0]?.flushNow(begin + second * 1_000);
  }
  // Every instance flushes; one sums up for all.
  const perSecond = (units.ofFlushes * (1_200 / instances) + units.ofSums) / seconds;
  expect(perSecond).toBeLessThanOrEqual(20);
  expect(partitions.size).toBeGreaterThan(20);

  const end = begin + seconds * 1_000;
  for (const counting of fleet) await counting.flushNow(end);
  const total = await fleet[0]?.total(end);
  const requests = [...(total?.tally.counts ?? [])].filter(([key]) => key.startsWith('requests|'));
  expect(requests.reduce((sum, [, count]) => sum + count, 0)).toBe(noted);
});
