import { beforeAll, expect, it } from 'vitest';
import { command, commandable, copyOf, heldReply, secretIn, sessionIn, signedIn, told } from '../support/commanding.ts';
import { throughBothDoors } from '../support/doors.ts';

/** Replies that take a second are asked about again; how long one took only the real clock says. */
const untilItIsLate = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1_100));

throughBothDoors(
  'a step-up commanded by the origin',
  { definition: `{ ...base, session: { store: { worker: 'durable-object', lambda: 'dynamodb' }, idle: '3h' } }` },
  (world) => {
    beforeAll(() => commandable(world));

    it('gives the session another secret, and refuses the old one at once', async () => {
      const client = await signedIn(world);
      const copy = copyOf(world, client);
      const id = (await client.ask('/.session/me')).json().id;
      const reply = await command(client, { rotate: true });
      expect([reply.status, reply.header('session-rotate')]).toEqual([200, null]);
      expect(secretIn(client)).not.toBe(secretIn(copy));
      expect((await client.ask('/.session/me')).json().id).toBe(id);
      const refused = await copy.ask('/account');
      expect([refused.status, refused.json().reason]).toEqual([401, 'revoked']);
      expect(await told(world, 'session-rotated')).toContainEqual(expect.objectContaining({ how: 'privilege' }));
    });

    it('does not take the new cookie away by a request that was under way with the old one', async () => {
      const client = await signedIn(world);
      const crossing = copyOf(world, client);
      await command(client, { rotate: true });
      const refused = await crossing.ask('/');
      expect(refused.setCookies.filter((line) => line.startsWith('__Host-session'))).toEqual([]);
    });

    it('is not undone by a reply that took its time', async () => {
      const client = await signedIn(world);
      client.clockSeconds = 120;
      // Activity is due to be noted: this reply would bring a cookie, and it comes after the step-up's.
      const kept = heldReply();
      const slow = command(copyOf(world, client), { held: kept.held });
      await kept.arrived;
      await Promise.all([command(client, { rotate: true }), untilItIsLate()]);
      kept.letGo();
      const late = await slow;
      expect(late.status).toBe(200);
      expect(late.setCookies.filter((line) => line.startsWith('__Host-session'))).toEqual([]);
      expect((await client.ask('/account')).status).toBe(200);
    });

    it('accuses nobody when the old secret comes back and the new one was never used: its reply may be lost', async () => {
      const client = await signedIn(world);
      const old = copyOf(world, client);
      await command(client, { rotate: true });
      const before = (await told(world, 'session-reuse')).length;
      old.clockSeconds = 300;
      expect((await old.ask('/account')).json()).toMatchObject({ code: 'session_rejected', reason: 'revoked' });
      // No reply can bring it another cookie any more: the next page asks for a sign-in.
      expect(old.jar.has('__Host-session')).toBe(false);
      client.clockSeconds = 300;
      expect((await client.ask('/account')).status).toBe(200);
      expect((await told(world, 'session-reuse')).length).toBe(before);
    });

    it('ends the session when the old secret comes back after the new one was used', async () => {
      const client = await signedIn(world);
      const thief = copyOf(world, client);
      await command(client, { rotate: true });
      expect((await client.ask('/account')).status).toBe(200);
      thief.clockSeconds = 300;
      expect((await thief.ask('/account')).status).toBe(401);
      client.clockSeconds = 300;
      expect((await client.ask('/account')).json()).toMatchObject({ reason: 'revoked' });
      expect(await told(world, 'session-reuse')).toContainEqual(expect.objectContaining({ because: 'late' }));
    });

    it('a login in the same browser is not undone by a reply that took its time either', async () => {
      const client = await signedIn(world);
      client.clockSeconds = 120;
      const kept = heldReply();
      const slow = command(copyOf(world, client), { held: kept.held });
      await kept.arrived;
      await Promise.all([client.ask('/login', { form: { user: 'ada' } }), untilItIsLate()]);
      const held = sessionIn(client);
      kept.letGo();
      expect((await slow).setCookies.filter((line) => line.startsWith('__Host-session'))).toEqual([]);
      expect(sessionIn(client)).toBe(held);
      expect((await client.ask('/account')).status).toBe(200);
    });
  },
);
