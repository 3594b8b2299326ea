/**
 * One origin: a plain HTTP server on loopback that can go down as a crashed one does, connections refused, and come
 * back on the same address with nothing in its memory.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Answer, writeAnswer } from './answer.ts';
import { createApp } from './app.ts';
import { type Ask, readAsk } from './ask.ts';
import { type BerthId, cities, type Harbour } from './harbour.ts';

export interface Origin {
  readonly id: BerthId;
  /** `http://127.0.0.1:<port>`, the same for its whole life. */
  readonly url: string;
  alive(): boolean;
  /** Refuses new connections at once; what is open ends when `finish` is called. */
  kill(): { finish(): void };
  /** Listens again, with fresh memory. `false` when another program has taken the port meanwhile. */
  revive(): Promise<boolean>;
  close(): Promise<void>;
}

const loopback = '127.0.0.1';

/** `port` 0 takes any free one. Without a `harbour` the origin stands alone, and cannot be killed. */
export async function startOrigin(options: {
  id: BerthId;
  token: string;
  port: number;
  harbour?: Harbour;
}): Promise<Origin> {
  const { id, token } = options;
  const harbour = options.harbour ?? standingAlone(id);
  let server: Server | null = await listen(createApp(id, token, harbour), options.port);
  const { port } = server.address() as AddressInfo;

  const kill = () => {
    const dying = server;
    server = null;
    const closed = new Promise<void>((resolve) => (dying ? dying.close(() => resolve()) : resolve()));
    return { closed, finish: () => dying?.closeAllConnections() };
  };

  return {
    id,
    url: `http://${loopback}:${port}`,
    alive: () => server !== null,
    kill,
    async revive() {
      if (server) return true;
      try {
        const revived = await listen(createApp(id, token, harbour), port);
        server = revived;
      } catch {
        // Taken, unless two asked at once: then the other one has it back by now.
      }
      return server !== null;
    },
    async close() {
      const { closed, finish } = kill();
      finish();
      await closed;
    },
  };
}

type App = (ask: Ask) => Promise<Answer>;

async function listen(app: App, port: number): Promise<Server> {
  const server = createServer((request, response) => {
    serve(app, request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, loopback, resolve);
  });
  return server;
}

async function serve(app: App, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const answer = await app(await readAsk(request));
  if (answer.afterwards) response.once('close', answer.afterwards);
  writeAnswer(response, answer, request.method !== 'HEAD');
}

const standingAlone = (id: BerthId): Harbour => ({
  list: () => [{ id, city: cities[id], alive: true }],
  kill: () => null,
  revive: async () => true,
});
