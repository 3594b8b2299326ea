/**
 * The table the DynamoDB store needs, as `CreateTable` takes it: for local runs and tests. Deployed tables come from
 * `serverless.yml`, which says the same and adds the `ttl` attribute, backups and encryption.
 */
import type { CreateTableCommandInput } from '@aws-sdk/client-dynamodb';

/** Seconds since the epoch after which DynamoDB may collect an item. */
export const ttlAttribute = 'ttl';

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
