/**
 * Port: items of one DynamoDB table, which are rows of text and numbers, read with strong consistency and written on a
 * condition. There is no unconditional write and no delete. Only an outage throws.
 */
export interface ItemKey {
  readonly PK: string;
  readonly SK: string;
}
export type Attributes = Readonly<Record<string, string | number | null>>;
export type Item = Readonly<Record<string, unknown>>;

export interface Items {
  /** In one round trip. One entry per key, in the same order; `null` where there is no item. At most 100 keys. */
  read(keys: readonly ItemKey[]): Promise<(Item | null)[]>;
  /** All items of a partition, in one round trip per megabyte. */
  list(partition: string): Promise<readonly Item[]>;
  /** Answers whether the condition held and the item was put. `values` are the condition's `:name` placeholders. */
  put(key: ItemKey, attributes: Attributes, condition: string, values?: Attributes): Promise<boolean>;
  /** Answers whether the condition held and the attributes were set. `:name` refers to `values` and to `attributes`. */
  update(key: ItemKey, attributes: Attributes, condition: string, values?: Attributes): Promise<boolean>;
}

/** The most keys that one `read` takes: DynamoDB's limit of a BatchGetItem. */
export const maxKeysOfRead = 100;
