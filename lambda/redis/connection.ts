/**
 * One kept connection to Redis, opened on first use and again when it is lost. A function is frozen between requests and may
 * find its connection dead afterwards, so a failed command is tried once more on a new connection. Therefore every command
 * must be safe to repeat.
 */
import { createHash } from 'node:crypto';
import type { RedisAddress } from './address.ts';

export interface RedisConnection {
  command(...words: readonly string[]): Promise<unknown>;
  /** Runs a script atomically on the server. Its text is sent only when the server does not know it yet. */
  run(script: Script, keys: readonly string[], values: readonly string[]): Promise<unknown>;
}

export interface Script {
  readonly text: string;
  readonly sha1: string;
}

/** Redis identifies scripts by their SHA-1 (EVALSHA). It is a name here, not a protection. */
export const script = (text: string): Script => ({ text, sha1: createHash('sha1').update(text).digest('hex') });

type Library = typeof import('./client.ts');
type Client = ReturnType<Library['createClient']>;

/** Redis in the same region normally answers within 1 ms. */
const connectTimeoutMs = 1_000;
const commandTimeoutMs = 1_000;
const attempts = 2;

/** Errors of a server that cannot serve: after a failover, a new connection to the same name reaches another server. */
const wrongServer = new Set(['READONLY', 'LOADING', 'MASTERDOWN']);

/** What a server says behind a plain `ERR`, or before it closes the connection. These words contain nothing of the request. */
const knownCauses = ['max number of clients reached', 'DB index is out of range', 'unknown command'];

export interface RedisOptions {
  readonly address: RedisAddress;
  /** PEM texts, for an address with TLS. Without `ca` the system's authorities count. */
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string };
}

export function createRedisConnection({ address, tls = {} }: RedisOptions): RedisConnection {
  const { username, password } = address;
  const credentials = { ...(username !== null && { username }), ...(password !== null && { password }) };
  const socket = address.socket.tls
    ? { ...address.socket, ...tls, tls: true as const }
    : { ...address.socket, tls: false as const };
  let library: Library | null = null;
  let kept: Client | null = null;
  let opening: Promise<Client> | null = null;

  async function connect(): Promise<Client> {
    library ??= await import('./client.ts');
    const client: Client = library.createClient({
      ...credentials,
      database: address.database,
      // RESP 2: all servers and proxies answer alike in it.
      RESP: 2,
      disableOfflineQueue: true,
      socket: { ...socket, connectTimeout: connectTimeoutMs, reconnectStrategy: false },
    }) as Client;
    // Without a listener a lost connection would end the process. The next command opens a new one.
    client.on('error', () => {});
    try {
      // `connectTimeout` does not cover HELLO and AUTH.
      await within(connectTimeoutMs, client.connect());
    } catch (error) {
      client.destroy();
      throw error;
    }
    kept = client;
    return client;
  }

  async function connection(): Promise<Client> {
    if (kept?.isReady) return kept;
    // Parallel calls share one connection.
    opening ??= connect().finally(() => {
      opening = null;
    });
    return opening;
  }

  function drop(client: Client): void {
    if (kept === client) kept = null;
    client.destroy();
  }

  async function ask(words: readonly string[]): Promise<unknown> {
    for (let attempt = 1; ; attempt++) {
      const client = await connection();
      try {
        return await within(commandTimeoutMs, client.sendCommand([...words]));
      } catch (error) {
        const code = serverErrorCode(error);
        if (code !== null && !wrongServer.has(code)) throw error;
        drop(client);
        if (attempt === attempts) throw error;
      }
    }
  }

  /** The first word of the server's error, such as `READONLY`; `null` when the error did not come from the server. */
  function serverErrorCode(error: unknown): string | null {
    if (!library || !(error instanceof library.ErrorReply)) return null;
    return /^[A-Z]+/.exec(error.message)?.[0] ?? 'ERR';
  }

  /** The server's message may repeat the command, and the client's contains the address: only the kind may be logged. */
  function fail(error: unknown): never {
    const { message, name } = error as Error;
    const said = knownCauses.find((cause) => message.includes(cause));
    const kind = said ?? serverErrorCode(error) ?? (error as NodeJS.ErrnoException).code ?? name;
    throw new Error(`Redis did not answer: ${kind}`);
  }

  return {
    command: (...words) => ask(words).catch(fail),

    async run({ text, sha1 }, keys, values) {
      const rest = [String(keys.length), ...keys, ...values];
      try {
        return await ask(['EVALSHA', sha1, ...rest]);
      } catch (error) {
        if (serverErrorCode(error) !== 'NOSCRIPT') return fail(error);
        return ask(['EVAL', text, ...rest]).catch(fail);
      }
    },
  };
}

async function within<T>(ms: number, answer: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(Object.assign(new Error('late'), { code: 'TIMEOUT' })), ms);
  });
  return Promise.race([answer, late]).finally(() => clearTimeout(timer));
}
