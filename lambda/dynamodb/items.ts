/**
 * Items of one DynamoDB table, as the store thinks of them: rows of text and numbers, read with strong consistency and
 * written on a condition only. Neither an unconditional write nor a delete can be spelled here.
 */
import type { AttributeValue, DynamoDBClient } from '@aws-sdk/client-dynamodb';

export interface ItemKey {
  readonly PK: string;
  readonly SK: string;
}
export type Attributes = Readonly<Record<string, string | number | null>>;

export interface Items {
  /** In one round trip; one entry per key, in their order, `null` where nothing is. At most 100 keys. */
  read(keys: readonly ItemKey[]): Promise<(Record<string, unknown> | null)[]>;
  /** Whether the condition held and the item was put. `values` are what the condition calls `:name`. */
  put(key: ItemKey, attributes: Attributes, condition: string, values?: Attributes): Promise<boolean>;
  /** Whether the condition held and the attributes were set. What `values` and `attributes` hold can be named `:name`. */
  update(key: ItemKey, attributes: Attributes, condition: string, values?: Attributes): Promise<boolean>;
}

export interface ItemsOptions {
  readonly table: string;
  /** One that is already there; else one is made when first needed. */
  readonly client?: DynamoDBClient | undefined;
  readonly endpoint?: string | undefined;
  readonly region?: string | undefined;
}

/** A warm DynamoDB answers in single milliseconds: what takes this long is not coming, and the client is waiting. */
const connectWithinMs = 1_000;
const answerWithinMs = 2_000;
/** The first try and one more: a third would outlast the patience of whoever waits. */
const attempts = 2;
/** Over both attempts and the pause between them, credentials included. */
const operationWithinMs = 5_000;
/** How often what a batch left out is asked for again, and the pause before (times the number of the try). */
const batchTries = 3;
const batchPauseMs = 25;

export function createItems({ table, client, endpoint, region }: ItemsOptions): Items {
  let connected: DynamoDBClient | null = client ?? null;

  const connect = async () => {
    const sdk = await import('./sdk.ts');
    connected ??= new sdk.DynamoDBClient({
      maxAttempts: attempts,
      requestHandler: {
        connectionTimeout: connectWithinMs,
        requestTimeout: answerWithinMs,
        // Without it the SDK only prints a warning when the time is over, and goes on waiting.
        throwOnRequestTimeout: true,
      },
      ...(endpoint === undefined ? {} : { endpoint }),
      ...(region === undefined ? {} : { region }),
    });
    return { sdk, client: connected };
  };

  const within = () => ({ abortSignal: AbortSignal.timeout(operationWithinMs) });

  return {
    async read(keys) {
      const { sdk, client } = await connect();
      const found = new Map<string, Record<string, unknown>>();
      let wanted = keys.map(toAttributes);
      for (let attempt = 1; attempt <= batchTries; attempt++) {
        const reply = await client
          .send(
            new sdk.BatchGetItemCommand({ RequestItems: { [table]: { Keys: wanted, ConsistentRead: true } } }),
            within(),
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
      // Half an answer could hide a revocation.
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
      return client.send(command, within()).then(held, unlessRefused);
    },

    async update(key, attributes, condition, values = {}) {
      const { sdk, client } = await connect();
      const names = Object.keys(attributes).filter((name) => attributes[name] !== null);
      const command = new sdk.UpdateItemCommand({
        TableName: table,
        Key: toAttributes({ ...key }),
        // Every name goes through an alias: `ttl` and many other plain words are reserved in expressions.
        UpdateExpression: `SET ${names.map((name) => `#${name} = :${name}`).join(', ')}`,
        ConditionExpression: condition,
        ExpressionAttributeNames: Object.fromEntries(names.map((name) => [`#${name}`, name])),
        ExpressionAttributeValues: toValues({ ...attributes, ...values }),
      });
      return client.send(command, within()).then(held, unlessRefused);
    },
  };
}

const nameOf = ({ PK, SK }: Record<string, unknown> | ItemKey): string => `${PK} ${SK}`;

const held = (): boolean => true;

function unlessRefused(error: unknown): boolean {
  if (error instanceof Error && error.name === 'ConditionalCheckFailedException') return false;
  return fail(error);
}

/** The SDK's own error carries the request with its signature and keys: only its name may reach a log. */
function fail(error: unknown): never {
  throw new Error(`DynamoDB did not answer: ${error instanceof Error ? error.name : 'unknown'}`);
}

/** What is `null` is left out. */
const toAttributes = (row: object): Record<string, AttributeValue> =>
  Object.fromEntries(
    Object.entries(row)
      .filter(([, value]) => value !== null)
      .map(([name, value]) => [name, typeof value === 'number' ? { N: String(value) } : { S: value }]),
  );

const toValues = (row: Attributes): Record<string, AttributeValue> =>
  Object.fromEntries(Object.entries(toAttributes(row)).map(([name, value]) => [`:${name}`, value]));

/** Types we never write are left out, so that whoever reads the row finds it incomplete. */
const fromAttributes = (item: Record<string, AttributeValue>): Record<string, unknown> => {
  const row: Record<string, unknown> = {};
  for (const [name, { S, N }] of Object.entries(item)) {
    if (S !== undefined) row[name] = S;
    else if (N !== undefined) row[name] = Number(N);
  }
  return row;
};
