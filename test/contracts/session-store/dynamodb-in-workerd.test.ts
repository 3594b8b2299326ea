import { test } from 'vitest';
import { hasJava, openDynalite, openDynamoDbLocal, type TestTable } from '../../support/dynamodb.ts';
import { openStoreInWorkerd, variablesFor } from '../../support/dynamodb-in-workerd.ts';
import { sessionStoreContract } from './contract.ts';
import type { OpenedStore } from './contract-parts.ts';

const over = (open: () => Promise<TestTable>) => async (): Promise<OpenedStore> => {
  const opened = await open();
  const [one, other] = await Promise.all([
    openStoreInWorkerd(variablesFor(opened)),
    openStoreInWorkerd(variablesFor(opened)),
  ]);
  const close = async () => {
    one.stop();
    other.stop();
    await opened.close();
  };
  return { store: one.store, elsewhere: other.store, close };
};

sessionStoreContract('dynamodb in workerd (dynalite)', over(openDynalite));

if (hasJava()) sessionStoreContract('dynamodb in workerd (DynamoDB Local)', over(openDynamoDbLocal));
else test.skip('dynamodb in workerd (DynamoDB Local): NOT RUN, there is no java on this machine');
