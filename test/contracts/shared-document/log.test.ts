/** What `shared/document/log.ts` promises, of every implementation. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDynamoDbLog } from '../../../lambda/dynamodb/dynamodb-parts.ts';
import type { SharedLog } from '../../../shared/document/log.ts';
import { hasJava, openDynalite, openDynamoDbLocal, type TestTable } from '../../support/dynamodb.ts';
import { createMemoryLog } from '../../support/memory-log.ts';

interface Opened {
  readonly log: SharedLog;
  readonly elsewhere: SharedLog;
  close(): Promise<void>;
}
const inMemory = async (): Promise<Opened> => {
  const log = createMemoryLog();
  return { log, elsewhere: log, close: async () => {} };
};
const over = (open: () => Promise<TestTable>) => async (): Promise<Opened> => {
  const { table, client, close } = await open();
  return { log: createDynamoDbLog({ table, client }), elsewhere: createDynamoDbLog({ table, client }), close };
};

const implementations: readonly (readonly [name: string, open: () => Promise<Opened>])[] = [
  ['memory', inMemory],
  ['dynamodb (dynalite)', over(openDynalite)],
  ...(hasJava() ? [['dynamodb (DynamoDB Local)', over(openDynamoDbLocal)] as const] : []),
];
if (!hasJava()) it.skip('dynamodb (DynamoDB Local) keeps the contract of logs: NOT RUN, there is no java here');

describe.each(implementations)('%s keeps the contract of logs', (_, open) => {
  let opened: Opened;
  beforeAll(async () => {
    opened = await open();
  });
  afterAll(() => opened?.close());
  const byId = (entries: readonly { readonly id: string }[]) => entries.toSorted((a, b) => (a.id < b.id ? -1 : 1));

  it('has nothing in a period to begin with', async () => {
    expect(await opened.log.read(1)).toEqual([]);
    expect(await opened.log.has(1, 'a')).toBe(false);
  });

  it('what was added is read everywhere at once, in its own period', async () => {
    await opened.log.append(2, 'a', 'one');
    await opened.elsewhere.append(2, 'b', 'two ö~"\\');
    await opened.elsewhere.append(3, 'c', 'three');
    for (const { read } of [opened.log, opened.elsewhere]) {
      expect(byId(await read(2))).toEqual([
        { id: 'a', text: 'one' },
        { id: 'b', text: 'two ö~"\\' },
      ]);
    }
    expect(await opened.log.has(3, 'c')).toBe(true);
    expect(await opened.log.has(2, 'c')).toBe(false);
  });

  it('an id that is there stays as it is', async () => {
    await opened.log.append(4, 'a', 'first');
    await opened.elsewhere.append(4, 'a', 'second');
    expect(await opened.log.read(4)).toEqual([{ id: 'a', text: 'first' }]);
  });

  it('many long texts are all read', async () => {
    const ids = Array.from({ length: 40 }, (_, i) => `${String.fromCharCode(65 + (i % 26))}${i}`);
    await Promise.all(ids.map((id) => opened.log.append(5, id, id.repeat(40_000))));
    const entries = await opened.elsewhere.read(5);
    expect(entries.map(({ id }) => id).sort()).toEqual(ids.toSorted());
    expect(entries.every(({ id, text }) => text === id.repeat(40_000))).toBe(true);
  });
});
