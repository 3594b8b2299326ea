import { describe, expect, it } from 'vitest';
import { throughBothDoors } from '../support/doors.ts';

for (const strategy of ['stored', 'token'] as const) {
  describe(`with ${strategy} sessions`, () => {
    throughBothDoors(
      'a login keeps its berth, and a logout is final',
      {
        definition: `{ ...base, session: { strategy: '${strategy}' } }`,
      },
      (world) => {
        const login = async (client: ReturnType<typeof world.client>, user = 'ada') =>
          client.ask('/login', { form: { user } });

        it('a stranger is given the nearest origin and a pin, and no session', async () => {
          const client = world.client();
          client.place = '48.1,11.6';
          const reply = await client.ask('/');
          expect(reply.status).toBe(200);
          expect(reply.explained()).toMatchObject({
            origin: 'eu',
            because: 'nearest',
            session: 'none',
            attempts: '1',
            epoch: '1',
          });
          expect([...client.jar.keys()]).toEqual(['__Host-affinity']);
          expect(reply.header('cache-control')).toBe('private, no-store');
        });

        it('the pin holds where the client goes', async () => {
          const client = world.client();
          client.place = '35.7,139.7';
          await client.ask('/');
          client.place = '48.1,11.6';
          const again = await client.ask('/');
          expect(again.explained()).toMatchObject({ origin: 'ap', because: 'pinned' });
          expect(again.setCookies).toEqual([]);
        });

        it('a login begins a session at the origin that holds the cart', async () => {
          const client = world.client();
          client.place = '35.7,139.7';
          await client.ask('/cart', { method: 'POST', body: '' });
          const pinBefore = client.jar.get('__Host-affinity');
          const reply = await login(client);
          expect(reply.status).toBe(303);
          expect(reply.header('session-issue')).toBeNull();
          expect(reply.header('session-origin-token')).toBeNull();
          expect(client.jar.has('__Host-session')).toBe(true);
          expect(client.jar.get('__Host-affinity')).not.toBe(pinBefore);
          client.place = '48.1,11.6';
          const home = await client.ask('/');
          expect(home.json()).toMatchObject({ origin: 'ap', cart: 1 });
          expect(home.explained()).toMatchObject({ because: 'pinned', session: 'active' });
          expect(home.setCookies).toEqual([]);
        });

        it('the origin learns who it is from an assertion, and never sees our cookies', async () => {
          const client = world.client();
          await login(client);
          client.jar.set('theirs', 'kept');
          const { headers } = (await client.ask('/account/x')).json() as { headers: Record<string, string> };
          expect(headers['session-status']).toBe('active');
          expect(headers.cookie).toBe('theirs=kept');
          const payload = JSON.parse(
            Buffer.from((headers['session-assertion'] as string).split('.')[1] as string, 'base64url').toString(),
          );
          expect(payload).toMatchObject({ sub: 'ada', aud: 'app', iss: world.url, claims: { role: ['customer'] } });
        });

        it('/me says who is signed in and never extends it', async () => {
          const client = world.client();
          await login(client);
          client.clockSeconds = 120;
          const reply = await client.ask('/.session/me');
          expect(reply.status).toBe(200);
          expect(reply.json()).toMatchObject({ active: true, subject: 'ada', claims: { role: ['customer'] } });
          expect(reply.header('cache-control')).toContain('no-store');
          expect(
            Date.parse(reply.json().idle_expires_at as string) - Date.parse(reply.json().auth_time as string),
          ).toBe(1_800_000);
        });

        it('activity moves the idle end, silence ends the session, and nothing moves the absolute end', async () => {
          const client = world.client();
          await login(client);
          for (const minutes of [20, 40, 60]) {
            client.clockSeconds = minutes * 60;
            expect((await client.ask('/account')).status).toBe(200);
          }
          client.clockSeconds = 91 * 60;
          const idle = await client.ask('/account');
          expect(idle.status).toBe(401);
          expect(idle.json()).toMatchObject({ code: 'session_rejected', reason: 'idle' });
          expect(client.jar.has('__Host-session')).toBe(false);

          const other = world.client();
          await login(other);
          for (let minutes = 25; minutes < 720; minutes += 25) {
            other.clockSeconds = minutes * 60;
            expect((await other.ask('/account')).status).toBe(200);
          }
          other.clockSeconds = 720 * 60;
          expect((await other.ask('/account')).json()).toMatchObject({ code: 'session_rejected', reason: 'expired' });
        }, 60_000);

        it('a logout clears both cookies, and the old ones are refused', async () => {
          const client = world.client();
          await login(client);
          const stolen = new Map(client.jar);
          const out = await client.ask('/.session/logout', { method: 'POST', headers: { accept: 'text/html' } });
          expect(out.status).toBe(303);
          expect(out.header('location')).toBe(`${world.url}/`);
          expect(client.jar.size).toBe(0);
          const thief = world.client();
          for (const [name, value] of stolen) thief.jar.set(name, value);
          const replay = await thief.ask('/account');
          expect(replay.status).toBe(401);
          expect(replay.json()).toMatchObject({ code: 'session_rejected', reason: 'revoked' });
          expect(replay.header('content-type')).toBe('application/problem+json');
        });

        it('signing in again ends what the browser held before', async () => {
          const client = world.client();
          await login(client);
          const first = client.jar.get('__Host-session') as string;
          const firstId = (await client.ask('/.session/me')).json().id;
          await login(client, 'grace');
          const me = (await client.ask('/.session/me')).json();
          expect(me.subject).toBe('grace');
          expect(me.id).not.toBe(firstId);
          const old = world.client();
          old.jar.set('__Host-session', first);
          const refused = await old.ask('/account');
          expect(refused.json()).toMatchObject({ code: 'session_rejected', reason: 'revoked' });
        });
      },
    );
  });
}
