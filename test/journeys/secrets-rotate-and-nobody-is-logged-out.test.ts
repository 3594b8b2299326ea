import { expect, it } from 'vitest';
import { copyOf, secretIn, sessionIn, signedIn, told } from '../support/commanding.ts';
import { throughBothDoors } from '../support/doors.ts';

throughBothDoors(
  'an hour after its last change the secret is changed',
  { definition: `{ ...base, session: { store: { worker: 'durable-object', lambda: 'dynamodb' }, idle: '3h' } }` },
  (world) => {
    const hour = 3600;

    it('a quiet hour later the next reply brings another secret, of the same session', async () => {
      const client = await signedIn(world);
      const before = secretIn(client);
      const id = (await client.ask('/.session/me')).json().id;
      client.clockSeconds = hour - 60;
      await client.ask('/account');
      expect(secretIn(client)).toBe(before);
      client.clockSeconds = hour;
      expect((await client.ask('/account')).status).toBe(200);
      expect(secretIn(client)).not.toBe(before);
      expect((await client.ask('/.session/me')).json().id).toBe(id);
      expect(await told(world, 'session-rotated')).toContainEqual(expect.objectContaining({ how: 'periodic' }));
    });

    it('six requests at once are given one and the same secret, and all of them are served', async () => {
      const client = await signedIn(world);
      client.clockSeconds = hour;
      const browsers = Array.from({ length: 6 }, () => copyOf(world, client));
      const replies = await Promise.all(browsers.map((browser) => browser.ask('/account')));
      expect(replies.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 200]);
      expect(new Set(browsers.map(secretIn)).size).toBe(1);
      const again = await Promise.all(browsers.map((browser) => browser.ask('/account')));
      expect(again.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 200]);
    });

    it('a lost reply logs nobody out, however long the client keeps the old secret', async () => {
      const client = await signedIn(world);
      client.clockSeconds = hour;
      await copyOf(world, client).ask('/account');
      client.clockSeconds = 2 * hour;
      expect((await client.ask('/account')).status).toBe(200);
    });

    it('a request that was under way with the old secret is served, and is given the new one', async () => {
      const client = await signedIn(world);
      const late = copyOf(world, client);
      client.clockSeconds = hour;
      await client.ask('/account');
      await client.ask('/account');
      late.clockSeconds = hour + 20;
      expect((await late.ask('/account')).status).toBe(200);
      expect(secretIn(late)).toBe(secretIn(client));
    });

    it('a copy that comes back later ends the session for whoever holds it, and says why', async () => {
      const client = await signedIn(world);
      const thief = copyOf(world, client);
      client.clockSeconds = hour;
      await client.ask('/account');
      await client.ask('/account');
      thief.clockSeconds = hour + 60;
      const caught = await thief.ask('/account');
      expect([caught.status, caught.json().reason]).toEqual([401, 'revoked']);
      expect(thief.jar.has('__Host-session')).toBe(false);
      client.clockSeconds = hour + 300;
      expect((await client.ask('/account')).json()).toMatchObject({ code: 'session_rejected', reason: 'revoked' });
      expect(await told(world, 'session-reuse')).toContainEqual(expect.objectContaining({ because: 'late' }));
    });

    it('a copy from another network is not honoured for a moment', async () => {
      const client = await signedIn(world);
      const thief = copyOf(world, client);
      client.clockSeconds = hour;
      await client.ask('/account');
      await client.ask('/account');
      thief.clockSeconds = hour + 5;
      thief.ip = '198.51.100.7';
      expect((await thief.ask('/account')).status).toBe(401);
      expect(await told(world, 'session-reuse')).toContainEqual(expect.objectContaining({ because: 'other-client' }));
    });

    it('a copy from two changes ago is never honoured', async () => {
      const client = await signedIn(world);
      const thief = copyOf(world, client);
      for (const clock of [hour, hour + 1, 2 * hour, 2 * hour + 1]) {
        client.clockSeconds = clock;
        expect((await client.ask('/account')).status).toBe(200);
      }
      thief.clockSeconds = 2 * hour + 2;
      expect((await thief.ask('/account')).status).toBe(401);
      expect(await told(world, 'session-reuse')).toContainEqual(expect.objectContaining({ because: 'older' }));
    });

    it('what is told of it holds no credential', async () => {
      const client = await signedIn(world);
      client.clockSeconds = hour;
      await client.ask('/account');
      const { id } = (await client.ask('/.session/me')).json() as { id: string };
      const lines = world.lines.join('\n');
      for (const secret of [sessionIn(client), secretIn(client), id]) expect(lines).not.toContain(secret);
    });
  },
);
