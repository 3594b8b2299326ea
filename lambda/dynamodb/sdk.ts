/**
 * The few names of Amazon's SDK that the store needs, and the only file that imports it. It is itself imported lazily, so
 * that a function which never asks its store pays neither the 70 ms nor the memory, and a bundler keeps only these.
 */
export {
  BatchGetItemCommand,
  DynamoDBClient,
  PutItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
