import { test } from 'vitest';
import { createDynamoDbControl } from '../../../lambda/dynamodb-control.ts';
import { hasJava, openDynalite, openDynamoDbLocal, type TestTable } from '../../support/dynamodb.ts';
import { controlContract, type OpenedControl } from './contract.ts';

const over = (open: () => Promise<TestTable>) => async (): Promise<OpenedControl> => {
  const { table, client, close } = await open();
  return {
    control: createDynamoDbControl({ table, client }),
    elsewhere: createDynamoDbControl({ table, client }),
    close,
  };
};

controlContract('dynamodb (dynalite)', over(openDynalite));

if (hasJava()) controlContract('dynamodb (DynamoDB Local)', over(openDynamoDbLocal));
else test.skip('dynamodb (DynamoDB Local) keeps the control contract: NOT RUN, there is no java on this machine');
