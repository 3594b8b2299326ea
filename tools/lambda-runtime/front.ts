/** The local HTTP server in front of the execution environments: what a Function URL is in the cloud, or another service. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Fleet } from './fleet.ts';
import type { InvocationResult } from './runtime-api.ts';
import type { Prelude } from './streamed-reply.ts';

/** Far above what the gateway accepts, so that its own bound is the one that is seen. */
const maxHeaderBytes = 256 * 1024;

export interface Front {
  close(): Promise<void>;
}

/** What stands between a client and the function: it speaks HTTP with the one, and in events with the other. */
export interface Service {
  /** `null` when the request is larger than the service takes. */
  eventOf(request: IncomingMessage, region: string): Promise<object | null>;
  /** What a function's result says, where it is not streamed; `null` when the service cannot deliver it. */
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
      // A client that broke off while it was still sending; there is nobody to tell.
      handle(request, reply).catch(() => reply.destroy());
    });
    return server;
  };

  const servers = [await listen(serve(), port, '127.0.0.1')];
  // A machine without IPv6 has no such address, and needs none.
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
      // Sends the head now. Not by `flushHeaders`, which would write bytes above ASCII as two.
      reply.write(Buffer.alloc(0));
      await stream(answer.body, reply, done, lengthOf(answer.prelude));
  }
}

/** What the services say when there is no reply of the function's that they could pass on. */
const refuse = (reply: ServerResponse): ServerResponse =>
  reply.writeHead(502, { 'content-type': 'text/plain' }).end('Internal Server Error');

function writeHead(reply: ServerResponse, { statusCode = 200, headers = {}, cookies = [] }: Prelude): void {
  const fields = Object.entries(headers).flat();
  for (const cookie of cookies) fields.push('set-cookie', cookie);
  reply.writeHead(statusCode, fields);
}

/** `null` without a declared length: the reply is over when it says so. */
function lengthOf({ headers = {} }: Prelude): number | null {
  const length = Object.entries(headers).find(([name]) => name.toLowerCase() === 'content-length')?.[1];
  return length === undefined ? null : Number(length);
}

/** A client that goes away stops nothing: as on Lambda, the function runs to its end and nobody tells it. */
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
      // With the last byte of a declared length the client has it all, and would ask again before the environment is
      // idle. It waits here until the function has ended, which it cannot before its stream is read to the end.
      if (written === length) {
        last = chunk;
        continue;
      }
      if (gone.signal.aborted || reply.write(chunk)) continue;
      await once(reply, 'drain', { signal: gone.signal }).catch(() => undefined);
    }
    // So that whoever asks again at once finds this environment idle, as the way through the cloud would see to.
    await done;
    reply.end(last);
  } catch {
    await done;
    // The chunk that would say "complete" is never sent.
    reply.destroy();
  }
}
