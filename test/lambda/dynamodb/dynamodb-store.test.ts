import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { type DynamoDBClient, GetItemCommand, PutItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { createDynamoDbStore } from '../../../lambda/dynamodb/dynamodb-parts.ts';
import { base64url, randomBytes } from '../../../shared/crypto/bytes.ts';
import { everyoneCopies } from '../../../shared/dynamodb/everyone.ts';
import type { StoreRecord } from '../../../shared/session/store/records.ts';
import { openDynalite, type TestTable } from '../../support/dynamodb.ts';

let opened: TestTable;
beforeAll(async () => {
  opened = await openDynalite();
});
afterAll(() => opened?.close());
afterEach(() => vi.unstubAllEnvs());

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
type Send = (command: { input: Record<string, unknown> }, options?: object) => Promise<unknown>;

/** The real client behind a `send` of the test's own. */
const through = (send: (command: { input: Record<string, unknown> }, pass: Send) => Promise<unknown>) => {
  const pass = ((command: never, options: never) => opened.client.send(command, options)) as unknown as Send;
  return createDynamoDbStore({
    table: opened.table,
    client: { send: (command: never) => send(command, pass) } as unknown as DynamoDBClient,
  });
};
const watched = () => {
  const commands: { name: string; input: Record<string, unknown> }[] = [];
  const store = through((command, pass) => {
    commands.push({ name: command.constructor.name, input: command.input });
    return pass(command);
  });
  return { store, commands, names: () => commands.splice(0).map((command) => command.name) };
};
const plain = () => createDynamoDbStore({ table: opened.table, client: opened.client });
const put = (item: Record<string, { S: string } | { N: string } | { BOOL: boolean }>) =>
  opened.client.send(new PutItemCommand({ TableName: opened.table, Item: item }));
const itemOf = async (PK: string, SK = 'A') =>
  (
    await opened.client.send(
      new GetItemCommand({ TableName: opened.table, Key: { PK: { S: PK }, SK: { S: SK } }, ConsistentRead: true }),
    )
  ).Item;

test('each call costs as few round trips as it can', async () => {
  const { store, names } = watched();
  const record = aRecord();
  await store.create(record, now);
  expect(names()).toEqual(['PutItemCommand']);
  await store.load(record, now);
  expect(names()).toEqual(['BatchGetItemCommand']);
  await store.touch(record, now + 1, now);
  expect(names()).toEqual(['UpdateItemCommand']);
  await store.touch(record, now + 2, now);
  expect(names()).toEqual(['BatchGetItemCommand', 'UpdateItemCommand']);
  await store.touch(record, now + 1, now);
  expect(names()).toEqual(['BatchGetItemCommand']);
  await store.load(record, now);
  await store.save({ ...record, version: 2 }, now);
  expect(names()).toEqual(['BatchGetItemCommand', 'UpdateItemCommand']);
  // The marker and its two notes are written side by side.
  await store.revoke(record.sessionId, { at: now, why: 'logout', keepUntil: now });
  expect(names()).toEqual(['PutItemCommand', 'UpdateItemCommand', 'UpdateItemCommand']);
  await store.revokeSubject(name(), now, now);
  expect(names()).toEqual(['UpdateItemCommand']);
  await store.revokeEveryone(now - 2 * hourMs, now);
  expect(names()).toEqual(Array.from({ length: everyoneCopies + 1 }, () => 'UpdateItemCommand'));
  const subject = name();
  await store.loadSessionIndex(subject, now);
  expect(names()).toEqual(['BatchGetItemCommand']);
  await store.saveSessionIndex(subject, 'sealed', 0, now, now);
  expect(names()).toEqual(['UpdateItemCommand']);
  await store.saveSessionIndex(subject, 'sealed', 0, now, now);
  expect(names()).toEqual(['UpdateItemCommand', 'BatchGetItemCommand']);
  await store.claimOnce(name(), 'value', now, now);
  expect(names()).toEqual(['PutItemCommand']);
  await store.check(Date.now());
  expect(names().toSorted()).toEqual(['BatchGetItemCommand', 'PutItemCommand', 'UpdateItemCommand']);
});

test('what was loaded for one request is not used for the next', async () => {
  const { store, names } = watched();
  const record = aRecord();
  await store.create(record, now);
  await store.load(record, now);
  names();
  await store.touch(record, now + 5, now + 1);
  expect(names()).toEqual(['BatchGetItemCommand', 'UpdateItemCommand']);
});

test('no write goes without a condition and no read without consistency', async () => {
  const { store, commands } = watched();
  const record = aRecord();
  await store.create(record, now);
  await store.touch(record, now + 1, now);
  await store.save({ ...record, version: 2 }, now);
  await store.save({ ...record, version: 2 }, now);
  await store.revoke(record.sessionId, { at: now, why: 'logout', keepUntil: now });
  await store.revokeSubject(record.subjectKey as string, now, now);
  await store.revokeSubject(record.subjectKey as string, now - 1, now + 1);
  await store.revokeEveryone(now - 2 * hourMs, now);
  await store.saveSessionIndex(record.subjectKey as string, 'sealed', 0, now, now);
  await store.saveSessionIndex(record.subjectKey as string, 'sealed', 1, now, now);
  await store.claimOnce('key', 'value', now, now);
  await store.load({ sessionId: record.sessionId }, now);
  for (const { name: command, input } of commands) {
    if (command === 'BatchGetItemCommand') {
      expect(input.RequestItems).toMatchObject({ [opened.table]: { ConsistentRead: true } });
    } else expect(input.ConditionExpression).toMatch(/./);
  }
});

test('every item says in seconds, an hour late, when it may be collected', async () => {
  const store = plain();
  const record = aRecord();
  await store.create(record, now);
  await store.revoke(record.sessionId, { at: now, why: 'logout', keepUntil: now + 2 * hourMs });
  await store.revokeSubject(record.subjectKey as string, now, now + 3 * hourMs);
  expect((await itemOf(`F#${record.sessionId}`))?.ttl).toEqual({ N: String((now + 2 * hourMs) / 1000) });
  expect((await itemOf(`F#${record.sessionId}`, 'R'))?.ttl).toEqual({ N: String((now + 3 * hourMs) / 1000) });
  expect((await itemOf(`U#${record.subjectKey}`))?.ttl).toEqual({ N: String((now + 4 * hourMs) / 1000) });
});

test('a subject fact is kept as long as its longest call asked, though its moment moves on', async () => {
  const store = plain();
  const subject = name();
  await store.revokeSubject(subject, now, now + 9 * hourMs);
  await store.revokeSubject(subject, now + 5, now + hourMs);
  const item = await itemOf(`U#${subject}`);
  expect(item?.notBefore).toEqual({ N: String(now + 5) });
  expect(item?.ttl).toEqual({ N: String((now + 10 * hourMs) / 1000) });
});

test('a call whose reply was lost recognises its own work when it is repeated', async () => {
  const store = through(async (command, pass) => {
    if (command.constructor.name !== 'BatchGetItemCommand') await pass(command).catch(() => {});
    return pass(command);
  });
  const record = aRecord();
  expect(await store.create(record, now)).toBe(true);
  expect(await store.touch(record, now + 1, now)).toBe('touched');
  expect(await store.save({ ...record, version: 2 }, now)).toBe('saved');
  expect(await store.saveSessionIndex(name(), 'sealed', 0, now, now)).toBe(true);
  expect(await store.claimOnce('lost', 'value', now + 1, now)).toBeNull();
  expect(await store.claimOnce('lost', 'value', now + 1, now)).toBe('value');
});

test('a revocation noted on the session item ends it even when its marker is gone', async () => {
  const store = plain();
  const record = aRecord();
  await store.create(record, now);
  const item = await itemOf(`F#${record.sessionId}`);
  await put({ ...(item as object), revokedAt: { N: String(now) } } as never);
  expect((await store.load(record, now)).revokedAt).toBe(now);
  expect(await store.touch(record, now + 1, now + 1)).toBe('ended');
});

test.each(['touch', 'save'] as const)(
  'a revocation between reading the facts and writing makes a %s fail',
  async (call) => {
    const record = aRecord();
    const other = plain();
    await other.create(record, now);
    const store = through(async (command, pass) => {
      if (command.constructor.name === 'UpdateItemCommand') {
        await other.revoke(record.sessionId, { at: now, why: 'logout', keepUntil: now + hourMs });
      }
      return pass(command);
    });
    const answer = call === 'touch' ? store.touch(record, now + 1, now) : store.save({ ...record, version: 2 }, now);
    expect(await answer).toBe('ended');
    expect((await other.load(record, now)).record).toEqual(record);
  },
);

test('a touch between the reading and the write of a save is not undone by it', async () => {
  const record = aRecord();
  const other = plain();
  await other.create(record, now);
  let touched = false;
  const store = through(async (command, pass) => {
    if (command.constructor.name === 'UpdateItemCommand' && !touched) {
      touched = true;
      await other.touch(record, now + 9, now);
    }
    return pass(command);
  });
  expect(await store.save({ ...record, version: 2 }, now)).toBe('saved');
  expect((await other.load(record, now)).record).toMatchObject({ version: 2, lastSeenAt: now + 9 });
});

test('keys that DynamoDB leaves unread are asked for again', async () => {
  const record = aRecord();
  await plain().create(record, now);
  let rounds = 0;
  const store = through(async (command, pass) => {
    const input = command.input as { RequestItems: Record<string, { Keys: unknown[] }> };
    if (rounds++ > 0) return pass(command);
    const [first, ...rest] = input.RequestItems[opened.table]?.Keys ?? [];
    expect(first).toBeDefined();
    return { Responses: {}, UnprocessedKeys: { [opened.table]: { Keys: [first, ...rest] } } };
  });
  expect((await store.load(record, now)).record).toEqual(record);
  expect(rounds).toBe(2);
});

test('an answer that stays incomplete is an error, for the missing half could be a revocation', async () => {
  let rounds = 0;
  const store = through(async (command) => {
    rounds++;
    return { Responses: {}, UnprocessedKeys: (command.input as { RequestItems: unknown }).RequestItems };
  });
  await expect(store.load(aRecord(), now)).rejects.toThrow('left keys unread');
  expect(rounds).toBe(3);
});

test('a damaged or foreign session item is no record', async () => {
  const store = plain();
  const { sessionId: _, subjectKey: __, ...whole } = aRecord();
  const good = Object.fromEntries(
    Object.entries(whole).map(([key, value]) => [key, typeof value === 'number' ? { N: String(value) } : { S: value }]),
  ) as Record<string, { S: string } | { N: string }>;
  for (const damage of [
    { version: { S: '1' } },
    { version: { N: '0' } },
    { version: { N: '1.5' } },
    { sealed: { N: '1' } },
    { secretHash: { S: 'not a hash' } },
    { endsAt: { BOOL: true } },
    { lastSeenAt: { S: 'soon' } },
    { subjectKey: { S: 'U#other' } },
  ]) {
    const sessionId = name();
    await put({ PK: { S: `F#${sessionId}` }, SK: { S: 'A' }, ...good, ...damage } as never);
    expect((await store.load({ sessionId }, now)).record).toBeNull();
    expect(await store.touch({ sessionId }, now + 1, now)).toBe('ended');
    expect(await store.save(aRecord({ sessionId, version: 2 }), now)).toBe('ended');
    expect(await store.create(aRecord({ sessionId }), now)).toBe(false);
  }
});

test('a damaged marker still ends its family', async () => {
  const store = plain();
  const record = aRecord();
  await store.create(record, now);
  await put({ PK: { S: `F#${record.sessionId}` }, SK: { S: 'R' }, at: { S: 'damaged' } });
  expect((await store.load(record, now)).revokedAt).toBe(0);
  expect(await store.touch(record, now + 1, now + 1)).toBe('ended');
});

test('a damaged subject fact is none, and is mended by the next', async () => {
  const store = plain();
  const record = aRecord();
  await store.create(record, now);
  await put({ PK: { S: `U#${record.subjectKey}` }, SK: { S: 'A' }, notBefore: { S: 'x' }, other: { S: 'kept' } });
  expect((await store.load(record, now)).subjectNotBefore).toBeNull();
  await store.revokeSubject(record.subjectKey as string, now, now + hourMs);
  expect((await store.load(record, now)).subjectNotBefore).toBe(now);
  expect((await itemOf(`U#${record.subjectKey}`))?.other).toEqual({ S: 'kept' });
});

test('a damaged roster is none yet, and is replaced by the next', async () => {
  const store = plain();
  const subject = name();
  await put({ PK: { S: `U#${subject}` }, SK: { S: 'L' }, revision: { S: 'x' }, sealed: { S: 'damaged' } });
  expect(await store.loadSessionIndex(subject, now)).toEqual({ revision: 0, sealed: null });
  expect(await store.saveSessionIndex(subject, 'sealed', 0, now, now)).toBe(true);
  expect(await store.loadSessionIndex(subject, now)).toEqual({ revision: 1, sealed: 'sealed' });
});

test('a damaged place is a taken one', async () => {
  const store = plain();
  const key = name();
  await store.claimOnce(key, 'first', now + hourMs, now);
  const { Items = [] } = await opened.client.send(new ScanCommand({ TableName: opened.table }));
  const place = Items.find((item) => item.value?.S === 'first' && item.PK?.S?.startsWith('O#'));
  await put({ PK: { S: place?.PK?.S as string }, SK: { S: 'A' }, keepUntil: { S: 'x' } });
  expect(await store.claimOnce(key, 'second', now + 9 * hourMs, now + 5 * hourMs)).toBe('');
});

test('an error names what went wrong and nothing that was asked for', async () => {
  const record = aRecord();
  const store = through((command) =>
    Promise.reject(
      Object.assign(new Error(`no ${JSON.stringify(command.input)}`), {
        name: 'ProvisionedThroughputExceededException',
      }),
    ),
  );
  for (const asked of [
    store.load(record, now),
    store.create(record, now),
    store.claimOnce(record.sessionId, 'v', now, now),
  ]) {
    const error: unknown = await asked.catch((thrown) => thrown);
    expect(error).toBeInstanceOf(Error);
    expect(String(error)).toBe('Error: DynamoDB did not answer: ProvisionedThroughputExceededException');
    expect((error as Error).cause).toBeUndefined();
    expect((error as Error).stack).not.toContain(record.sessionId);
  }
});

test('a sign-out holds although its notes on the session could not be written', async () => {
  const record = aRecord();
  await plain().create(record, now);
  const store = through((command, pass) =>
    command.constructor.name === 'UpdateItemCommand' ? Promise.reject(new Error('down')) : pass(command),
  );
  expect(await store.revoke(record.sessionId, { at: now, why: 'logout', keepUntil: now + hourMs })).toBeNull();
  expect((await plain().load(record, now)).revokedAt).toBe(now);
});

test('a sign-out whose marker could not be written has failed', async () => {
  const record = aRecord();
  await plain().create(record, now);
  const store = through((command, pass) =>
    command.constructor.name === 'PutItemCommand' ? Promise.reject(new Error('down')) : pass(command),
  );
  const asked = store.revoke(record.sessionId, { at: now, why: 'logout', keepUntil: now + hourMs });
  await expect(asked).rejects.toThrow('DynamoDB did not answer');
});

test('a sign-out whose reply was lost is the first one all the same', async () => {
  const record = aRecord();
  await plain().create(record, now);
  const store = through(async (command, pass) => {
    if (command.constructor.name === 'PutItemCommand') await pass(command);
    return pass(command);
  });
  const revocation = { at: now, why: 'superseded', keepUntil: now + hourMs, successor: name() } as const;
  expect(await store.revoke(record.sessionId, revocation)).toBeNull();
  expect(await plain().revoke(record.sessionId, revocation)).toEqual({ at: now, successor: revocation.successor });
});

test.each(['PutItemCommand', 'UpdateItemCommand', 'BatchGetItemCommand'])(
  'the check of a table on which %s is forbidden fails, with the reason',
  async (forbidden) => {
    const store = through((command, pass) =>
      command.constructor.name === forbidden
        ? Promise.reject(Object.assign(new Error('secret'), { name: 'AccessDeniedException' }))
        : pass(command),
    );
    await expect(store.check(now)).rejects.toThrow('DynamoDB did not answer: AccessDeniedException');
  },
);

test.each([
  [{ name: 'TimeoutError', code: 'ECONNRESET' }, 'ECONNRESET'],
  [{ name: 'Error', code: 'ECONNREFUSED' }, 'ECONNREFUSED'],
  [{ name: 'UnknownError', $metadata: { httpStatusCode: 502 } }, 'status 502'],
  [{ name: 'InternalServerError', $metadata: { httpStatusCode: 500 } }, 'InternalServerError'],
])('the cause of %j is told as %s', async (error, cause) => {
  const store = through(() => Promise.reject(Object.assign(new Error('secret'), error)));
  await expect(store.load(aRecord(), now)).rejects.toThrow(new Error(`DynamoDB did not answer: ${cause}`));
});

test('a check that another function has just done passes', async () => {
  expect(await plain().check(now)).toEqual([]);
  expect(await plain().check(now)).toEqual([]);
});

test('a table that does not exist is an error', async () => {
  const store = createDynamoDbStore({ table: 'no-such-table', client: opened.client });
  await expect(store.check(Date.now())).rejects.toThrow('ResourceNotFoundException');
});

test('a DynamoDB that takes the connection and never answers is an error within seconds', async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'local');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local');
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const store = createDynamoDbStore({
    table: 'sessions',
    endpoint: `http://127.0.0.1:${port}`,
    region: 'eu-central-1',
  });
  const begun = performance.now();
  await expect(store.load(aRecord(), now)).rejects.toThrow('DynamoDB did not answer: ETIMEDOUT');
  expect(performance.now() - begun).toBeLessThan(6_000);
  expect(sockets.size).toBe(2);
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
});

test('a DynamoDB that refuses the connection is an error at once', async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'local');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local');
  const store = createDynamoDbStore({ table: 'sessions', endpoint: 'http://127.0.0.1:1', region: 'eu-central-1' });
  const begun = performance.now();
  await expect(store.check(Date.now())).rejects.toThrow('DynamoDB did not answer: ECONNREFUSED');
  expect(performance.now() - begun).toBeLessThan(2_000);
});

test('the SDK is loaded by the first question and not before', async () => {
  let loaded = 0;
  vi.resetModules();
  vi.doMock('../../../lambda/dynamodb/sdk.ts', () => {
    loaded++;
    throw new Error('not in this test');
  });
  const { createDynamoDbStore: create } = await import('../../../lambda/dynamodb/dynamodb-parts.ts');
  const store = create({ table: 'sessions' });
  expect(loaded).toBe(0);
  await expect(store.check(Date.now())).rejects.toThrow();
  expect(loaded).toBe(1);
  vi.doUnmock('../../../lambda/dynamodb/sdk.ts');
});
