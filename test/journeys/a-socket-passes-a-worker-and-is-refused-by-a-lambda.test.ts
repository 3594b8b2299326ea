import type { IncomingMessage } from 'node:http';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Client } from '../support/client.ts';
import { throughBothDoors } from '../support/doors.ts';
import {
  acceptOf,
  acceptSocket,
  closeAndHear,
  connectSocket,
  knock,
  type SocketEnd,
  someKey,
} from '../support/web-socket.ts';

const definition = `{ ...base, session: { strategy: 'token' }, routes: [
  { path: '/login', methods: ['POST'], pool: 'app', session: 'optional', issues: true },
  { path: '/account/*', pool: 'app', session: 'required' },
  { path: '/watched/*', pool: 'app', session: 'required', sockets: 'watched' },
  { path: '/no-sockets/*', pool: 'app', session: 'optional', sockets: 'off' },
  { path: '/*', pool: 'app', session: 'optional' },
] }`;

throughBothDoors('a socket', { definition, workerRuntime: 'wrangler dev' }, (world) => {
  const upgrades: IncomingMessage[] = [];
  let fields: string[] = [];
  let end: SocketEnd;
  let client: Client;
  const cookie = () => [...client.jar].map(([name, value]) => `${name}=${value}`).join('; ');
  const open = (path: string, protocols: string[] = []) =>
    connectSocket(world.url + path, { headers: { cookie: `${cookie()}; theme=dark` }, protocols });

  beforeAll(async () => {
    for (const origin of Object.values(world.origins)) {
      origin.onUpgrade((asked, socket) => {
        upgrades.push(asked);
        end = acceptSocket(asked, socket, { fields });
        end.send(`from ${origin.id}`);
      });
    }
    client = world.client({});
    client.place = '35.7,139.7';
    await client.ask('/');
    await client.ask('/login', { form: { user: 'ada' } });
  });

  it('is refused by a Lambda with a word on where to go', async ({ skip }) => {
    skip(world.door === 'worker', 'which has sockets');
    for (const path of ['/account/live', '/watched/live', '/no-sockets/live']) {
      const answered = await knock(world.url + path, { cookie: cookie() });
      if (answered.kind !== 'refused') throw new Error('upgraded');
      expect(answered.reply.statusCode).toBe(501);
      expect(JSON.parse(answered.body)).toMatchObject({
        code: 'not_supported',
        detail: expect.stringMatching(/application itself.*WebSocket API.*Cloudflare Workers/),
      });
    }
    expect(upgrades).toEqual([]);
  });

  describe.each([
    ['that passes', '/account/live', { clientLost: 1006, originLost: 1006 }],
    ['that is watched', '/watched/live', { clientLost: 1001, originLost: 1011 }],
  ])('%s', (_, path, codes) => {
    it('reaches the origin that holds the client, as who is signed in', async ({ skip }) => {
      skip(world.door === 'lambda', 'no upgrade gets that far');
      const socket = await open(path);
      expect(await socket.next(0)).toBe('from ap');
      const { headers } = upgrades.at(-1) as IncomingMessage;
      expect(headers['session-status']).toBe('active');
      expect(headers['session-assertion']).toBeDefined();
      expect(headers.cookie).toBe('theme=dark');
      socket.close();
      await socket.closed;
    });

    it('is answered for by the key of each side', async ({ skip }) => {
      skip(world.door === 'lambda', 'no upgrade gets that far');
      const answered = await knock(world.url + path, { cookie: cookie() });
      if (answered.kind !== 'upgraded') throw new Error(`refused with ${answered.reply.statusCode}`);
      expect(answered.reply.headers['sec-websocket-accept']).toBe(acceptOf(someKey));
      answered.socket.destroy();
    });

    it('speaks the subprotocol that the origin chose', async ({ skip }) => {
      skip(world.door === 'lambda', 'no upgrade gets that far');
      fields = ['Sec-WebSocket-Protocol: chat.v2'];
      const socket = await open(path, ['chat.v1', 'chat.v2']);
      expect(socket.protocol).toBe('chat.v2');
      expect(upgrades.at(-1)?.headers['sec-websocket-protocol']).toBe('chat.v1, chat.v2');
      socket.close();
      fields = [];
    });

    it('carries text and bytes both ways, large and small, in their order', async ({ skip }) => {
      skip(world.door === 'lambda', 'no upgrade gets that far');
      const socket = await open(path);
      await socket.next(0);
      const large = Buffer.alloc(1024 * 1024, 'all kinds of bytes \u0000\u00ff');
      const said = ['', 'hällo', Buffer.from([0, 255, 128]), large, 'x'.repeat(70_000), Buffer.alloc(0), 'last'];
      for (const message of said) {
        socket.send(message);
        end.send(message);
      }
      expect([await end.next(said.length - 1), await socket.next(said.length)]).toEqual(['last', 'last']);
      expect(end.heard).toEqual(said);
      expect(socket.heard.slice(1)).toEqual(said);
      socket.close();
    });

    it('is closed by either side as that side says', async ({ skip }) => {
      skip(world.door === 'lambda', 'no upgrade gets that far');
      for (const [code, reason] of [
        [1000, ''],
        [3001, 'see you'],
        [4999, 'ü'.repeat(60)],
      ] as const) {
        const leaving = await knock(world.url + path, { cookie: cookie() });
        if (leaving.kind !== 'upgraded') throw new Error(`refused with ${leaving.reply.statusCode}`);
        expect(await closeAndHear(leaving.socket, code, reason)).toEqual({ code, reason });
        expect(await end.closed).toEqual({ code, reason });
        const sentAway = await open(path);
        end.close(code, reason);
        expect(await sentAway.closed).toEqual({ code, reason });
        expect(await end.closed).toMatchObject({ code });
      }
      const silent = await open(path);
      silent.close();
      expect((await end.closed).code).toBe(1005);
      const sentAwaySilently = await open(path);
      end.close();
      expect((await sentAwaySilently.closed).code).toBe(1005);
    });

    it('ends for the one side when the other is gone', async ({ skip }) => {
      skip(world.door === 'lambda', 'no upgrade gets that far');
      const answered = await knock(world.url + path, { cookie: cookie() });
      if (answered.kind !== 'upgraded') throw new Error(`refused with ${answered.reply.statusCode}`);
      answered.socket.destroy();
      expect((await end.closed).code).toBe(codes.clientLost);
      const left = await open(path);
      end.vanish();
      expect((await left.closed).code).toBe(codes.originLost);
    });
  });

  describe('is not opened', () => {
    it.each([
      ['for a stranger on a protected page', '/account/live', {}, 401],
      ['for a stranger where sessions are watched', '/watched/live', {}, 401],
      ['from another site', '/live', { origin: 'https://evil.example' }, 403],
      ['from another site, watched', '/watched/live', { origin: 'https://evil.example' }, 403],
      ['from another site that a browser names', '/live', { 'sec-fetch-site': 'cross-site' }, 403],
      ['where sockets are off', '/no-sockets/live', {}, 501],
    ])('%s', async (_, path, headers, status) => {
      const before = upgrades.length;
      const { kind, reply } = await knock(world.url + path, headers as Record<string, string>);
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
    for (const path of ['/live', '/watched/live']) {
      const { kind, reply } = await knock(world.url + path, { cookie: cookie() });
      expect([kind, reply.statusCode, reply.headers['x-app']]).toEqual(['refused', 426, '1']);
    }
  });
});
