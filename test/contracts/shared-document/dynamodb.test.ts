import { test } from 'vitest';
import { createDynamoDbDocument } from '../../../lambda/dynamodb/dynamodb-parts.ts';
import { hasJava, openDynalite, openDynamoDbLocal, type TestTable } from '../../support/dynamodb.ts';
import { documentContract, type OpenedAuthority } from './contract.ts';

const over = (open: () => Promise<TestTable>) => async (): Promise<OpenedAuthority> => {
  const { table, client, close } = await open();
  return { see: (name) => createDynamoDbDocument({ table, client }, name), close };
};

documentContract('dynamodb (dynalite)', over(openDynalite));

if (hasJava()) documentContract('dynamodb (DynamoDB Local)', over(openDynamoDbLocal));
else
  test.skip(
    'dynamodb (DynamoDB Local) keeps the contract of shared documents: NOT RUN, there is no java on this machine',
  );
