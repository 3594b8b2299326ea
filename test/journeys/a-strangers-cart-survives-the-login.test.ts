import { beforeAll, expect, it } from 'vitest';
import { apiOf } from '../support/api.ts';
import { command, commandable, copyOf, sessionIn } from '../support/commanding.ts';
import { throughBothDoors } from '../support/doors.ts';

throughBothDoors(
  'strangers have a session',
  {
    definition: `{ ...base, session: { store: { worker: 'durable-object', lambda: 'dynamodb' }, anonymous: true },
      identity: { data: ['cart'] } }`,
  },
  (world) => {
    beforeAll(() => commandable(world));
    const idOf = async (client: ReturnType<typeof world.client>) =>
      (await client.ask('/.session/me')).json().id as string;
    const dataOf = async (id: string) => {
      const reply = await apiOf(world)('GET', `/sessions/${id}`);
      return reply.status === 200 ? (reply.json().data as unknown) : null;
    };

    it('in their cookie alone, as long as there is nothing to keep', async () => {
      const client = world.client();
      const reply = await client.ask('/');
      expect(reply.explained().session).toBe('anonymous');
      expect((reply.json().headers as Record<string, string>)['session-status']).toBe('anonymous');
      expect((reply.json().headers as Record<string, string>)['session-assertion']).toBeUndefined();
      const me = (await client.ask('/.session/me')).json();
      expect(me).toMatchObject({ active: true, subject: null, auth_time: null });
      expect(await dataOf(me.id as string)).toBeNull();
      expect((await client.ask('/account')).json()).toMatchObject({ code: 'session_required' });
    });

    it('and the same one with the next request, without another cookie', async () => {
      const client = world.client();
      await client.ask('/');
      const id = await idOf(client);
      const again = await client.ask('/');
      expect(again.setCookies).toEqual([]);
      expect(await idOf(client)).toBe(id);
    });

    it('with a record as soon as there is something to keep', async () => {
      const client = world.client();
      await client.ask('/');
      const id = await idOf(client);
      await command(client, { update: { cart: ['tea'] } });
      expect(await idOf(client)).toBe(id);
      expect(await dataOf(id)).toEqual({ cart: ['tea'] });
      await command(client, { update: { coupon: 'x' } });
      expect(await dataOf(id)).toEqual({ cart: ['tea'], coupon: 'x' });
    });

    it('that becomes part of the session that a login begins, at the same berth', async () => {
      const client = world.client();
      client.place = '35.7,139.7';
      await client.ask('/');
      await command(client, { update: { cart: ['tea'] } });
      const before = copyOf(world, client);
      const stranger = await idOf(client);
      client.place = '48.1,11.6';
      expect((await client.ask('/login', { form: { user: 'ada' } })).status).toBe(303);
      const me = (await client.ask('/.session/me')).json();
      expect(me.subject).toBe('ada');
      expect(me.id).not.toBe(stranger);
      expect(await dataOf(me.id as string)).toEqual({ cart: ['tea'] });
      expect((await client.ask('/')).explained()).toMatchObject({ origin: 'ap', because: 'pinned', session: 'active' });
      expect(await dataOf(stranger)).toBeNull();
      // A request that was under way as a stranger neither clears the new cookie nor puts a stranger's in its place.
      const crossing = await before.ask('/');
      expect(crossing.setCookies.filter((line) => line.startsWith('__Host-session'))).toEqual([]);
    });

    it('even when a late reply has brought back the cookie from before there was a record', async () => {
      const client = world.client();
      await client.ask('/');
      const early = sessionIn(client);
      await command(client, { update: { cart: ['tea'] } });
      client.jar.set('__Host-session', early);
      await client.ask('/login', { form: { user: 'grace' } });
      expect(await dataOf(await idOf(client))).toEqual({ cart: ['tea'] });
    });

    it('and never by an id that they made up', async () => {
      const client = world.client();
      client.jar.set('__Host-session', `v1.${'A'.repeat(22)}.${'B'.repeat(43)}.${'C'.repeat(200)}`);
      await client.ask('/');
      expect(await idOf(client)).not.toBe('A'.repeat(22));
    });

    it('and none on routes that want no session, or somebody', async () => {
      const client = world.client();
      await client.ask('/assets/x');
      await client.ask('/account');
      expect(client.jar.has('__Host-session')).toBe(false);
    });
  },
);
