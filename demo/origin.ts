/**
 * One origin: an HTTP server on loopback. It can go down like a crashed server, which refuses connections, and come back at
 * the same address with empty memory.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Answer, writeAnswer } from './answer.ts';
import { createApp } from './app.ts';
import { type Ask, readAsk } from './ask.ts';
import { type BerthId, cities, type Harbour } from './harbour.ts';

export interface Origin {
  readonly id: BerthId;
  /** `http://127.0.0.1:<port>`; does not change. */
  readonly url: string;
  alive(): boolean;
  /** Refuses new connections at once. `finish` closes the open ones. */
  kill(): { finish(): void };
  /** Listens again, with empty memory. `false` if another program uses the port now. */
  revive(): Promise<boolean>;
  close(): Promise<void>;
}

const loopback = '127.0.0.1';

/** `port` 0: any free port. Without a `harbour`, the origin is alone and cannot be killed. */
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
        // The port is in use, or a parallel call has already started the origin.
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
