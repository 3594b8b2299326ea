/** Counts what passes between a client and its database, on the connection itself. */
import { createServer as createHttpServer, request } from 'node:http';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import type { Counter, Purpose } from './count.ts';

export interface Wire {
  /** Where the client has to connect. */
  readonly port: number;
  close(): Promise<void>;
}

const listen = async (server: Server): Promise<number> => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
};

/** The partition keys say what a request to DynamoDB is for. */
const purposeOf = (body: string): Purpose =>
  /"S":"(N#|N")|"PK":\{"S":"G"\},"SK":\{"S":"N"\}/.test(body)
    ? 'counts'
    : /"S":"C"\}/.test(body)
      ? 'control'
      : 'session';

export async function countDynamoDb(endpoint: string, counter: Counter): Promise<Wire> {
  const server = createHttpServer((incoming, reply) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const body = Buffer.concat(chunks);
      const operation = String(incoming.headers['x-amz-target']).split('.')[1] ?? '';
      const kind = /Get|Query|Scan|Describe/.test(operation) ? 'read' : 'write';
      counter.note(purposeOf(body.toString()), kind);
      const outgoing = request(endpoint, { method: 'POST', headers: incoming.headers }, (answer) => {
        reply.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(reply);
      });
      outgoing.on('error', () => reply.destroy());
      outgoing.end(body);
    });
  });
  const port = await listen(server);
  const close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { port, close };
}

/** Of a connection, and not of a session. */
const greetings = new Set(['HELLO', 'AUTH', 'CLIENT', 'SELECT', 'PING']);
const readers = new Set(['GET', 'HGETALL', 'HMGET', 'HGET', 'EXISTS', 'TTL', 'PTTL']);

/** A command is an array of strings (RESP 2). A script counts as a write. */
export async function countRedis(serverPort: number, counter: Counter): Promise<Wire> {
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(serverPort, '127.0.0.1');
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy()).on('close', () => sockets.delete(socket));
    }
    let text = '';
    client.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
      for (let command = takeCommand(text); command; command = takeCommand(text)) {
        text = command.rest;
        const name = command.words[0]?.toUpperCase() ?? '';
        if (!greetings.has(name)) counter.note('session', readers.has(name) ? 'read' : 'write');
      }
      upstream.write(chunk);
    });
    upstream.pipe(client);
  });
  const port = await listen(server);
  const close = async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  };
  return { port, close };
}

/** `null` while the command is incomplete. */
function takeCommand(text: string): { readonly words: readonly string[]; readonly rest: string } | null {
  const head = /^\*(\d+)\r\n/.exec(text);
  if (!head) return null;
  const words: string[] = [];
  let at = head[0].length;
  for (let i = 0; i < Number(head[1]); i++) {
    const length = /^\$(\d+)\r\n/.exec(text.slice(at, at + 20));
    if (!length) return null;
    const begin = at + length[0].length;
    at = begin + Number(length[1]) + 2;
    if (at > text.length) return null;
    words.push(text.slice(begin, at - 2));
  }
  return { words, rest: text.slice(at) };
}
