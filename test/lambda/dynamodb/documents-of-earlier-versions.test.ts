import { GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createDynamoDbDocument } from '../../../lambda/dynamodb/dynamodb-parts.ts';
import { openDynalite, type TestTable } from '../../support/dynamodb.ts';

let opened: TestTable;
beforeAll(async () => {
  opened = await openDynalite();
});
afterAll(() => opened?.close());

test.each([
  ['control', 'C'],
  ['counts', 'N'],
] as const)('the document %s goes on where a version before has left it', async (name, SK) => {
  const { table: TableName, client } = opened;
  const [one, other] = [0, 1].map(() => createDynamoDbDocument({ table: TableName, client }, name));
  const Item = { PK: { S: 'G' }, SK: { S: SK }, revision: { N: '7' }, document: { S: 'earlier' } };
  await client.send(new PutItemCommand({ TableName, Item }));
  expect(await one?.read()).toEqual({ revision: 7, text: 'earlier' });
  expect(await one?.write('ahead', 8)).toBe(false);
  expect(await one?.write('behind', 6)).toBe(false);
  const written = await Promise.all([one?.write('by one', 7), other?.write('by other', 7)]);
  expect(written.filter(Boolean)).toHaveLength(1);
  const text = written[0] ? 'by one' : 'by other';
  expect(await other?.read()).toEqual({ revision: 8, text });
  expect(await one?.write('next', 8)).toBe(true);
  expect(await other?.read()).toEqual({ revision: 9, text: 'next' });
  const Key = { PK: { S: 'G' }, SK: { S: SK } };
  expect((await client.send(new GetItemCommand({ TableName, Key }))).Item?.document).toEqual({ S: 'earlier' });
});
