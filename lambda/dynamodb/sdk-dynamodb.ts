/** DynamoDB's operations through the AWS SDK. */
import type { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import type { Items } from '../../shared/dynamodb/items.ts';
import { type DynamoDb, didNotAnswer, type Reply, refusedCondition } from '../../shared/dynamodb/operations.ts';
import { createTableItems } from '../../shared/dynamodb/table-items.ts';

export interface TableOptions {
  readonly table: string;
  /** Default: a client that is created on first use. */
  readonly client?: DynamoDBClient | undefined;
  readonly endpoint?: string | undefined;
  readonly region?: string | undefined;
}

/** DynamoDB normally answers in less than 10 ms. */
const connectTimeoutMs = 1_000;
const requestTimeoutMs = 2_000;
/** The store's own timeout leaves no time for a third. */
const attempts = 2;
/** For both attempts, the pause between them and fetching credentials. */
const operationTimeoutMs = 5_000;

export const createItems = ({ table, ...options }: TableOptions): Items =>
  createTableItems(table, createSdkDynamoDb(options));

function createSdkDynamoDb({ client, endpoint, region }: Omit<TableOptions, 'table'>): DynamoDb {
  let connected: DynamoDBClient | null = client ?? null;

  const connect = async () => {
    const sdk = await import('./sdk.ts');
    connected ??= new sdk.DynamoDBClient({
      maxAttempts: attempts,
      requestHandler: {
        connectionTimeout: connectTimeoutMs,
        requestTimeout: requestTimeoutMs,
        // Without this the SDK only prints a warning and goes on waiting.
        throwOnRequestTimeout: true,
      },
      ...(endpoint === undefined ? {} : { endpoint }),
      ...(region === undefined ? {} : { region }),
    });
    return { sdk, client: connected };
  };

  return {
    async call(operation, input) {
      const { sdk, client } = await connect();
      // The SDK's input and output are the JSON of the wire, as far as this product uses it.
      const Command = sdk[`${operation}Command`] as new (input: object) => PutItemCommand;
      const options = { abortSignal: AbortSignal.timeout(operationTimeoutMs) };
      try {
        const reply = await client.send(new Command(input), options);
        return { kind: 'done', reply: reply as Reply };
      } catch (error) {
        if (error instanceof Error && error.name === refusedCondition) return { kind: 'refused' };
        throw didNotAnswer(causeOf(error));
      }
    },
  };
}

/**
 * The SDK's error contains the signed request: only its names may be logged. A failed connection has a `code`, which says more
 * than the SDK's name for it: a reset is a "TimeoutError" there.
 */
function causeOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return 'unknown';
  const { code, $metadata } = thrown as { code?: unknown; $metadata?: { httpStatusCode?: number } };
  if (typeof code === 'string' && /^[A-Z_]+$/.test(code)) return code;
  const isNamed = !['Error', 'UnknownError', 'AggregateError'].includes(thrown.name);
  const status = $metadata?.httpStatusCode;
  return isNamed ? thrown.name : status === undefined ? thrown.name : `status ${status}`;
}
