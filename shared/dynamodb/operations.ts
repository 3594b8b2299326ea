/**
 * Port: operations of DynamoDB's API, with its JSON as it is on the wire. On Lambda the SDK carries them out
 * (`lambda/dynamodb`), on Workers a signed fetch (`worker/dynamodb`).
 */
export interface DynamoDb {
  /**
   * An outage throws an Error whose message names the cause and nothing of the request. `refused`: the condition of a write
   * did not hold.
   */
  call(operation: Operation, input: Readonly<Record<string, unknown>>): Promise<Outcome>;
}

export type Operation = 'BatchGetItem' | 'Query' | 'PutItem' | 'UpdateItem';

export type Outcome = { readonly kind: 'done'; readonly reply: Reply } | { readonly kind: 'refused' };

/** Of a reply, the parts that are read. */
export interface Reply {
  readonly Responses?: Readonly<Record<string, readonly WireItem[] | undefined>> | undefined;
  readonly UnprocessedKeys?:
    | Readonly<Record<string, { readonly Keys?: readonly WireItem[] | undefined } | undefined>>
    | undefined;
  readonly Items?: readonly WireItem[] | undefined;
  readonly LastEvaluatedKey?: WireItem | undefined;
}

/** Attributes with their types: `{ "version": { "N": "1" } }`. Other types than these are never written. */
export type WireItem = Readonly<Record<string, WireValue>>;
export interface WireValue {
  readonly S?: string | undefined;
  readonly N?: string | undefined;
}

export const refusedCondition = 'ConditionalCheckFailedException';

/** A failed call. The cause is the name of an error, such as `ThrottlingException` or `ECONNREFUSED`. */
export const didNotAnswer = (cause: string): Error => new Error(`DynamoDB did not answer: ${cause}`);
