/** The Items port over DynamoDB's operations: the same requests at every door. */
import type { Attributes, Item, ItemKey, Items } from './items.ts';
import type { DynamoDb, WireItem, WireValue } from './operations.ts';

/** How often the unprocessed keys of a batch are read, and the pause before the next try (times the number of tries). */
const batchAttempts = 3;
const batchPauseMs = 25;

export function createTableItems(table: string, dynamoDb: DynamoDb): Items {
  const wrote = async (operation: 'PutItem' | 'UpdateItem', input: Readonly<Record<string, unknown>>) =>
    (await dynamoDb.call(operation, { TableName: table, ...input })).kind === 'done';

  const asked = async (operation: 'BatchGetItem' | 'Query', input: Readonly<Record<string, unknown>>) => {
    const outcome = await dynamoDb.call(operation, input);
    return outcome.kind === 'done' ? outcome.reply : {};
  };

  return {
    async read(keys) {
      const found = new Map<string, Item>();
      let wanted: readonly WireItem[] = keys.map(toAttributes);
      for (let attempt = 1; attempt <= batchAttempts; attempt++) {
        const reply = await asked('BatchGetItem', {
          RequestItems: { [table]: { Keys: wanted, ConsistentRead: true } },
        });
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

    async list(partition) {
      const rows: Item[] = [];
      let from: WireItem | undefined;
      do {
        const reply = await asked('Query', {
          TableName: table,
          ConsistentRead: true,
          KeyConditionExpression: 'PK = :PK',
          ExpressionAttributeValues: { ':PK': { S: partition } },
          ...(from && { ExclusiveStartKey: from }),
        });
        rows.push(...(reply.Items ?? []).map(fromAttributes));
        from = reply.LastEvaluatedKey;
      } while (from);
      return rows;
    },

    put: (key, attributes, condition, values) =>
      wrote('PutItem', {
        Item: toAttributes({ ...attributes, ...key }),
        ConditionExpression: condition,
        ...(values ? { ExpressionAttributeValues: toValues(values) } : {}),
      }),

    update(key, attributes, condition, values = {}) {
      const names = Object.keys(attributes).filter((name) => attributes[name] !== null);
      return wrote('UpdateItem', {
        Key: toAttributes(key),
        // Every name gets an alias, because `ttl` and many other words are reserved in expressions.
        UpdateExpression: `SET ${names.map((name) => `#${name} = :${name}`).join(', ')}`,
        ConditionExpression: condition,
        ExpressionAttributeNames: Object.fromEntries(names.map((name) => [`#${name}`, name])),
        ExpressionAttributeValues: toValues({ ...attributes, ...values }),
      });
    },
  };
}

const nameOf = ({ PK, SK }: Item | ItemKey): string => `${PK} ${SK}`;

/** Leaves out `null` values. */
const toAttributes = (row: object): Record<string, WireValue> =>
  Object.fromEntries(
    Object.entries(row)
      .filter(([, value]) => value !== null)
      .map(([name, value]) => [name, typeof value === 'number' ? { N: String(value) } : { S: value }]),
  );

const toValues = (row: Attributes): Record<string, WireValue> =>
  Object.fromEntries(Object.entries(toAttributes(row)).map(([name, value]) => [`:${name}`, value]));

/** Leaves out types that are never written here, so that a foreign row is found to be incomplete. */
const fromAttributes = (item: WireItem): Item => {
  const row: Record<string, unknown> = {};
  for (const [name, { S, N }] of Object.entries(item)) {
    if (S !== undefined) row[name] = S;
    else if (N !== undefined) row[name] = Number(N);
  }
  return row;
};
