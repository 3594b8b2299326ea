/**
 * How often a session calls its store, beside common session middleware on the same traffic. The whole gateway runs in this
 * process, with a clock that is moved by hand. What it calls is counted on the connection to the database, or at the
 * bindings of a Worker: the session's own calls, and in columns of their own what all sessions of an instance share.
 * `npx node bench/operations.ts` runs it alone.
 */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { createDynamoDbAuthority, createDynamoDbStore } from '../lambda/dynamodb/dynamodb-parts.ts';
import { createRedisStore } from '../lambda/redis/redis-store.ts';
import type { Authority } from '../shared/gateway.ts';
import { openDynalite } from '../test/support/dynamodb.ts';
import { openKv } from '../test/support/kv.ts';
import { hasRedis, openRedis, redisAt } from '../test/support/redis.ts';
import { openObjects } from '../test/support/session-objects.ts';
import { createDurableObjectDocument } from '../worker/durable-objects/durable-object-document.ts';
import { createDurableObjectStore } from '../worker/durable-objects/durable-object-store.ts';
import { createKvStore } from '../worker/kv/kv-store.ts';
import { countKv, countObjects } from './operations/bindings.ts';
import { type MovedClock, takeClock } from './operations/clock.ts';
import { type Counter, createCounter, type Operations } from './operations/count.ts';
import { onConnectDynamoDb, onConnectRedis } from './operations/peers.ts';
import { startsAt, visitGateway } from './operations/visit.ts';
import { countDynamoDb, countRedis } from './operations/wire.ts';
import { printTable, type Row } from './table.ts';

export type { Operations } from './operations/count.ts';
export { requests } from './operations/visit.ts';

/** Of the session itself, at a freshness of 60 s. */
export const maxOperations = 60;
export const maxControl = 180;

type Measure<T> = (clock: MovedClock, counter: Counter) => Promise<T>;

/** What is started before the clock is taken runs by the real one. */
async function measured<T>(measure: Measure<T>): Promise<T> {
  const clock = takeClock(startsAt);
  try {
    return await measure(clock, createCounter());
  } finally {
    clock.restore();
  }
}

/** Opened with the real clock, and closed with it. */
async function onDynalite<T>(
  use: (
    options: { table: string; endpoint: string; client: DynamoDBClient },
    clock: MovedClock,
    counter: Counter,
  ) => Promise<T>,
): Promise<T> {
  const opened = await openDynalite();
  const counter = createCounter();
  const wire = await countDynamoDb(opened.endpoint, counter);
  const endpoint = `http://127.0.0.1:${wire.port}`;
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const client = new DynamoDBClient({ endpoint, region: 'eu-central-1', credentials, maxAttempts: 1 });
  try {
    return await measured((clock) => use({ table: opened.table, endpoint, client }, clock, counter));
  } finally {
    client.destroy();
    await wire.close();
    await opened.close();
  }
}

export const onDynamoDb = (freshness = '60s'): Promise<Operations> =>
  onDynalite((options, clock, counter) => {
    const session = { store: 'dynamodb', freshness };
    const authority = { ...createDynamoDbAuthority(options), readsAtOnce: true };
    return visitGateway({ door: 'lambda', session, store: createDynamoDbStore(options), authority }, clock, counter);
  });

/** With a table, which has the state of the origins. */
export const ofTokens = (): Promise<Operations> =>
  onDynalite((options, clock, counter) => {
    const authority = { ...createDynamoDbAuthority(options), readsAtOnce: false };
    return visitGateway({ door: 'lambda', session: { strategy: 'token' }, store: null, authority }, clock, counter);
  });

export const ofConnectDynamoDb = (): Promise<Operations | null> =>
  onDynalite(({ endpoint }, clock, counter) => onConnectDynamoDb(endpoint, clock, counter));

async function onRedisServer<T>(
  use: (port: number, clock: MovedClock, counter: Counter) => Promise<T>,
): Promise<T | null> {
  if (!hasRedis()) return null;
  const opened = await openRedis();
  const counter = createCounter();
  const wire = await countRedis(opened.port, counter);
  try {
    return await measured((clock) => use(wire.port, clock, counter));
  } finally {
    await wire.close();
    await opened.close();
  }
}

/** `null`: there is no redis-server on this machine. Without a table there is no shared state of the origins. */
export const onRedis = (freshness = '60s'): Promise<Operations | null> =>
  onRedisServer((port, clock, counter) => {
    const store = createRedisStore(redisAt(`redis://:only-for-this-test@127.0.0.1:${port}`));
    const session = { store: 'redis', freshness };
    return visitGateway({ door: 'lambda', session, store, authority: null }, clock, counter);
  });

export const ofConnectRedis = (): Promise<Operations | null> => onRedisServer(onConnectRedis);

/** At KV's minimum. On KV a touch only changes the cookie. */
export async function onKv(): Promise<Operations> {
  const [kv, objects] = [await openKv(), await openObjects()];
  try {
    return await measured((clock, counter) => {
      const store = createKvStore(countKv(kv.namespace, counter));
      const session = { store: 'kv', freshness: '120s' };
      const authority = authorityOn(countObjects(objects.bindings, counter));
      return visitGateway({ door: 'worker', session, store, authority }, clock, counter);
    });
  } finally {
    await kv.close();
    await objects.close();
  }
}

export async function onObjects(freshness = '60s'): Promise<Operations> {
  const { bindings, close } = await openObjects();
  try {
    return await measured((clock, counter) => {
      const counted = countObjects(bindings, counter);
      const session = { store: 'durable-object', freshness };
      const store = createDurableObjectStore(counted);
      return visitGateway({ door: 'worker', session, store, authority: authorityOn(counted) }, clock, counter);
    });
  } finally {
    await close();
  }
}

const authorityOn = (bindings: Parameters<typeof createDurableObjectDocument>[0]): Authority => ({
  document: (name) => createDurableObjectDocument(bindings, name),
  readsAtOnce: true,
});

const told = ({ reads, writes, control, counts }: Operations): string =>
  `${reads} reads, ${writes} writes; beside them, for all sessions of an instance: ${control} control, ${counts} counts`;

export async function operationsTable(): Promise<Row[]> {
  const peers = { 'connect-dynamodb': await ofConnectDynamoDb(), 'connect-redis': await ofConnectRedis() };
  const subjects: readonly (readonly [
    what: string,
    operations: Operations | null,
    peer: keyof typeof peers,
    bar: string,
  ])[] = [
    ['dynamodb', await onDynamoDb(), 'connect-dynamodb', `${maxOperations} calls`],
    ['dynamodb (freshness 0s)', await onDynamoDb('0s'), 'connect-dynamodb', ''],
    ['redis', await onRedis(), 'connect-redis', `${maxOperations} calls`],
    ['redis (freshness 1s)', await onRedis('1s'), 'connect-redis', ''],
    ['durable-object', await onObjects(), 'connect-redis', `${maxOperations} calls`],
    ['kv (freshness 120s)', await onKv(), 'connect-redis', '15 calls'],
    ['token', await ofTokens(), 'connect-dynamodb', '0 calls'],
  ];
  return subjects.flatMap(([what, operations, name, bar]) => {
    if (operations === null) return [];
    const peer = peers[name];
    // As both peers were measured: a read and a touch per request.
    const calls = peer === null ? 2_000 : peer.reads + peer.writes;
    const beside =
      peer === null ? `${name}: not installed (bench/README.md), taken as 2,000` : `${name}: ${told(peer)}`;
    return [
      {
        what: `calls per 1,000 requests, ${what} / ${name}`,
        ratio: (operations.reads + operations.writes) / calls,
        bar,
        detail: `${told(operations)}; ${beside}`,
      },
    ];
  });
}

if (import.meta.main) {
  printTable(await operationsTable());
  process.exit(0);
}
