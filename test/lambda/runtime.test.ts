import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LambdaDoor, startLambdaDoor } from '../support/lambda-door.ts';

// Everything but the gateway, under AWS's own runtime client: what gets lost here was lost by the door.

const entry = fileURLToPath(new URL('../support/pass-through-function.ts', import.meta.url));

interface Received {
  readonly status: number;
  readonly fields: readonly string[];
  readonly body: Buffer;
  readonly complete: boolean;
}

let origin: Server;
let originUrl: string;
let release: () => void = () => undefined;
let reached: () => void = () => undefined;
let originClosed: Promise<void> = Promise.resolve();

beforeAll(async () => {
  origin = createServer(async (asked, answer) => {
    const chunks: Buffer[] = [];
    for await (const chunk of asked) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    switch (asked.url?.split('?')[0]) {
      case '/die':
        answer.writeHead(200, { 'content-type': 'text/plain' }).write('half');
        release = () => answer.socket?.destroy();
        return;
      case '/ticks':
        answer.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n');
        release = () => answer.end('data: 2\n\n');
        reached();
        return;
      case '/empty':
        answer.writeHead(304, { etag: '"1"' }).end();
        return;
      case '/cookies':
        answer.writeHead(200, { 'set-cookie': ['a=1', 'b=2; Path=/x', 'a=3'], 'x-name': 'caf\xe9' }).end();
        return;
      case '/large':
        originClosed = new Promise((resolve) => answer.once('close', resolve));
        answer.writeHead(200).write(Buffer.alloc(8_000_000));
        return;
      default:
        answer.writeHead(200, { 'x-query': asked.url ?? '', 'x-method': asked.method ?? '' }).end(body);
    }
  });
  await new Promise<void>((resolve) => origin.listen(0, '127.0.0.1', resolve));
  originUrl = `http://127.0.0.1:${(origin.address() as AddressInfo).port}`;
});
afterAll(() => {
  origin.closeAllConnections();
  origin.close();
});

const ask = (door: LambdaDoor, path: string, more: { method?: string; body?: Buffer; onData?: () => void } = {}) =>
  new Promise<Received>((resolve, reject) => {
    const headers = more.body ? { 'content-length': more.body.length } : {};
    const { hostname, port } = new URL(door.url);
    request({ hostname, port, path, method: more.method ?? 'GET', headers, agent: false }, (reply) => {
      const chunks: Buffer[] = [];
      const end = () =>
        resolve({
          status: reply.statusCode ?? 0,
          fields: reply.rawHeaders,
          body: Buffer.concat(chunks),
          complete: reply.complete,
        });
      reply
        .on('data', (chunk) => {
          chunks.push(chunk);
          more.onData?.();
        })
        .on('error', end)
        .on('end', end);
    })
      .on('error', reject)
      .end(more.body);
  });

const values = ({ fields }: Received, name: string) => fields.filter((_, i) => fields[i - 1]?.toLowerCase() === name);

describe.each([{ mode: 'streamed' }, { mode: 'buffered' }])(
  'the function under the real runtime, $mode',
  ({ mode }) => {
    let door: LambdaDoor;
    beforeAll(async () => {
      door = await startLambdaDoor({ entry, env: { ORIGIN_EU: originUrl }, streamed: mode === 'streamed' });
    });
    afterAll(() => door.stop());

    it('passes every byte, both ways', async () => {
      const body = Buffer.from(Array.from({ length: 100_000 }, (_, i) => (i * 7) % 256));
      const reply = await ask(door, '/echo', { method: 'POST', body });
      expect(reply.body.equals(body)).toBe(true);
    });

    it('passes a GET with a body, and the query as it came', async () => {
      const reply = await ask(door, "/echo?q='x'&r=%zz", { body: Buffer.from('{}') });
      expect([reply.body.toString(), values(reply, 'x-query'), values(reply, 'x-method')]).toEqual([
        '{}',
        ["/echo?q='x'&r=%zz"],
        ['GET'],
      ]);
    });

    it('keeps cookies apart and bytes above ASCII in headers', async () => {
      const reply = await ask(door, '/cookies');
      expect(values(reply, 'set-cookie')).toEqual(['a=1', 'b=2; Path=/x', 'a=3']);
      expect(values(reply, 'x-name')).toEqual(['caf\xe9']);
    });

    it('gives status and headers of a reply without a body', async () => {
      const reply = await ask(door, '/empty');
      expect([reply.status, values(reply, 'etag'), reply.body.length]).toEqual([304, ['"1"'], 0]);
      expect((await ask(door, '/echo', { method: 'HEAD' })).status).toBe(200);
    });

    it('serves one request after the other from one process, and another one meanwhile from a second', async () => {
      const pids = [];
      for (let i = 0; i < 3; i++) pids.push(values(await ask(door, '/echo'), 'x-process')[0]);
      expect(new Set(pids).size).toBe(1);
      const held = new Promise<void>((resolve) => {
        reached = resolve;
      });
      const first = ask(door, '/ticks');
      await held;
      const second = await ask(door, '/echo');
      release();
      expect(values(await first, 'x-process')).toEqual([pids[0]]);
      expect(values(second, 'x-process')).not.toEqual([pids[0]]);
    });

    if (mode === 'streamed') {
      it('passes events on as they come', async () => {
        // The second event is released by the arrival of the first; a reply that is held back would never end.
        const reply = await ask(door, '/ticks', { onData: () => release() });
        expect(reply.body.toString()).toBe('data: 1\n\ndata: 2\n\n');
        expect(reply.complete).toBe(true);
      });

      it('breaks the reply when the origin dies in mid-body, and goes on serving from the same process', async () => {
        const before = values(await ask(door, '/echo'), 'x-process');
        const reply = await ask(door, '/die', { onData: () => release() });
        expect([reply.body.toString(), reply.complete]).toEqual(['half', false]);
        expect(values(await ask(door, '/echo'), 'x-process')).toEqual(before);
      });
    } else {
      it('says that a reply is too large, and lets the origin go', async () => {
        const reply = await ask(door, '/large');
        expect(reply.status).toBe(502);
        expect(JSON.parse(reply.body.toString())).toMatchObject({ code: 'reply_too_large' });
        await originClosed;
      });
    }
  },
);
