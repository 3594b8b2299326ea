import { test } from 'vitest';
import { createDynamoDbStore } from '../../../lambda/dynamodb/dynamodb-parts.ts';
import { hasJava, openDynalite, openDynamoDbLocal, type TestTable } from '../../support/dynamodb.ts';
import { sessionStoreContract } from './contract.ts';
import type { OpenedStore } from './contract-parts.ts';

const over = (open: () => Promise<TestTable>) => async (): Promise<OpenedStore> => {
  const { table, client, close } = await open();
  return { store: createDynamoDbStore({ table, client }), elsewhere: createDynamoDbStore({ table, client }), close };
};

sessionStoreContract('dynamodb (dynalite)', over(openDynalite));

if (hasJava()) sessionStoreContract('dynamodb (DynamoDB Local)', over(openDynamoDbLocal));
else test.skip('dynamodb (DynamoDB Local) keeps the store contract: NOT RUN, there is no java on this machine');
