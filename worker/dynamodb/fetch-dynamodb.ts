/**
 * DynamoDB's operations by signed fetch. A call is repeated once, as the SDK does on Lambda: every write has a condition, and
 * recognises that it was carried out before.
 */
import { AwsClient } from 'aws4fetch';
import {
  type DynamoDb,
  didNotAnswer,
  type Outcome,
  type Reply,
  refusedCondition,
} from '../../shared/dynamodb/operations.ts';

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Of temporary credentials. */
  readonly sessionToken?: string | undefined;
}
export interface FetchOptions {
  readonly region: string;
  readonly endpoint: string;
  readonly credentials: Credentials;
}

/** DynamoDB normally answers in less than 10 ms, and the way from a distant location takes less than 300 ms. */
const answerTimeoutMs = 1_400;
/** The store's own timeout leaves no time for a third. */
const attempts = 2;
const maxPauseMs = 50;

/** Names that say "again", beside every status of 500 and more. */
const passing = /^(ProvisionedThroughputExceeded|Throttling|RequestLimitExceeded|TransactionInProgress)/;

type Attempt = Outcome | { readonly kind: 'failed'; readonly cause: string; readonly isPassing: boolean };

export function createFetchDynamoDb({ region, endpoint, credentials }: FetchOptions): DynamoDb {
  const { sessionToken, ...keys } = credentials;
  const client = new AwsClient({ ...keys, ...(sessionToken && { sessionToken }), region, service: 'dynamodb' });

  async function attempt(operation: string, body: string): Promise<Attempt> {
    try {
      const headers = {
        'content-type': 'application/x-amz-json-1.0',
        'x-amz-target': `DynamoDB_20120810.${operation}`,
      };
      const request = await client.sign(endpoint, { method: 'POST', headers, body });
      const response = await fetch(request, { signal: AbortSignal.timeout(answerTimeoutMs), redirect: 'manual' });
      if (response.status === 200) return { kind: 'done', reply: (await response.json()) as Reply };
      const name = nameOf(await response.text());
      if (name === refusedCondition) return { kind: 'refused' };
      const isPassing = response.status >= 500 || (name !== null && passing.test(name));
      return { kind: 'failed', cause: name ?? `status ${response.status}`, isPassing };
    } catch (error) {
      const isLate = error instanceof Error && /^(TimeoutError|AbortError)$/.test(error.name);
      return { kind: 'failed', cause: isLate ? 'no answer in time' : 'the connection failed', isPassing: true };
    }
  }

  return {
    async call(operation, input) {
      const body = JSON.stringify(input);
      for (let count = 1; ; count++) {
        const outcome = await attempt(operation, body);
        if (outcome.kind !== 'failed') return outcome;
        if (!outcome.isPassing || count === attempts) throw didNotAnswer(outcome.cause);
        await new Promise((resolve) => setTimeout(resolve, Math.random() * maxPauseMs));
      }
    },
  };
}

/** The error's name, which the reply has behind the name of the service. Nothing else of an error is logged. */
function nameOf(text: string): string | null {
  return /"__type"\s*:\s*"(?:[\w.]+#)?([A-Za-z]{1,60})"/.exec(text)?.[1] ?? null;
}
