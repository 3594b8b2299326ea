import { describe, expect, it } from 'vitest';
import { throughBothDoors } from '../support/doors.ts';
import { encode } from '../support/origin.ts';

for (const strategy of ['stored', 'token'] as const) {
  throughBothDoors(
    `with ${strategy} sessions, an origin’s commands are believed only with proof`,
    { definition: `{ ...base, session: { strategy: '${strategy}' } }` },
    (world) => {
      const answer = (path: string, headers: Record<string, string | string[]>, status = 200) => {
        for (const origin of Object.values(world.origins)) {
          origin.on(path, (_, response) => void response.writeHead(status, headers).end('said'));
        }
      };
      const proven = (headers: Record<string, string | string[]>) => ({
        ...headers,
        'session-origin-token': world.originToken,
      });
      const issue = encode({ sub: 'ada', claims: { role: ['customer'] }, data: { theme: 'dark' } });
      const signIn = async () => {
        const client = world.client();
        await client.ask('/sign-in-form');
        answer('/login', proven({ 'session-issue': issue }));
        expect((await client.ask('/login', { form: {} })).status).toBe(200);
        expect(client.jar.has('__Host-session')).toBe(true);
        return client;
      };
      const signedIn = async () => {
        const client = world.client({});
        answer('/login', proven({ 'session-issue': issue }));
        await client.ask('/login', { form: {} });
        return client;
      };
      const reasonsOf = (requestId: string | null) =>
        world.lines.filter((line) => line.includes('command-ignored') && line.includes(String(requestId)));

      describe('nobody is signed in by', () => {
        it.each<[string, Record<string, string | string[]>, number, string]>([
          ['a wrong token', { 'session-issue': issue, 'session-origin-token': 'x'.repeat(43) }, 200, '/login'],
          ['no token', { 'session-issue': issue }, 200, '/login'],
          ['two tokens', { 'session-issue': issue, 'session-origin-token': ['RIGHT', 'RIGHT'] }, 200, '/login'],
          ['an error reply', { 'session-issue': issue, 'session-origin-token': 'RIGHT' }, 401, '/login'],
          ['a header sent twice', { 'session-issue': [issue, issue], 'session-origin-token': 'RIGHT' }, 200, '/login'],
          [
            'a reply from a cache',
            { 'session-issue': issue, 'session-origin-token': 'RIGHT', age: '5' },
            200,
            '/login',
          ],
          [
            'a reply for a cache',
            { 'session-issue': issue, 'session-origin-token': 'RIGHT', 'cache-control': 'public, max-age=5' },
            200,
            '/login',
          ],
          [
            'a route that does not issue',
            { 'session-issue': issue, 'session-origin-token': 'RIGHT' },
            200,
            '/elsewhere',
          ],
        ])('%s', async (_, headers, status, path) => {
          const right = (value: string | string[]) =>
            Array.isArray(value)
              ? value.map((one) => one.replace('RIGHT', world.originToken))
              : value.replace('RIGHT', world.originToken);
          answer(
            path,
            Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, right(value)])),
            status,
          );
          const client = world.client();
          const reply = await client.ask(path, { form: {} });
          expect([reply.status, reply.text()]).toEqual([status, 'said']);
          expect(client.jar.has('__Host-session')).toBe(false);
          await expect.poll(() => reasonsOf(reply.header('x-request-id'))).toHaveLength(1);
        });
      });

      it.each<[string, string, string]>([
        ['no base64url', 'session-issue', '{"sub":"ada"}'],
        ['no JSON', 'session-issue', Buffer.from('sub=ada').toString('base64url')],
        ['no subject', 'session-issue', encode({ claims: {} })],
        ['an array', 'session-issue', encode([])],
        ['a reserved claim', 'session-issue', encode({ sub: 'ada', claims: { exp: 1 } })],
        ['more than 4 KB', 'session-issue', encode({ sub: 'ada', data: { x: 'x'.repeat(5_000) } })],
        ['an unknown scope', 'session-end', 'everybody'],
        ['no boolean', 'session-rotate', 'yes'],
      ])('an authentic command with %s is the origin’s fault, and said to be', async (_, name, value) => {
        answer('/login', proven({ [name]: value }));
        const client = world.client();
        const reply = await client.ask('/login', { form: {} });
        expect(reply.status).toBe(502);
        expect(reply.json()).toMatchObject({ code: 'bad_command' });
        expect(client.jar.has('__Host-session')).toBe(false);
      });

      it('an origin changes what is remembered of its client', async () => {
        const client = await signIn();
        answer('/update', proven({ 'session-update': encode({ theme: null, size: 3 }) }));
        const before = (await client.ask('/.session/me')).json();
        const reply = await client.ask('/update');
        expect(reply.status).toBe(200);
        const after = (await client.ask('/.session/me')).json();
        expect(after.id).toBe(before.id);
        expect(after.data_version).not.toBe(before.data_version);
      });

      it('an origin makes its client’s credential a new one', async () => {
        const client = await signIn();
        const old = client.jar.get('__Host-session');
        answer('/rotate', proven({ 'session-rotate': '?1' }));
        await client.ask('/rotate');
        expect(client.jar.get('__Host-session')).toBeDefined();
        expect(client.jar.get('__Host-session')).not.toBe(old);
        expect((await client.ask('/account')).status).toBe(200);
      });

      it('an origin signs its client out', async () => {
        const client = await signIn();
        const old = client.jar.get('__Host-session') as string;
        answer('/bye', proven({ 'session-end': 'current' }));
        expect((await client.ask('/bye')).status).toBe(200);
        expect(client.jar.has('__Host-session')).toBe(false);
        const thief = world.client();
        thief.jar.set('__Host-session', old);
        expect((await thief.ask('/account')).json()).toMatchObject({ code: 'session_rejected' });
      });

      it.each([
        ['session-update', encode({ theme: 'x' })],
        ['session-rotate', '?1'],
        ['session-end', 'current'],
        ['session-end', 'all'],
      ])('%s: %s is ignored in whatever does not prove it', async (name, value) => {
        const client = await signIn();
        const right = { [name]: value, 'session-origin-token': world.originToken };
        const bluffs: [what: string, headers: Record<string, string | string[]>, status: number][] = [
          ['no token', { [name]: value }, 200],
          ['an empty token', { ...right, 'session-origin-token': '' }, 200],
          ['another token', { ...right, 'session-origin-token': 'x'.repeat(43) }, 200],
          ['two tokens', { ...right, 'session-origin-token': [world.originToken, world.originToken] }, 200],
          ['two of the header', { ...right, [name]: [value, value] }, 200],
          ['a client’s fault', right, 404],
          ['a fault of its own', right, 500],
          ['a cache', { ...right, age: '0' }, 200],
          ['a reply for everybody', { ...right, 'cache-control': 'max-age=5, PUBLIC' }, 200],
        ];
        const held = client.jar.get('__Host-session');
        const asked: [what: string, requestId: string | null][] = [];
        for (const [what, headers, status] of bluffs) {
          answer('/bluff', headers, status);
          const reply = await client.ask('/bluff');
          expect([what, reply.status, reply.text()]).toEqual([what, status, 'said']);
          expect([what, client.jar.get('__Host-session')]).toEqual([what, held]);
          asked.push([what, reply.header('x-request-id')]);
        }
        expect((await client.ask('/account')).status).toBe(200);
        const told = () => asked.filter(([, requestId]) => reasonsOf(requestId).length === 1).map(([what]) => what);
        await expect.poll(told).toEqual(bluffs.map(([what]) => what));
      });

      it('no word of it reaches a client, proven or not, from any route, with any status, in a stream', async () => {
        const said = {
          'session-update': encode({ theme: 'x' }),
          'session-rotate': '?1',
          'session-issue': issue,
          'session-end': 'others',
          'session-status': 'active',
          'session-assertion': 'a.b.c',
          'session-affinity': 'origin=eu',
          'session-renewed': 'x',
          'session-explained': 'origin=eu',
          'content-type': 'text/event-stream',
        };
        // Tokens without a store end one by one.
        const ended = strategy === 'token' ? 'current' : 'others';
        let member = await signedIn();
        for (const token of [world.originToken, 'wrong']) {
          for (const status of [200, 201, 204, 206, 302, 304, 400, 404, 500]) {
            for (const [path, method] of [
              ['/words', 'GET'],
              ['/words', 'HEAD'],
              ['/account/words', 'GET'],
              ['/login', 'POST'],
              ['/assets/x.js', 'GET'],
              ['/hooks/x', 'POST'],
            ] as const) {
              if (!member.jar.has('__Host-session')) member = await signedIn();
              const client = path === '/account/words' ? member : world.client({});
              answer(path, { ...said, 'session-end': ended, 'session-origin-token': token }, status);
              const reply = await client.ask(path, { method });
              expect([path, reply.status]).toEqual([path, status]);
              expect(Object.keys(reply.headers).filter((name) => name.startsWith('session-'))).toEqual([]);
              expect(JSON.stringify(reply.headers)).not.toContain(world.originToken);
            }
          }
        }
      });

      it('without proof nothing of the kind happens', async () => {
        const client = await signIn();
        const held = client.jar.get('__Host-session');
        answer('/bluff', {
          'session-end': 'all',
          'session-update': encode({ theme: 'x' }),
          'session-rotate': '?1',
          'session-origin-token': 'no',
        });
        const reply = await client.ask('/bluff');
        expect(reply.text()).toBe('said');
        expect(client.jar.get('__Host-session')).toBe(held);
        expect((await client.ask('/account')).status).toBe(200);
        await expect.poll(() => reasonsOf(reply.header('x-request-id')).length).toBeGreaterThan(0);
      });
    },
  );
}
