import { describe, expect, it } from 'vitest';
import { sessionIn, signedIn } from '../support/commanding.ts';
import { throughBothDoors } from '../support/doors.ts';

for (const strategy of ['stored', 'token']) {
  describe(`with ${strategy} sessions`, () => {
    throughBothDoors(
      'cookies that outlive the browser',
      {
        definition: `{ ...base, session: { strategy: '${strategy}', idle: '30m', absolute: '2h', cookie: { persistent: true } },
          routes: [{ path: '/poll', pool: 'app', session: 'required', touch: false }, ...base.routes] }`,
      },
      (world) => {
        const maxAgeOf = (line: string): number => Number(/Max-Age=(\d+)/.exec(line)?.[1]);
        const sessionLine = (lines: readonly string[]): string =>
          lines.find((line) => line.startsWith('__Host-session=')) ?? '';

        it('end with the session, at the latest: activity does not add to it', async () => {
          const client = world.client();
          const login = await client.ask('/login', { form: { user: 'ada' } });
          expect([7199, 7200]).toContain(maxAgeOf(sessionLine(login.setCookies)));
          client.clockSeconds = 1200;
          const later = await client.ask('/account');
          expect(maxAgeOf(sessionLine(later.setCookies))).toBeGreaterThanOrEqual(5990);
          expect(maxAgeOf(sessionLine(later.setCookies))).toBeLessThanOrEqual(6000);
        });

        it('a page that stays open keeps its session alive by /refresh', async () => {
          const client = await signedIn(world);
          for (const minutes of [20, 40, 60]) {
            client.clockSeconds = minutes * 60;
            expect((await client.ask('/.session/refresh', { method: 'POST' })).status).toBe(204);
          }
          expect((await client.ask('/account')).status).toBe(200);
          client.clockSeconds = 7200;
          const over = await client.ask('/.session/refresh', { method: 'POST' });
          expect([over.status, over.json().reason]).toEqual([401, 'expired']);
          expect((await world.client().ask('/.session/refresh', { method: 'POST' })).status).toBe(401);
        });

        it('a route that polls by itself keeps nobody signed in', async () => {
          const client = await signedIn(world);
          for (const minutes of [10, 20, 29]) {
            client.clockSeconds = minutes * 60;
            expect((await client.ask('/poll')).status).toBe(200);
          }
          client.clockSeconds = 30 * 60 + 10;
          expect((await client.ask('/poll')).json()).toMatchObject({ code: 'session_rejected', reason: 'idle' });
        });

        it('activity is noted once a minute, and writes a cookie no more often', async () => {
          const client = await signedIn(world);
          client.clockSeconds = 50;
          expect((await client.ask('/account')).setCookies).toEqual([]);
          client.clockSeconds = 61;
          expect((await client.ask('/account')).setCookies).toHaveLength(1);
          const held = sessionIn(client);
          client.clockSeconds = 110;
          expect((await client.ask('/account')).setCookies).toEqual([]);
          expect(sessionIn(client)).toBe(held);
        });
      },
    );
  });
}
