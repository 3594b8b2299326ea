import type { IncomingMessage } from 'node:http';
import { beforeAll, expect, it } from 'vitest';
import { apiOf } from '../support/api.ts';
import type { Client } from '../support/client.ts';
import { throughBothDoors } from '../support/doors.ts';
import { acceptSocket, type ClientSocket, connectSocket, type SocketEnd } from '../support/web-socket.ts';

const definition = `{
  ...base,
  session: { strategy: 'stored', store: { worker: 'durable-object', lambda: 'dynamodb' }, freshness: '0s' },
  pools: { app: { ...base.pools.app, sockets: 'watched' } },
  routes: [
    { path: '/login', methods: ['POST'], pool: 'app', session: 'optional', issues: true },
    { path: '/account/*', pool: 'app', session: 'required' },
    { path: '/recent/*', pool: 'app', session: 'required', maxAuthAge: '15m' },
    { path: '/quiet/*', pool: 'app', session: 'required', touch: false },
    { path: '/pass/*', pool: 'app', session: 'required', sockets: 'pass' },
    { path: '/*', pool: 'app', session: 'optional' },
  ],
}`;

/** The least time between two looks at a session, and what a look may take. */
const withinMs = 30_000 + 5_000;
const minute = 60;
const hour = 60 * minute;

interface Visitor {
  readonly client: Client;
  readonly socket: ClientSocket;
  readonly end: SocketEnd;
}

// A Lambda has no sockets: a-socket-passes-a-worker-and-is-refused-by-a-lambda.
throughBothDoors('a watched socket', { definition, doors: ['worker'] }, (world) => {
  const ends: SocketEnd[] = [];
  const asked: IncomingMessage[] = [];

  beforeAll(() => {
    for (const origin of Object.values(world.origins)) {
      origin.onUpgrade((request, socket) => {
        asked.push(request);
        ends.push(acceptSocket(request, socket));
      });
    }
  });

  async function signIn(user = `user-${crypto.randomUUID()}`): Promise<Client> {
    const client = world.client({});
    expect((await client.ask('/login', { form: { user } })).status).toBe(303);
    return client;
  }

  async function openFor(client: Client, path = '/account/live'): Promise<Visitor> {
    const cookie = [...client.jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = { cookie, ...(client.clockSeconds && { 'dev-clock': String(client.clockSeconds) }) };
    const socket = await connectSocket(world.url + path, { headers });
    return { client, socket, end: ends.at(-1) as SocketEnd };
  }

  const idOf = async (client: Client): Promise<string> => (await client.ask('/.session/me')).json().id as string;
  const bothEnds = async ({ socket, end }: Visitor) => [await socket.closed, await end.closed];
  const over = { code: 4401, reason: 'session_rejected' };

  async function speaks({ socket, end }: Visitor): Promise<void> {
    const [toOrigin, toClient] = [end.next(), socket.next()];
    socket.send('there');
    end.send('back');
    expect(await Promise.all([toOrigin, toClient])).toEqual(['there', 'back']);
  }

  it('ends with the next message where its end is known already, and that message reaches nobody', async () => {
    for (const speaker of ['socket', 'end'] as const) {
      const visitor = await openFor(await signIn());
      await speaks(visitor);
      expect((await visitor.client.ask('/.session/logout', { method: 'POST' })).status).toBe(204);
      visitor[speaker].send('too late');
      expect(await bothEnds(visitor)).toEqual([over, over]);
      expect([...visitor.socket.heard, ...visitor.end.heard]).not.toContain('too late');
    }
  });

  it('ends for every reason within the interval, and goes on while its session does', async () => {
    const [signedOut, endedByService, rotated, passing] = [
      await openFor(await signIn()),
      await openFor(await signIn()),
      await openFor(await signIn()),
      await openFor(await signIn(), '/pass/live'),
    ];

    const old = await signIn();
    old.clockSeconds = 15 * minute - 10;
    const tooOld = await openFor(old, '/recent/live');

    const quiet = await signIn();
    quiet.clockSeconds = 30 * minute - 10;
    const idle = await openFor(quiet, '/quiet/live');
    // Messages are no activity.
    await speaks(idle);

    const startedAt = Date.now();
    await signedOut.client.ask('/.session/logout', { method: 'POST' });
    await passing.client.ask('/.session/logout', { method: 'POST' });
    const id = await idOf(endedByService.client);
    expect((await apiOf(world)('DELETE', `/sessions/${id}`)).status).toBe(204);

    const secretBefore = rotated.client.jar.get('__Host-session')?.split('.')[2];
    for (let minutes = 20; minutes <= 140; minutes += 20) {
      rotated.client.clockSeconds = minutes * minute;
      expect((await rotated.client.ask('/account/')).status).toBe(200);
    }
    expect(rotated.client.jar.get('__Host-session')?.split('.')[2]).not.toBe(secretBefore);

    expect(await bothEnds(signedOut)).toEqual([over, over]);
    expect(await bothEnds(endedByService)).toEqual([over, over]);
    const again = { code: 4401, reason: 'reauthentication_required' };
    expect(await bothEnds(tooOld)).toEqual([again, again]);
    expect(await bothEnds(idle)).toEqual([over, over]);
    expect(Date.now() - startedAt).toBeLessThan(withinMs);

    await speaks(rotated);
    rotated.client.clockSeconds = 2 * hour + 20 * minute;
    expect((await rotated.client.ask('/account/')).status).toBe(200);
    // What only passes is nobody's to end.
    await speaks(passing);

    const told = world.lines.filter((line) => line.includes('"socket-closed"')).map((line) => JSON.parse(line));
    expect(told.map(({ code, because }) => `${code} ${because}`)).toEqual(
      expect.arrayContaining(['4401 revoked', '4401 idle', '4401 the route asks for more than the session has']),
    );
    for (const socket of [rotated.socket, passing.socket]) socket.close();
  }, 60_000);

  it('of somebody without a session just passes', async () => {
    const visitor = await openFor(world.client({}), '/open/live');
    expect(asked.at(-1)?.headers['session-status']).toBe('anonymous');
    await speaks(visitor);
    visitor.socket.close(4000, 'bye');
    expect(await visitor.end.closed).toEqual({ code: 4000, reason: 'bye' });
  });

  it('ends when everybody is signed out', async () => {
    const visitors = [await openFor(await signIn()), await openFor(await signIn())];
    expect((await apiOf(world)('POST', '/revocations', { everyone: true })).status).toBe(204);
    for (const visitor of visitors) {
      visitor.socket.send('too late');
      expect(await bothEnds(visitor)).toEqual([over, over]);
    }
  });
});
