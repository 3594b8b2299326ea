/** The local HTTP server in front of the execution environments. It plays the role of a Function URL or another service. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Fleet } from './fleet.ts';
import type { InvocationResult } from './runtime-api.ts';
import type { Prelude } from './streamed-reply.ts';

/** Far more than the gateway accepts, so that the gateway's own limit applies. */
const maxHeaderBytes = 256 * 1024;

export interface Front {
  close(): Promise<void>;
}

/** Converts between HTTP and the events of the function. */
export interface Service {
  /** `null` if the request is larger than the service accepts. */
  eventOf(request: IncomingMessage, region: string): Promise<object | null>;
  /** The response in a function's buffered result; `null` if the service cannot deliver it. */
  replyOf(result: unknown): (Prelude & { readonly body: Buffer }) | null;
}

/** Listens on both loopback addresses, because `localhost` may mean either. */
export async function startFront(
  port: number,
  fleet: Fleet,
  region: string,
  onFailure: (reason: string) => void,
  service: Service,
): Promise<Front> {
  const handle = async (request: IncomingMessage, reply: ServerResponse): Promise<void> => {
    const event = await service.eventOf(request, region);
    if (!event) return void reply.writeHead(413, { connection: 'close' }).end();
    const answered = await fleet.invoke(event);
    if (answered.reply.kind === 'failed') onFailure(answered.reply.reason);
    await deliver(answered, reply, service);
  };
  const serve = (): Server => {
    const server = createServer({ maxHeaderSize: maxHeaderBytes }, (request, reply) => {
      // The client disconnected while it was sending, so there is no one to answer.
      handle(request, reply).catch(() => reply.destroy());
    });
    return server;
  };

  const servers = [await listen(serve(), port, '127.0.0.1')];
  // A machine without IPv6 does not have this address.
  const six = await listen(serve(), port, '::1').catch(() => null);
  if (six) servers.push(six);
  return {
    async close() {
      for (const server of servers) server.closeAllConnections();
      await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
    },
  };
}

async function listen(server: Server, port: number, host: string): Promise<Server> {
  server.listen(port, host);
  await once(server, 'listening');
  return server;
}

async function deliver(
  { reply: answer, done }: InvocationResult,
  reply: ServerResponse,
  service: Service,
): Promise<void> {
  switch (answer.kind) {
    case 'failed':
      return void refuse(reply);
    case 'buffered': {
      const said = service.replyOf(answer.result);
      await done;
      if (!said) return void refuse(reply);
      writeHead(reply, said);
      reply.end(said.body);
      return;
    }
    case 'streamed':
      writeHead(reply, answer.prelude);
      // Sends the head now. `flushHeaders` would write bytes above ASCII as two bytes.
      reply.write(Buffer.alloc(0));
      await stream(answer.body, reply, done, lengthOf(answer.prelude));
  }
}

/** The answer of AWS's services if the function has no response that they could pass on. */
const refuse = (reply: ServerResponse): ServerResponse =>
  reply.writeHead(502, { 'content-type': 'text/plain' }).end('Internal Server Error');

function writeHead(reply: ServerResponse, { statusCode = 200, headers = {}, cookies = [] }: Prelude): void {
  const fields = Object.entries(headers).flat();
  for (const cookie of cookies) fields.push('set-cookie', cookie);
  reply.writeHead(statusCode, fields);
}

/** `null` without a declared length. */
function lengthOf({ headers = {} }: Prelude): number | null {
  const length = Object.entries(headers).find(([name]) => name.toLowerCase() === 'content-length')?.[1];
  return length === undefined ? null : Number(length);
}

/** As on Lambda, a client that disconnects does not stop the function. */
async function stream(
  body: AsyncIterable<Buffer>,
  reply: ServerResponse,
  done: Promise<void>,
  length: number | null,
): Promise<void> {
  const gone = new AbortController();
  reply.once('close', () => gone.abort());
  let written = 0;
  let last: Buffer = Buffer.alloc(0);
  try {
    for await (const chunk of body) {
      written += chunk.length;
      // With the last byte of a declared length, the client could send its next request before the environment is idle.
      // The last chunk therefore waits until the function has ended, which requires that its stream is read completely.
      if (written === length) {
        last = chunk;
        continue;
      }
      if (gone.signal.aborted || reply.write(chunk)) continue;
      await once(reply, 'drain', { signal: gone.signal }).catch(() => undefined);
    }
    // The client's next request then finds this environment idle, as it does in the cloud because of the network's delay.
    await done;
    reply.end(last);
  } catch {
    await done;
    // The final chunk, which would mark the body as complete, is never sent.
    reply.destroy();
  }
}
