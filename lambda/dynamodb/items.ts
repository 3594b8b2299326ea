/**
 * Items of one DynamoDB table: rows of text and numbers, read with strong consistency and written on a condition. There is
 * no unconditional write and no delete.
 */
import type { AttributeValue, DynamoDBClient } from '@aws-sdk/client-dynamodb';

export interface ItemKey {
  readonly PK: string;
  readonly SK: string;
}
export type Attributes = Readonly<Record<string, string | number | null>>;

export interface Items {
  /** In one round trip. One entry per key, in the same order; `null` where there is no item. At most 100 keys. */
  read(keys: readonly ItemKey[]): Promise<(Record<string, unknown> | null)[]>;
  /** Answers whether the condition held and the item was put. `values` are the condition's `:name` placeholders. */
  put(key: ItemKey, attributes: Attributes, condition: string, values?: Attributes): Promise<boolean>;
  /** Answers whether the condition held and the attributes were set. `:name` refers to `values` and to `attributes`. */
  update(key: ItemKey, attributes: Attributes, condition: string, values?: Attributes): Promise<boolean>;
}

export interface ItemsOptions {
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
/** How often the unprocessed keys of a batch are read, and the pause before the next try (times the number of tries). */
const batchAttempts = 3;
const batchPauseMs = 25;

export function createItems({ table, client, endpoint, region }: ItemsOptions): Items {
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

  const timeout = () => ({ abortSignal: AbortSignal.timeout(operationTimeoutMs) });

  return {
    async read(keys) {
      const { sdk, client } = await connect();
      const found = new Map<string, Record<string, unknown>>();
      let wanted = keys.map(toAttributes);
      for (let attempt = 1; attempt <= batchAttempts; attempt++) {
        const reply = await client
          .send(
            new sdk.BatchGetItemCommand({ RequestItems: { [table]: { Keys: wanted, ConsistentRead: true } } }),
            timeout(),
          )
          .catch(fail);
        for (const item of reply.Responses?.[table] ?? []) {
          const row = fromAttributes(item);
          found.set(nameOf(row), row);
        }
        wanted = reply.UnprocessedKeys?.[table]?.Keys ?? [];
        if (wanted.length === 0) return keys.map((key) => found.get(nameOf(key)) ?? null);
        await new Promise((resolve) => setTimeout(resolve, batchPauseMs * attempt));
      }
      // A missing item could be a revocation.
      throw new Error('DynamoDB left keys unread');
    },

    async put(key, attributes, condition, values) {
      const { sdk, client } = await connect();
      const command = new sdk.PutItemCommand({
        TableName: table,
        Item: toAttributes({ ...attributes, ...key }),
        ConditionExpression: condition,
        ...(values ? { ExpressionAttributeValues: toValues(values) } : {}),
      });
      return client.send(command, timeout()).then(held, unlessRefused);
    },

    async update(key, attributes, condition, values = {}) {
      const { sdk, client } = await connect();
      const names = Object.keys(attributes).filter((name) => attributes[name] !== null);
      const command = new sdk.UpdateItemCommand({
        TableName: table,
        Key: toAttributes({ ...key }),
        // Every name gets an alias, because `ttl` and many other words are reserved in expressions.
        UpdateExpression: `SET ${names.map((name) => `#${name} = :${name}`).join(', ')}`,
        ConditionExpression: condition,
        ExpressionAttributeNames: Object.fromEntries(names.map((name) => [`#${name}`, name])),
        ExpressionAttributeValues: toValues({ ...attributes, ...values }),
      });
      return client.send(command, timeout()).then(held, unlessRefused);
    },
  };
}

const nameOf = ({ PK, SK }: Record<string, unknown> | ItemKey): string => `${PK} ${SK}`;

const held = (): boolean => true;

function unlessRefused(error: unknown): boolean {
  if (error instanceof Error && error.name === 'ConditionalCheckFailedException') return false;
  return fail(error);
}

/** The SDK's error contains the signed request: only its name may be logged. */
function fail(error: unknown): never {
  throw new Error(`DynamoDB did not answer: ${error instanceof Error ? error.name : 'unknown'}`);
}

/** Leaves out `null` values. */
const toAttributes = (row: object): Record<string, AttributeValue> =>
  Object.fromEntries(
    Object.entries(row)
      .filter(([, value]) => value !== null)
      .map(([name, value]) => [name, typeof value === 'number' ? { N: String(value) } : { S: value }]),
  );

const toValues = (row: Attributes): Record<string, AttributeValue> =>
  Object.fromEntries(Object.entries(toAttributes(row)).map(([name, value]) => [`:${name}`, value]));

/** Leaves out types that are never written here, so that a foreign row is found to be incomplete. */
const fromAttributes = (item: Record<string, AttributeValue>): Record<string, unknown> => {
  const row: Record<string, unknown> = {};
  for (const [name, { S, N }] of Object.entries(item)) {
    if (S !== undefined) row[name] = S;
    else if (N !== undefined) row[name] = Number(N);
  }
  return row;
};
