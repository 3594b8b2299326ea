/** The Worker's DynamoDB store inside workerd, called from a test. Each opened store is a Worker of its own. */
import type { Store } from '../../shared/session/store/store.ts';
import { startWorkerd } from './workerd.ts';

export interface StoreInWorkerd {
  readonly store: Store;
  stop(): void;
}

export type Variables = Readonly<Record<string, string>>;

/** Calls come as `[name, arguments]`; the reply is `{ answer }` or `{ error }`. */
const entryWith = (variables: Variables): string => `
import { createDynamoDbStore } from './worker/dynamodb/dynamodb-store.ts';
const created = createDynamoDbStore(${JSON.stringify(variables)});
export default {
  async fetch(request: Request): Promise<Response> {
    if (request.method === 'GET') return new Response(created.kind);
    const [name, args] = await request.json() as [string, unknown[]];
    try {
      return Response.json({ answer: await (created as any).store[name](...args) });
    } catch (error) {
      return Response.json({ error: String(error) });
    }
  },
};`;

export const variablesFor = ({ table, endpoint }: { table: string; endpoint: string }): Variables => ({
  SESSION_TABLE: table,
  AWS_REGION: 'eu-central-1',
  AWS_ACCESS_KEY_ID: 'local',
  AWS_SECRET_ACCESS_KEY: 'local',
  AWS_ENDPOINT_URL_DYNAMODB: endpoint,
});

export async function openStoreInWorkerd(variables: Variables): Promise<StoreInWorkerd> {
  const { url, stop } = await startWorkerd({ entry: entryWith(variables) });
  const call = async (name: string, args: readonly unknown[]): Promise<unknown> => {
    const response = await fetch(url, { method: 'POST', body: JSON.stringify([name, args]) });
    const { answer, error } = (await response.json()) as { answer?: unknown; error?: string };
    if (error !== undefined) throw new Error(error);
    return answer;
  };
  const store = new Proxy({} as Store, {
    get:
      (_, name) =>
      (...args: unknown[]) =>
        call(String(name), args),
  });
  return { store, stop };
}
