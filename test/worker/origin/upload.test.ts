/** What workerd itself shows of a request's body on its way, and what its origin gets of it. */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startWorkerd, type Workerd } from '../../support/workerd.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/**
 * Tells the stages that the body went through, after the reply or a second, whichever comes first, and again at `/last`:
 * a reply to an upload that stays unread may be lost. `?held`: sends bytes.
 */
const entry = `
import { arrivalOf, workerPlatform } from '${root}worker/platform.ts';
let last = '';
export default {
  async fetch(request, env, ctx) {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === '/ready') return new Response();
    if (pathname === '/last') return new Response(last);
    const { method, headers } = request;
    const stages = [];
    const length = headers.get('content-length');
    const held = searchParams.get('held');
    const { body } = arrivalOf(request, ctx);
    const outcome = await Promise.race([
      workerPlatform.send({
        url: 'http://127.0.0.1:' + searchParams.get('to') + '/',
        method: held ? 'PUT' : method,
        headers: new Headers(held ? {} : headers),
        perRequest: [],
        body: held ? new Uint8Array(Number(held)) : body,
        bodyLength: length === null ? null : Number(length),
        onBody: (stage) => void (stages.at(-1) !== stage && stages.push(stage)),
        host: null, edgeCache: false, signal: null,
      }),
      new Promise((resolve) => setTimeout(resolve, 1000, { kind: 'nothing' })),
    ]);
    const seen = outcome.kind === 'reply' ? await outcome.response.json() : null;
    last = JSON.stringify({ kind: outcome.kind, stages, seen });
    return new Response(last);
  },
};`;

interface Told {
  readonly kind: 'reply' | 'failed' | 'nothing';
  readonly stages: readonly string[];
  readonly seen: { readonly length?: string; readonly coding?: string; readonly bytes: number } | null;
}

let workerd: Workerd;
let origin: Server;
let isDeaf = false;
const unread: IncomingMessage[] = [];

beforeAll(async () => {
  origin = createServer((request, response) => {
    request.on('error', () => {});
    if (isDeaf) return void unread.push(request.pause());
    let bytes = 0;
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
    });
    const { 'content-length': length, 'transfer-encoding': coding } = request.headers;
    request.on('end', () => response.end(JSON.stringify({ length, coding, bytes })));
  });
  await new Promise<void>((resolve) => origin.listen(0, '127.0.0.1', resolve));
  workerd = await startWorkerd({ entry });
});
afterAll(async () => {
  await workerd?.stop();
  origin?.closeAllConnections();
  origin?.close();
});

/** Says the head, then each part after a moment. */
function ask(line: string, fields: readonly string[], parts: readonly (string | Buffer)[] = []): Promise<Told> {
  const { hostname, port } = new URL(workerd.url);
  const [method, query] = line.split(' ');
  const path = query === '/last' ? query : `/?to=${(origin.address() as AddressInfo).port}${query ?? ''}`;
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, async () => {
      socket.write(
        [`${method} ${path} HTTP/1.1`, 'Host: eu.example', 'Connection: close', ...fields, '', ''].join('\r\n'),
      );
      for (const part of parts) {
        await pause(50);
        socket.write(part);
      }
    });
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
    });
    socket
      .on('error', () => undefined)
      .on('close', () => {
        const told = text.slice(text.indexOf('{'), text.lastIndexOf('}') + 1);
        if (told) resolve(JSON.parse(told) as Told);
        else if (path === '/last') reject(new Error('workerd said nothing'));
        else resolve(ask('GET /last', []));
      });
  });
}

describe('a body on its way', () => {
  it('keeps the length it came with, and is taken at its end', async () => {
    expect(await ask('PUT', ['Content-Length: 10'], ['hello', 'world'])).toEqual({
      kind: 'reply',
      stages: ['client', 'origin', 'client', 'origin', 'client', 'taken'],
      seen: { length: '10', bytes: 10 },
    });
  });

  it('without a length goes out in chunks', async () => {
    const { stages, seen } = await ask('PUT', ['Transfer-Encoding: chunked'], ['5\r\nhello\r\n', '0\r\n\r\n']);
    expect([stages.at(-1), seen]).toEqual(['taken', { coding: 'chunked', bytes: 5 }]);
  });

  it('of a GET goes out as it came, and is watched all the same', async () => {
    const { stages, seen } = await ask('GET', ['Content-Length: 10'], ['hello', 'world']);
    expect([stages.at(-1), seen]).toEqual(['taken', { length: '10', bytes: 10 }]);
  });

  it.each(['PUT', 'GET'])('of a %s is the client’s matter while nothing comes', async (method) => {
    expect(await ask(method, ['Content-Length: 10'], ['hello'])).toMatchObject({
      kind: 'nothing',
      stages: method === 'PUT' ? ['client', 'origin', 'client'] : ['client'],
    });
  });

  it('is the origin’s matter while that one does not read', async () => {
    isDeaf = true;
    const body = Buffer.alloc(24 * 1024 * 1024, 7);
    const { kind, stages } = await ask('PUT', [`Content-Length: ${body.length}`], [body]);
    isDeaf = false;
    for (const request of unread.splice(0)) request.destroy();
    expect([kind, stages.at(-1)]).toEqual(['nothing', 'origin']);
  });

  it.each([0, 1, 65_536, 65_537, 300_000])('of %i bytes that are held goes out with its length', async (bytes) => {
    const { kind, stages, seen } = await ask(`PUT &held=${bytes || '0'}`, ['Content-Length: 0']);
    expect([kind, seen]).toEqual(['reply', { length: String(bytes), bytes }]);
    expect(stages.at(-1)).toBe('taken');
  });
});
