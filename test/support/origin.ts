/**
 * An origin for tests: a small stateful app with a login form and a cart, plus whatever a proxy must carry unharmed. It
 * really listens, really dies and really comes back empty.
 */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';

export interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
}

export type Answer = (seen: Seen, response: ServerResponse, request: IncomingMessage) => void;

export interface TestOrigin {
  readonly id: string;
  readonly url: string;
  /** Every request that arrived, in order. */
  readonly seen: Seen[];
  /** Its own way to answer a path; wins over the app. */
  on(path: string, answer: Answer): void;
  /** The same before the request's body has come. */
  onHead(path: string, answer: (request: IncomingMessage, response: ServerResponse) => void): void;
  /** Takes over the connection of every upgrade from now on. Without it upgrades are requests like any other. */
  onUpgrade(take: (request: IncomingMessage, socket: Duplex) => void): void;
  /** Refuses connections from now on and breaks those it has. Its state is gone. */
  kill(): Promise<void>;
  /** Takes every connection and request from now on, and answers none. It keeps its state. */
  hang(): void;
  /** Listens and answers. What was asked while it hung is broken off. */
  revive(): Promise<void>;
  close(): Promise<void>;
}

export async function startOrigin(id: string, token: string): Promise<TestOrigin> {
  const seen: Seen[] = [];
  const special = new Map<string, Answer>();
  const early = new Map<string, (request: IncomingMessage, response: ServerResponse) => void>();
  let carts = new Map<string, number>();
  let takeUpgrade: ((request: IncomingMessage, socket: Duplex) => void) | null = null;
  /** A server forgets the connections it has handed over. */
  const upgraded = new Set<Duplex>();
  let server: Server | null = null;
  let port = 0;
  let hangs = false;
  const held = new Set<Duplex>();

  const app: Answer = ({ method, url, headers, body }, response) => {
    const { pathname, searchParams } = new URL(url, 'http://origin');
    const cartId = /cart_id=(\w+)/.exec(headers.cookie ?? '')?.[1] ?? Math.random().toString(36).slice(2);
    response.setHeader('content-type', 'application/json');
    if (method === 'POST' && pathname === '/login') {
      const sub = new URLSearchParams(body.toString()).get('user') ?? 'nobody';
      response.setHeader('session-issue', encode({ sub, claims: { role: ['customer'] } }));
      response.setHeader('session-origin-token', token);
      response.writeHead(303, { location: '/' }).end();
      return;
    }
    if (method === 'POST' && pathname === '/cart') {
      carts.set(cartId, (carts.get(cartId) ?? 0) + 1);
      response.setHeader('set-cookie', `cart_id=${cartId}; Path=/; HttpOnly`);
    }
    const status = Number(searchParams.get('status') ?? 200);
    response.statusCode = status;
    const reply = {
      origin: id,
      method,
      url,
      headers,
      cart: carts.get(cartId) ?? 0,
      body: { bytes: body.length, sha256: createHash('sha256').update(body).digest('hex') },
    };
    response.end(method === 'HEAD' || status === 204 || status === 304 ? undefined : JSON.stringify(reply));
  };

  async function listen(): Promise<void> {
    carts = new Map();
    server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('error', () => {});
      response.on('error', () => {});
      if (hangs) {
        held.add(request.socket);
        request.resume();
        return;
      }
      const hasty = early.get(request.url?.split('?')[0] as string);
      if (hasty) return hasty(request, response);
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { method = '', url = '', headers, rawHeaders } = request;
        const arrived = { method, url, headers, rawHeaders, body: Buffer.concat(chunks) };
        seen.push(arrived);
        (special.get(url.split('?')[0] as string) ?? app)(arrived, response, request);
      });
    });
    listenForUpgrades();
    await new Promise<void>((done, failed) => server?.once('error', failed).listen(port, '127.0.0.1', done));
    port = (server.address() as AddressInfo).port;
  }

  function listenForUpgrades(): void {
    const take = takeUpgrade;
    if (!take) return;
    server?.removeAllListeners('upgrade').on('upgrade', (request: IncomingMessage, socket: Duplex) => {
      upgraded.add(socket);
      take(request, socket);
    });
  }

  async function kill(): Promise<void> {
    const dying = server;
    server = null;
    if (!dying) return;
    const closed = new Promise<void>((done) => dying.close(() => done()));
    dying.closeAllConnections();
    for (const socket of upgraded) socket.destroy();
    upgraded.clear();
    await closed;
  }

  await listen();
  return {
    id,
    url: `http://127.0.0.1:${port}`,
    seen,
    on: (path, answer) => void special.set(path, answer),
    onHead: (path, answer) => void early.set(path, answer),
    onUpgrade(take) {
      takeUpgrade = take;
      listenForUpgrades();
    },
    kill,
    hang() {
      hangs = true;
    },
    revive: async () => {
      hangs = false;
      for (const socket of held) socket.destroy();
      held.clear();
      if (!server) await listen();
    },
    close: kill,
  };
}

/** How an origin writes a Session-* command. */
export const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
