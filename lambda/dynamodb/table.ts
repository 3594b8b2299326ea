/**
 * The session table as a `CreateTable` request, for local runs and tests. Deployed tables come from `serverless.yml`, which
 * has the same keys and adds expiry, backups and encryption.
 */
import type { CreateTableCommandInput } from '@aws-sdk/client-dynamodb';

export const sessionTable = (name: string): CreateTableCommandInput => ({
  TableName: name,
  BillingMode: 'PAY_PER_REQUEST',
  AttributeDefinitions: [
    { AttributeName: 'PK', AttributeType: 'S' },
    { AttributeName: 'SK', AttributeType: 'S' },
  ],
  KeySchema: [
    { AttributeName: 'PK', KeyType: 'HASH' },
    { AttributeName: 'SK', KeyType: 'RANGE' },
  ],
});
