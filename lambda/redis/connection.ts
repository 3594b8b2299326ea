/**
 * One kept connection to Redis, made when first needed and again when it is lost. A function is frozen between two
 * requests and may find its connection dead when it goes on: so a command is tried a second time, on a new connection.
 * Hence every command given to this must be one that can be carried out twice.
 */
import { createHash } from 'node:crypto';

export interface RedisConnection {
  command(...words: readonly string[]): Promise<unknown>;
  /** Runs a script on the server, as one step that nothing else comes between. It is sent whole only when it is new there. */
  run(script: Script, keys: readonly string[], values: readonly string[]): Promise<unknown>;
}

export interface Script {
  readonly text: string;
  readonly sha1: string;
}

/** Redis names scripts by SHA-1 (the EVALSHA command): a name, and nothing that has to resist anybody. */
export const script = (text: string): Script => ({ text, sha1: createHash('sha1').update(text).digest('hex') });

type Library = typeof import('./client.ts');
type Client = ReturnType<Library['createClient']>;

/** A Redis in the same region answers within a millisecond: what takes this long is not coming. */
const connectWithinMs = 1_000;
const answerWithinMs = 1_000;
const attempts = 2;

/** From a server that is not, or no longer, the one to ask: after a failover the same name leads to another. */
const wrongServer = new Set(['READONLY', 'LOADING', 'MASTERDOWN']);

export function createRedisConnection(url: string): RedisConnection {
  let library: Library | null = null;
  let kept: Client | null = null;
  let opening: Promise<Client> | null = null;

  async function connect(): Promise<Client> {
    library ??= await import('./client.ts');
    const client: Client = library.createClient({
      url,
      // The older protocol, in which every server and every proxy answers alike.
      RESP: 2,
      disableOfflineQueue: true,
      socket: { connectTimeout: connectWithinMs, reconnectStrategy: false },
    }) as Client;
    // Without a listener a lost connection would end the process. Whoever asks next finds it lost, and opens another.
    client.on('error', () => {});
    try {
      // The socket's own limit does not cover the greeting and the password.
      await within(connectWithinMs, client.connect());
    } catch (error) {
      client.destroy();
      throw error;
    }
    kept = client;
    return client;
  }

  async function connection(): Promise<Client> {
    if (kept?.isReady) return kept;
    // Parallel calls of one request wait for the same connection.
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
        return await within(answerWithinMs, client.sendCommand([...words]));
      } catch (error) {
        const said = saidByServer(error);
        if (said !== null && !wrongServer.has(said)) throw error;
        drop(client);
        if (attempt === attempts) throw error;
      }
    }
  }

  /** The first word of an error that the server sent (`READONLY`, `NOAUTH`); `null`: it was not the server. */
  function saidByServer(error: unknown): string | null {
    if (!library || !(error instanceof library.ErrorReply)) return null;
    return /^[A-Z]+/.exec(error.message)?.[0] ?? 'ERR';
  }

  /** A server's message may repeat what it was asked, and the client's names the address: only the kind may reach a log. */
  function fail(error: unknown): never {
    const kind = saidByServer(error) ?? (error as NodeJS.ErrnoException).code ?? (error as Error).name;
    throw new Error(`Redis did not answer: ${kind}`);
  }

  return {
    command: (...words) => ask(words).catch(fail),

    async run({ text, sha1 }, keys, values) {
      const rest = [String(keys.length), ...keys, ...values];
      try {
        return await ask(['EVALSHA', sha1, ...rest]);
      } catch (error) {
        if (saidByServer(error) !== 'NOSCRIPT') return fail(error);
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
