import { type ClientRequest, request as httpRequest } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Client } from '../support/client.ts';
import { throughBothDoors } from '../support/doors.ts';

const definition = `({
  ...base,
  session: { strategy: 'token' },
  pools: { app: { origins: base.pools.app.origins, timeout: '1s', health: { ejectFor: '1h', probe: { timeout: '1s' } } } },
  routes: [
    { path: '/patient/*', pool: 'app', timeout: '5s' },
    { path: '/*', pool: 'app' },
  ],
})`;

/** Over `maxBody`: it is not held, but streamed. */
const part = Buffer.alloc(16_384, 7);
const buffers = 'what stands in front of a function waits for the whole body';
const munich = '48.1,11.6';

interface Came {
  readonly status: number;
  readonly json: Record<string, unknown>;
  readonly cookies: readonly string[];
}

throughBothDoors('a client that is slow', { definition }, (world) => {
  let networks = 0;
  const newClient = (): Client =>
    Object.assign(world.client(), { place: munich, ip: `203.${networks++}.113.9`, clockSeconds: 0 });
  beforeEach(async () => {
    await Promise.all(Object.values(world.origins).map((origin) => origin.revive()));
  });

  /** Sends a request's head, and leaves the body to the caller. */
  function begin(
    client: Client,
    path: string,
    { method = 'PUT', headers = {} }: { method?: string; headers?: Record<string, string> } = {},
  ): { outgoing: ClientRequest; came: Promise<Came> } {
    const cookie = [...client.jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const outgoing = httpRequest(world.url + path, {
      method,
      headers: {
        ...headers,
        ...(cookie && { cookie }),
        'dev-client-ip': client.ip as string,
        'dev-client-place': munich,
      },
    });
    const came = new Promise<Came>((resolve, reject) => {
      outgoing.on('error', reject).on('response', async (reply) => {
        const chunks: Buffer[] = [];
        for await (const chunk of reply) chunks.push(chunk as Buffer);
        const json = JSON.parse(Buffer.concat(chunks).toString() || '{}') as Record<string, unknown>;
        resolve({ status: reply.statusCode ?? 0, json, cookies: reply.headers['set-cookie'] ?? [] });
      });
    });
    came.catch(() => undefined);
    return { outgoing, came };
  }

  async function trickle(outgoing: ClientRequest, parts: readonly Buffer[], gapMs: number): Promise<void> {
    for (const one of parts) {
      outgoing.write(one);
      await pause(gapMs);
    }
    outgoing.end();
  }

  const isWell = async (): Promise<void> => {
    expect((await newClient().ask('/')).explained()).toMatchObject({ origin: 'eu', attempts: '1' });
    expect(world.lines.filter((line) => line.includes('"origin-ejected"'))).toEqual([]);
  };

  describe('is not cut off while it sends', () => {
    it.each([
      ['a large body', 'PUT', Array<Buffer>(6).fill(part), { 'content-length': String(6 * part.length) }],
      ['a small body', 'POST', [...'slowly'].map((letter) => Buffer.from(letter)), { 'content-length': '6' }],
      ['a body without a length', 'POST', Array<Buffer>(6).fill(part), {}],
      ['the body of a GET', 'GET', [...'slowly'].map((letter) => Buffer.from(letter)), { 'content-length': '6' }],
    ] as const)('%s over longer than the timeout', async (_, method, parts, headers) => {
      const client = newClient();
      const { outgoing, came } = begin(client, '/in', { method, headers });
      await trickle(outgoing, parts, 400);
      expect((await came).status).toBe(200);
      const arrived = world.origins.eu.seen.at(-1);
      expect(arrived?.body.equals(Buffer.concat(parts))).toBe(true);
      if ('content-length' in headers) {
        expect(arrived?.headers).toMatchObject({ 'content-length': headers['content-length'] });
        expect(arrived?.headers['transfer-encoding']).toBeUndefined();
      }
      await isWell();
    });

    it('and its origin then has the whole timeout to reply', async () => {
      world.origins.eu.on('/thinks', (_, response) => void setTimeout(() => response.end('{}'), 700));
      const { outgoing, came } = begin(newClient(), '/thinks', {
        headers: { 'content-length': String(4 * part.length + 5) },
      });
      await trickle(outgoing, [...Array<Buffer>(4).fill(part), Buffer.from('the e')], 400);
      expect((await came).status).toBe(200);
    });

    it('and its origin no more than that', async () => {
      world.origins.eu.on('/hangs', () => {});
      const { outgoing, came } = begin(newClient(), '/hangs', {
        headers: { 'content-length': String(5 * part.length) },
      });
      await trickle(outgoing, Array<Buffer>(5).fill(part), 100);
      const sentAt = Date.now();
      expect(await came).toMatchObject({ status: 504, json: { code: 'origin_timeout' } });
      expect(Date.now() - sentAt).toBeGreaterThan(700);
    });
  });

  describe('and stands still', () => {
    it.for([
      ['a large body', 'PUT', part, { 'content-length': '100000' }],
      ['a small body', 'POST', Buffer.from('half'), { 'content-length': '8' }],
      ['a body without a length', 'POST', Buffer.from('half'), {}],
      ['the body of a GET', 'GET', Buffer.from('half'), { 'content-length': '8' }],
    ] as const)('in %s is told so, keeps its berth, and harms nobody', async ([, method, half, headers], { skip }) => {
      skip(world.door === 'lambda', buffers);
      const clients = Array.from({ length: 4 }, newClient);
      for (const client of clients) expect((await client.ask('/')).explained().origin).toBe('eu');
      const told = clients.map(async (client) => {
        const { outgoing, came } = begin(client, '/in', { method, headers });
        outgoing.write(half);
        const reply = await came;
        outgoing.destroy();
        return reply;
      });
      for (const reply of await Promise.all(told)) {
        expect(reply).toMatchObject({ status: 408, json: { code: 'request_timeout' }, cookies: [] });
      }
      for (const client of clients) {
        expect((await client.ask('/')).explained()).toMatchObject({ origin: 'eu', because: 'pinned', epoch: '1' });
      }
      await isWell();
    });

    it('has the time of its route', async ({ skip }) => {
      skip(world.door === 'lambda', buffers);
      const { outgoing, came } = begin(newClient(), '/patient/in', { headers: { 'content-length': '8' } });
      outgoing.write('half');
      await pause(2_000);
      outgoing.end('half');
      expect((await came).status).toBe(200);
    });
  });

  it('and goes away in the middle of its body harms nobody', async () => {
    const clients = Array.from({ length: 4 }, newClient);
    const before = world.origins.eu.seen.length;
    for (const client of clients) {
      const arriving = new Promise<void>((resolve) => {
        world.origins.eu.onHead('/left', (request) => {
          resolve();
          request.on('error', () => {}).resume();
        });
      });
      const { outgoing } = begin(client, '/left', { headers: { 'content-length': '100000' } });
      outgoing.write(part);
      if (world.door === 'worker') await arriving;
      else await pause(100);
      outgoing.destroy();
    }
    await pause(300);
    await isWell();
    expect(world.origins.eu.seen.slice(before).map(({ url }) => url)).toEqual(['/']);
  });
});
