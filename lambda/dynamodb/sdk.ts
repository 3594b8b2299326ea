/**
 * The only file that imports the AWS SDK. It is loaded on first use, so that a function which never calls its store is
 * spared 70 ms and the memory. A bundler keeps only these names.
 */
export {
  BatchGetItemCommand,
  DynamoDBClient,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
