/** What DynamoDB charges, by its own account of each call, and which items carry the load. */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createDynamoDbStore } from '../../../lambda/dynamodb/dynamodb-parts.ts';
import { base64url, randomBytes } from '../../../shared/crypto/bytes.ts';
import type { StoreRecord } from '../../../shared/session/store/records.ts';
import type { Store } from '../../../shared/session/store/store.ts';
import { openDynalite, type TestTable } from '../../support/dynamodb.ts';

let opened: TestTable;
beforeAll(async () => {
  opened = await openDynalite();
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

interface Bill {
  trips: number;
  writeUnits: number;
  readonly keysRead: string[];
}
interface Consumed {
  readonly ConsumedCapacity?: { CapacityUnits?: number } | { CapacityUnits?: number }[];
}

/** A store whose calls are on the bill. */
function billed(): { store: Store; bill: Bill } {
  const bill: Bill = { trips: 0, writeUnits: 0, keysRead: [] };
  const send = async (command: { constructor: { name: string }; input: Record<string, unknown> }) => {
    bill.trips++;
    command.input.ReturnConsumedCapacity = 'TOTAL';
    const batch = command.input.RequestItems as Record<string, { Keys: Record<string, { S: string }>[] }> | undefined;
    for (const { PK } of batch?.[opened.table]?.Keys ?? []) bill.keysRead.push(PK?.S ?? '');
    const reply = (await opened.client.send(command as never)) as Consumed;
    const units = [reply.ConsumedCapacity ?? []].flat().reduce((sum, one) => sum + (one.CapacityUnits ?? 0), 0);
    if (!batch) bill.writeUnits += units;
    return reply;
  };
  const client = { send } as unknown as DynamoDBClient;
  return { store: createDynamoDbStore({ table: opened.table, client }), bill };
}

const plain = () => createDynamoDbStore({ table: opened.table, client: opened.client });
const put = (item: Record<string, { S: string } | { N: string }>) =>
  opened.client.send(new PutItemCommand({ TableName: opened.table, Item: item }));

test.each([0, 4_000, 16_000, 60_000])('a touch costs one write unit at %d bytes of data', async (length) => {
  const record = aRecord({ sealed: 'x'.repeat(length) });
  const { store, bill } = billed();
  await store.create(record, now);
  for (let minute = 1; minute <= 3; minute++) {
    const at = now + minute * 60_000;
    await store.load(record, at);
    bill.writeUnits = 0;
    expect(await store.touch(record, at, at)).toBe('touched');
    expect(bill.writeUnits).toBe(1);
  }
  expect((await plain().load(record, now)).record?.lastSeenAt).toBe(now + 180_000);
});

test('twenty sessions of a subject are loaded in one round trip', async () => {
  const { store, bill } = billed();
  const subjectKey = name();
  const records = Array.from({ length: 20 }, () => aRecord({ subjectKey }));
  for (const record of records) await store.create(record, now);
  bill.trips = 0;
  const ids = records.map(({ sessionId }) => sessionId);
  const loaded = await store.loadAll(subjectKey, [...ids, name(), ids[0] as string], now);
  expect(bill.trips).toBe(1);
  expect(loaded.map(({ record }) => record)).toEqual([...records, null, records[0]]);
});

test('more sessions than one batch may name are loaded all the same', async () => {
  const store = plain();
  const subjectKey = name();
  const records = Array.from({ length: 70 }, () => aRecord({ subjectKey }));
  await Promise.all(records.map((record) => store.create(record, now)));
  await store.revoke(records[69]?.sessionId as string, { at: now, why: 'logout', keepUntil: now + hourMs });
  const ids = records.map(({ sessionId }) => sessionId);
  const loaded = await store.loadAll(subjectKey, ids, now);
  expect(loaded.map(({ record }) => record)).toEqual(records);
  expect(loaded.map(({ revokedAt }) => revokedAt)).toEqual(records.map((_, i) => (i === 69 ? now : null)));
});

test('of sessions loaded together each has the facts of its own subject', async () => {
  const store = plain();
  const [one, other] = [aRecord(), aRecord()];
  for (const record of [one, other]) await store.create(record, now);
  await store.revokeSubject(other.subjectKey as string, now, now + hourMs);
  const loaded = await store.loadAll(one.subjectKey as string, [one.sessionId, other.sessionId], now);
  expect(loaded.map(({ subjectNotBefore }) => subjectNotBefore)).toEqual([null, now]);
});

test('no partition is read by the loads of all sessions', async () => {
  const { store, bill } = billed();
  const moment = now + hourMs;
  await store.load(aRecord(), moment);
  bill.keysRead.length = 0;
  const loads = 200;
  for (let i = 0; i < loads; i++) await store.load(aRecord(), moment + i);
  const readsOf = new Map<string, number>();
  for (const key of bill.keysRead) readsOf.set(key, (readsOf.get(key) ?? 0) + 1);
  expect(Math.max(...readsOf.values())).toBeLessThan(loads / 3);
  expect(bill.keysRead.length).toBe(5 * loads);
});

test('a sign-out of everyone by the version before holds within a minute, and one by this version there', async () => {
  const store = plain();
  const record = aRecord({ createdAt: now - 9 * hourMs, endsAt: now + 9 * hourMs });
  await store.create(record, now);
  expect((await store.load(record, now)).everyoneNotBefore).toBeNull();
  const fact = { notBefore: { N: String(now - 8 * hourMs) }, keepUntil: { N: String(now + hourMs) } };
  await put({ PK: { S: 'G' }, SK: { S: 'E' }, ...fact });
  expect((await plain().load(record, now)).everyoneNotBefore).toBe(now - 8 * hourMs);
  expect((await store.load(record, now + 60_000)).everyoneNotBefore).toBe(now - 8 * hourMs);
  expect(await store.save({ ...record, version: 2 }, now + 60_001)).toBe('ended');
  await store.revokeEveryone(now - 7 * hourMs, now + hourMs);
  const { store: watched, bill } = billed();
  expect((await watched.load(aRecord(), now)).everyoneNotBefore).toBe(now - 7 * hourMs);
  expect(bill.keysRead).toContain('G');
});

test('a session whose activity the version before has noted was seen then', async () => {
  const record = aRecord();
  await plain().create(record, now);
  await plain().touch(record, now + 1_000, now);
  const { sessionId, ...rest } = { ...record, lastSeenAt: now + 5_000 };
  const attributes = Object.entries(rest).map(([key, value]) => [
    key,
    typeof value === 'number' ? { N: String(value) } : { S: value as string },
  ]);
  await put({ PK: { S: `F#${sessionId}` }, SK: { S: 'A' }, ...Object.fromEntries(attributes) });
  expect((await plain().load(record, now)).record?.lastSeenAt).toBe(now + 5_000);
  expect(await plain().touch(record, now + 4_000, now)).toBe('touched');
  expect((await plain().load(record, now)).record?.lastSeenAt).toBe(now + 5_000);
});

test('a damaged note of activity is none, and is replaced by the next', async () => {
  const record = aRecord();
  await plain().create(record, now);
  await put({ PK: { S: `F#${record.sessionId}` }, SK: { S: 'T' }, lastSeenAt: { S: 'x' } });
  expect((await plain().load(record, now)).record).toEqual(record);
  expect(await plain().touch(record, now + 1_000, now)).toBe('touched');
  expect((await plain().load(record, now)).record?.lastSeenAt).toBe(now + 1_000);
});
