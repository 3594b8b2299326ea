/**
 * How often a session calls its store, compared with common session middleware, which reads and touches on every request,
 * against the same table. Counted just before the network: SDK commands, KV calls, calls of an object.
 * `npx node bench/operations.ts` runs it alone.
 */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { GetItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import type { KVNamespace } from '@cloudflare/workers-types';
import { createDynamoDbStore } from '../lambda/dynamodb/dynamodb-parts.ts';
import { createMemoryStore } from '../shared/session/store/memory-store.ts';
import type { Strategy } from '../shared/session/strategy/strategy.ts';
import { createBrokenStore } from '../test/support/broken-store.ts';
import { openDynalite } from '../test/support/dynamodb.ts';
import { openKv } from '../test/support/kv.ts';
import {
  beginningOf,
  minuteMs,
  sessionSettings,
  someClient,
  someKeys,
  storedStrategy,
  tokenStrategy,
} from '../test/support/session-parts.ts';
import { createKvStore } from '../worker/kv/kv-store.ts';
import { printTable, type Row } from './table.ts';

export interface Operations {
  readonly reads: number;
  readonly writes: number;
}

export const requests = 1_000;
const periodMs = 30 * minuteMs;
export const maxReads = 40;
export const maxWrites = 35;
const startsAt = Date.UTC(2026, 0, 1, 12);

/** One session, with requests evenly spread over the period. */
async function visit(strategy: Strategy, freshnessMs: number): Promise<void> {
  const begun = await strategy.begin(beginningOf(startsAt));
  if (begun.kind !== 'begun') throw new Error(begun.kind);
  let { value } = begun;
  for (let i = 1; i <= requests; i++) {
    const now = startsAt + Math.round((i * periodMs) / requests);
    const need = { now, freshnessMs, touch: true, safeMethod: true, client: () => someClient };
    const recognised = await strategy.authenticate(value, need);
    if (recognised.kind !== 'active') throw new Error(`request ${i}: ${recognised.kind}`);
    value = recognised.renewed ?? value;
  }
}

interface Count {
  reads: number;
  writes: number;
}

/** The login does not count towards the limit. */
async function counted(count: Count, strategy: Strategy, freshnessMs: number): Promise<Operations> {
  const atLogin: Count = { reads: 0, writes: 0 };
  const begin: Strategy['begin'] = async (beginning) => {
    const begun = await strategy.begin(beginning);
    Object.assign(atLogin, count);
    return begun;
  };
  await visit({ ...strategy, begin }, freshnessMs);
  return { reads: count.reads - atLogin.reads, writes: count.writes - atLogin.writes };
}

function countingClient(client: DynamoDBClient): { client: DynamoDBClient; count: Count } {
  const count: Count = { reads: 0, writes: 0 };
  const send = (command: { constructor: { name: string } }, ...rest: unknown[]) => {
    count[/Get/.test(command.constructor.name) ? 'reads' : 'writes']++;
    return (client.send as (...given: unknown[]) => unknown)(command, ...rest);
  };
  return { client: new Proxy(client, { get: (of, name) => (name === 'send' ? send : Reflect.get(of, name)) }), count };
}

export async function onDynamoDb(): Promise<Operations> {
  const { table, client: bare, close } = await openDynalite();
  try {
    const { client, count } = countingClient(bare);
    return await counted(count, storedStrategy(createDynamoDbStore({ table, client }), someKeys()), minuteMs);
  } finally {
    await close();
  }
}

/** As connect-dynamodb and similar middleware work: every request reads the record and extends its expiry. */
export async function ofPlainMiddleware(): Promise<Operations> {
  const { table: TableName, client: bare, close } = await openDynalite();
  try {
    const { client, count } = countingClient(bare);
    const Key = { PK: { S: 'sess:1' }, SK: { S: 'A' } };
    for (let i = 1; i <= requests; i++) {
      await client.send(new GetItemCommand({ TableName, Key, ConsistentRead: true }));
      await client.send(
        new UpdateItemCommand({
          ...{ TableName, Key },
          UpdateExpression: 'SET #expires = :expires',
          ExpressionAttributeNames: { '#expires': 'expires' },
          ExpressionAttributeValues: { ':expires': { N: String(startsAt + i) } },
        }),
      );
    }
    return { ...count };
  } finally {
    await close();
  }
}

/** At KV's minimum freshness. On KV, a touch only changes the cookie. */
export async function onKv(): Promise<Operations> {
  const { namespace, close } = await openKv();
  try {
    const count: Count = { reads: 0, writes: 0 };
    const on = <A extends unknown[], R>(which: keyof Count, call: (...given: A) => R) => {
      return (...given: A): R => {
        count[which]++;
        return call(...given);
      };
    };
    const counting = {
      get: on('reads', namespace.get.bind(namespace)),
      list: on('reads', namespace.list.bind(namespace)),
      put: on('writes', namespace.put.bind(namespace)),
    } as unknown as KVNamespace;
    const strategy = storedStrategy(createKvStore(counting), someKeys(), sessionSettings({ store: 'kv' }));
    return await counted(count, strategy, 2 * minuteMs);
  } finally {
    await close();
  }
}

/** Calls of the Store port. On Durable Objects and Redis, each is one round trip. */
export async function onObjects(): Promise<Operations> {
  const { store, calls } = createBrokenStore(createMemoryStore());
  const strategy = storedStrategy(store, someKeys());
  const count = {
    get reads() {
      return calls.load + calls.loadSessionIndex;
    },
    get writes() {
      return calls.create + calls.touch + calls.save + calls.saveSessionIndex;
    },
  };
  return counted(count as Count, strategy, minuteMs);
}

export async function ofTokens(): Promise<Operations> {
  return counted({ reads: 0, writes: 0 }, tokenStrategy(null, someKeys()), Number.POSITIVE_INFINITY);
}

export async function operationsTable(): Promise<Row[]> {
  const plain = await ofPlainMiddleware();
  const row = (what: string, { reads, writes }: Operations, bar: string): Row => ({
    what: `round trips per 1,000 requests, ${what} / plain middleware`,
    ratio: (reads + writes) / (plain.reads + plain.writes),
    bar,
    detail: `${reads} reads, ${writes} writes; plain middleware: ${plain.reads} reads, ${plain.writes} writes`,
  });
  const stored = `${maxReads} reads, ${maxWrites} writes`;
  return [
    row('dynamodb', await onDynamoDb(), stored),
    row('durable-object or redis', await onObjects(), stored),
    row('kv (freshness 120s)', await onKv(), stored),
    row('token', await ofTokens(), '0 and 0'),
  ];
}

if (import.meta.main) printTable(await operationsTable());
