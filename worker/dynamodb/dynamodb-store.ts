/** The DynamoDB store at this door: a table that a Lambda door may share. Loaded on first use. */
import { isLoopbackHost } from '../../shared/config/urls.ts';
import { createStoreOnItems } from '../../shared/dynamodb/dynamodb-store.ts';
import { createTableItems } from '../../shared/dynamodb/table-items.ts';
import type { CreatedStore } from '../../shared/session/store/store.ts';
import type { Bindings } from '../bindings.ts';
import { createFetchDynamoDb } from './fetch-dynamodb.ts';

/** Reads the variables and secrets of the table. */
export function createDynamoDbStore(bindings: Bindings): CreatedStore {
  const table = textOf(bindings, 'SESSION_TABLE');
  const region = textOf(bindings, 'AWS_REGION');
  const accessKeyId = textOf(bindings, 'AWS_ACCESS_KEY_ID');
  const secretAccessKey = textOf(bindings, 'AWS_SECRET_ACCESS_KEY');
  const sessionToken = textOf(bindings, 'AWS_SESSION_TOKEN') ?? undefined;
  if (table === null) return issue('SESSION_TABLE', 'is not set', 'Set it to the name of the DynamoDB table.');
  if (region === null) return issue('AWS_REGION', 'is not set', 'Set it to the region of the DynamoDB table.');
  if (accessKeyId === null || secretAccessKey === null) {
    const path = accessKeyId === null ? 'AWS_ACCESS_KEY_ID' : 'AWS_SECRET_ACCESS_KEY';
    return issue(path, 'is not set', `Set it with "npx wrangler secret put ${path}".`);
  }
  if (!/^[a-z]{2}(-[a-z]+)+-\d+$/.test(region)) {
    return issue('AWS_REGION', 'is not a region of AWS', 'Write it as AWS does, for example eu-central-1.');
  }
  const endpoint = endpointOf(textOf(bindings, 'AWS_ENDPOINT_URL_DYNAMODB'), region);
  if (endpoint === null) {
    return issue(
      'AWS_ENDPOINT_URL_DYNAMODB',
      'is not an https:// URL',
      'Leave it out, or write the https:// URL of the endpoint. On this machine, http:// will do.',
    );
  }
  const dynamoDb = createFetchDynamoDb({
    region,
    endpoint,
    credentials: { accessKeyId, secretAccessKey, sessionToken },
  });
  return { kind: 'store', store: createStoreOnItems(createTableItems(table, dynamoDb)) };
}

function endpointOf(given: string | null, region: string): string | null {
  if (given === null) return `https://dynamodb.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}/`;
  const url = URL.parse(given);
  if (url === null || url.username !== '' || url.password !== '') return null;
  const isPrivate = url.protocol === 'https:' || (url.protocol === 'http:' && isLoopbackHost(url.hostname));
  return isPrivate ? url.href : null;
}

const textOf = (bindings: Bindings, name: string): string | null => {
  const value = bindings[name];
  return typeof value === 'string' && value !== '' ? value : null;
};

const issue = (path: string, message: string, remedy: string): CreatedStore => ({
  kind: 'issue',
  issue: { path, message, remedy },
});
