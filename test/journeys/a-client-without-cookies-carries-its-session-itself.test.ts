import { describe, expect, it } from 'vitest';
import { apiOf } from '../support/api.ts';
import type { Asking } from '../support/client.ts';
import { throughBothDoors } from '../support/doors.ts';

for (const strategy of ['stored', 'token'] as const) {
  describe(`with ${strategy} sessions`, () => {
    throughBothDoors(
      'a client without cookies',
      { definition: `{ ...base, session: { strategy: '${strategy}' } }` },
      (world) => {
        const begin = async (sub = 'robot') => {
          const begun = await apiOf(world)('POST', '/sessions', { sub, deliver: 'bearer' });
          expect(begun.status).toBe(201);
          return begun.json() as { id: string; credential: string };
        };
        /** Keeps no cookie; shows what it was given. */
        const robot = (credential: string) => {
          const client = world.client();
          const ask = async (path: string, asking: Asking = {}) => {
            client.jar.clear();
            return client.ask(path, {
              ...asking,
              headers: { authorization: `Session ${credential}`, ...asking.headers },
            });
          };
          return { client, ask };
        };

        it('is given a credential in place of a link', async () => {
          const reply = await apiOf(world)('POST', '/sessions', { sub: 'robot', deliver: 'bearer' });
          expect(Object.keys(reply.json()).sort()).toEqual(['credential', 'expires_at', 'id', 'idle_expires_at']);
        });

        it('is known by it, and the origin never sees it', async () => {
          const { id, credential } = await begin();
          const { ask } = robot(credential);
          expect((await ask('/.session/me')).json()).toMatchObject({ id, subject: 'robot' });
          const reply = await ask('/account');
          expect(reply.status).toBe(200);
          const { headers } = reply.json() as { headers: Record<string, string> };
          expect(headers['session-status']).toBe('active');
          expect(headers['session-assertion']).toBeDefined();
          expect(JSON.stringify(headers)).not.toContain(credential);
        });

        it("an application's own Authorization passes untouched", async () => {
          const { headers } = (await world.client().ask('/', { headers: { authorization: 'Basic YTpi' } })).json() as {
            headers: Record<string, string>;
          };
          expect(headers.authorization).toBe('Basic YTpi');
        });

        it('hears of a successor in a reply header and not in a cookie', async () => {
          const { credential } = await begin();
          const { client, ask } = robot(credential);
          expect((await ask('/account')).header('session-renewed')).toBeNull();
          client.clockSeconds = 600;
          const reply = await ask('/account');
          const renewed = reply.header('session-renewed') as string;
          expect(renewed).toMatch(/^[\w.-]+$/);
          expect(renewed).not.toBe(credential);
          expect(reply.header('cache-control')).toBe('private, no-store');
          expect(reply.setCookies.filter((line) => line.startsWith('__Host-session'))).toEqual([]);
          const next = robot(renewed);
          next.client.clockSeconds = 600 + 29 * 60;
          expect((await next.ask('/account')).status).toBe(200);
        });

        it.each(['nonsense', '', 'v1.a.b.c'])(
          'a credential that is refused ("%s") gets 401 and no cookie',
          async (bad) => {
            const reply = await robot(bad).ask('/account');
            expect(reply.status).toBe(401);
            expect(reply.json()).toMatchObject({ code: 'session_rejected', reason: 'invalid' });
            expect(reply.setCookies).toEqual([]);
            expect(reply.header('session-renewed')).toBeNull();
          },
        );

        it('a refused credential still leaves public pages to be seen', async () => {
          const reply = await robot('nonsense').ask('/');
          expect(reply.status).toBe(200);
          expect(reply.explained()).toMatchObject({ session: 'rejected' });
          expect(reply.setCookies.filter((line) => line.startsWith('__Host-session'))).toEqual([]);
        });

        it('signs out, and is refused afterwards', async () => {
          const { credential } = await begin();
          const { ask } = robot(credential);
          const out = await ask('/.session/logout', { method: 'POST' });
          expect(out.status).toBe(204);
          expect(out.setCookies.filter((line) => line.startsWith('__Host-session'))).toEqual([]);
          expect((await ask('/account')).json()).toMatchObject({ reason: 'revoked' });
        });

        it('the cookie counts when both are there', async () => {
          const { credential } = await begin();
          const client = world.client();
          client.jar.set('__Host-session', 'nonsense');
          const reply = await client.ask('/account', { headers: { authorization: `Session ${credential}` } });
          expect(reply.json()).toMatchObject({ code: 'session_rejected', reason: 'invalid' });
          expect(client.jar.has('__Host-session')).toBe(false);
        });
      },
    );
  });
}
