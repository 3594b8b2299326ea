/** A real redis-server for tests, with a password, nothing on the disk, and no end but that of its test. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { createClient } from '@redis/client';
import { readRedisAddress } from '../../lambda/redis/address.ts';
import type { RedisOptions } from '../../lambda/redis/connection.ts';
import { freePort } from '../../tools/free-port.ts';

export interface TestRedis {
  /** With the password in it. */
  readonly url: string;
  readonly port: number;
  /** Any command, past the store. */
  send(...words: string[]): Promise<unknown>;
  /** Ends the server and starts an empty one at the same address. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

const readyWithinMs = 10_000;
const pauseMs = 25;
const password = 'only-for-this-test';

export const hasRedis = (): boolean => spawnSync('redis-server', ['--version'], { stdio: 'ignore' }).status === 0;

/** As the function's environment would describe it. */
export function redisAt(url: string): RedisOptions {
  const read = readRedisAddress(url);
  if (read.kind === 'bad') throw new Error(`the address ${read.because}`);
  return { address: read.address };
}

/** `more`: further settings of the server, such as `--unixsocket` and its path. */
export async function openRedis(more: readonly string[] = []): Promise<TestRedis> {
  const port = await freePort();
  const url = `redis://:${password}@127.0.0.1:${port}`;
  let running = await start(port, url, more);
  return {
    url,
    port,
    send: (...words) => withClient(url, (client) => client.sendCommand(words)),
    async restart() {
      await stop(running);
      running = await start(port, url, more);
    },
    close: () => stop(running),
  };
}

async function start(port: number, url: string, more: readonly string[]): Promise<ChildProcess> {
  const file = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
  const settings = [
    '--port',
    port,
    '--bind',
    '127.0.0.1',
    '--requirepass',
    password,
    '--save',
    '',
    '--appendonly',
    'no',
    ...more,
  ];
  const child = spawn(
    process.execPath,
    ['--import', file('../../tools/die-with-parent.ts'), file('./redis-process.ts'), ...settings.map(String)],
    { detached: true, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] },
  );
  const deadline = Date.now() + readyWithinMs;
  for (;;) {
    try {
      await withClient(url, (client) => client.sendCommand(['PING']));
      return child;
    } catch (error) {
      if (Date.now() > deadline || child.exitCode !== null) {
        await stop(child);
        throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  // Its whole group, the server included, ends when the channel breaks.
  child.disconnect();
  await ended;
}

type Client = ReturnType<typeof createClient>;

async function withClient<T>(url: string, use: (client: Client) => Promise<T>): Promise<T> {
  const client = createClient({ url, socket: { reconnectStrategy: false } }) as Client;
  client.on('error', () => {});
  await client.connect();
  try {
    return await use(client);
  } finally {
    client.destroy();
  }
}
