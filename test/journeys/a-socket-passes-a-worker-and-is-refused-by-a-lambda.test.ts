import { createHash } from 'node:crypto';
import { type IncomingMessage, request } from 'node:http';
import type { Duplex } from 'node:stream';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Client } from '../support/client.ts';
import { throughBothDoors } from '../support/doors.ts';

/** RFC 6455, section 1.3. */
const acceptOf = (key: string): string =>
  createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
const key = Buffer.from('a key of 16 byte').toString('base64');

/** A masked text frame, as clients send them (section 5.2); the mask is all zeros. */
const clientFrame = (text: string): Buffer =>
  Buffer.concat([Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]), Buffer.from(text)]);
const serverFrame = (text: string): Buffer => Buffer.concat([Buffer.from([0x81, text.length]), Buffer.from(text)]);

type Answered =
  | { readonly kind: 'upgraded'; readonly reply: IncomingMessage; readonly socket: Duplex }
  | { readonly kind: 'refused'; readonly reply: IncomingMessage };

function knock(url: string, path: string, headers: Record<string, string> = {}): Promise<Answered> {
  return new Promise((done, failed) => {
    const asking = request(url + path, {
      headers: {
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': key,
        ...headers,
      },
    });
    asking.once('upgrade', (reply, socket, head) => {
      // What came in one packet with the reply.
      socket.unshift(head);
      done({ kind: 'upgraded', reply, socket });
    });
    asking.once('response', (reply) => done({ kind: 'refused', reply: reply.resume() }));
    asking.once('error', failed);
    asking.end();
  });
}

const definition = `{ ...base, session: { strategy: 'token' }, routes: [
  { path: '/login', methods: ['POST'], pool: 'app', session: 'optional', issues: true },
  { path: '/account/*', pool: 'app', session: 'required' },
  { path: '/no-sockets/*', pool: 'app', session: 'optional', sockets: 'off' },
  { path: '/*', pool: 'app', session: 'optional' },
] }`;

throughBothDoors('a socket', { definition }, (world) => {
  const upgrades: IncomingMessage[] = [];
  let client: Client;
  const cookie = () => [...client.jar].map(([name, value]) => `${name}=${value}`).join('; ');

  beforeAll(async () => {
    for (const origin of Object.values(world.origins)) {
      origin.onUpgrade((asked, socket) => {
        upgrades.push(asked);
        socket.write(
          `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${acceptOf(String(asked.headers['sec-websocket-key']))}\r\n\r\n`,
        );
        socket.write(serverFrame(`from ${origin.id}`));
        socket.on('data', (frame: Buffer) => {
          // Opcode 1 is text, 8 is the end.
          if (((frame[0] as number) & 15) !== 1) return socket.end();
          const mask = frame.subarray(2, 6);
          const text = frame.subarray(6).map((byte, i) => byte ^ (mask[i % 4] as number));
          socket.write(serverFrame(`you said ${Buffer.from(text)}`));
        });
        socket.on('error', () => {});
      });
    }
    client = world.client({});
    client.place = '35.7,139.7';
    await client.ask('/');
    await client.ask('/login', { form: { user: 'ada' } });
  });

  it('reaches the origin that holds the client, both ways, or is told that it cannot', async () => {
    const answered = await knock(world.url, '/account/live', { cookie: cookie() });
    if (world.door === 'lambda') {
      expect(answered.reply.statusCode).toBe(501);
      expect(upgrades).toEqual([]);
      return;
    }
    if (answered.kind !== 'upgraded') throw new Error(`refused with ${answered.reply.statusCode}`);
    const { reply, socket } = answered;
    expect(reply.headers['sec-websocket-accept']).toBe(acceptOf(key));
    let heard = '';
    const both = new Promise<void>((done) => {
      socket.on('data', (chunk: Buffer) => {
        heard += chunk.toString('latin1');
        if (heard.includes('you said hello')) done();
      });
    });
    socket.write(clientFrame('hello'));
    await both;
    socket.destroy();
    expect(heard).toContain('from ap');
    const asked = upgrades.at(-1) as IncomingMessage;
    expect(asked.headers['session-status']).toBe('active');
    expect(asked.headers['session-assertion']).toBeDefined();
    expect(asked.headers.cookie ?? '').not.toContain('__Host-');
  });

  describe('is not opened', () => {
    it.each([
      ['for a stranger on a protected page', '/account/live', {}, 401],
      ['from another site', '/live', { origin: 'https://evil.example' }, 403],
      ['from another site that a browser names', '/live', { 'sec-fetch-site': 'cross-site' }, 403],
      ['where sockets are off', '/no-sockets/live', {}, 501],
    ])('%s', async (_, path, headers, status) => {
      const before = upgrades.length;
      const { kind, reply } = await knock(world.url, path, headers as Record<string, string>);
      expect([kind, reply.statusCode]).toEqual(['refused', status]);
      expect(upgrades.length).toBe(before);
    });
  });

  it('an origin that knows no sockets says so itself', async ({ skip }) => {
    skip(world.door === 'lambda', 'no upgrade gets that far');
    for (const origin of Object.values(world.origins))
      origin.onUpgrade(
        (_, socket) => void socket.end('HTTP/1.1 426 Upgrade Required\r\nContent-Length: 2\r\nX-App: 1\r\n\r\nno'),
      );
    const { kind, reply } = await knock(world.url, '/live');
    expect([kind, reply.statusCode, reply.headers['x-app']]).toEqual(['refused', 426, '1']);
  });
});
