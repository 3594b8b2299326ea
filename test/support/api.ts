/** The service API as a service calls it. */
import type { Asking, Client, Reply } from './client.ts';
import type { World } from './doors.ts';

export interface Api {
  (method: string, path: string, json?: unknown, headers?: Readonly<Record<string, string>>): Promise<Reply>;
  readonly client: Client;
}

/** Without a service token, so that the gateway explains nothing. */
type Served = Pick<World, 'serviceToken' | 'client'>;

export function apiOf(world: Served, token: string | null = world.serviceToken): Api {
  const client = world.client({});
  const call = (method: string, path: string, json?: unknown, headers: Readonly<Record<string, string>> = {}) => {
    const asking: Asking = {
      method,
      headers: { ...(token !== null && { authorization: `Bearer ${token}` }), ...headers },
      ...(json !== undefined && { json }),
    };
    return client.ask(`/.session/api/v1${path}`, asking);
  };
  return Object.assign(call, { client });
}

/** The path and query of a hand-off link, as a browser that is sent there asks for it. */
export const handoffPath = (reply: Reply): string => {
  const url = new URL(reply.json().handoff_url as string);
  return url.pathname + url.search;
};

export const codeIn = (path: string): string => new URL(path, 'http://x').searchParams.get('code') as string;
