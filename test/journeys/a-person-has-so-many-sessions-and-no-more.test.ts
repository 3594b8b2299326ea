import { expect, it } from 'vitest';
import { apiOf } from '../support/api.ts';
import { signedIn, told } from '../support/commanding.ts';
import { throughBothDoors, type World } from '../support/doors.ts';

const store = "{ worker: 'durable-object', lambda: 'dynamodb' }";
const logins = 20;

const alive = async (world: World, user: string): Promise<number> =>
  ((await apiOf(world)('GET', `/subjects/${user}/sessions`)).json().items as unknown[]).length;
const login = (world: World, user: string, client = world.client()) =>
  client.ask('/login', { form: { user } }).then((reply) => ({ client, reply }));

throughBothDoors(
  'where the oldest has to give way',
  {
    definition: `{ ...base, session: { store: ${store}, freshness: '0s', limit: { perSubject: 3, onLimit: 'evict-oldest' } } }`,
  },
  (world) => {
    it('a fourth login ends the first, and only the first', async () => {
      const devices = [];
      for (let i = 0; i < 4; i++) devices.push(await signedIn(world));
      const statuses = await Promise.all(devices.map(async (device) => (await device.ask('/account')).status));
      expect(statuses).toEqual([401, 200, 200, 200]);
      expect(await told(world, 'session-ended')).toContainEqual(expect.objectContaining({ why: 'limit' }));
    });

    it("a service's call that comes four times at once ends one session, and no more", async () => {
      const devices = [];
      for (let i = 0; i < 3; i++) devices.push(await signedIn(world, 'ida'));
      const headers = { 'idempotency-key': `order-${Math.random()}` };
      await Promise.all(
        Array.from({ length: 4 }, () => apiOf(world)('POST', '/sessions', { sub: 'ida', deliver: 'bearer' }, headers)),
      );
      const statuses = await Promise.all(devices.map(async (device) => (await device.ask('/account')).status));
      expect(statuses).toEqual([401, 200, 200]);
    });

    it('signing in again in the same browser ends nobody else', async () => {
      const [first, second, third] = [
        await signedIn(world, 'grace'),
        await signedIn(world, 'grace'),
        await signedIn(world, 'grace'),
      ];
      expect((await login(world, 'grace', third)).reply.status).toBe(303);
      for (const device of [first, second, third]) expect((await device.ask('/account')).status).toBe(200);
    });

    it('twenty logins at once leave no more than three, and each was answered', async () => {
      const begun = await Promise.all(Array.from({ length: logins }, () => login(world, 'edith')));
      expect(begun.map(({ reply }) => reply.status)).toEqual(begun.map(() => 303));
      expect(await alive(world, 'edith')).toBe(3);
      const statuses = await Promise.all(begun.map(async ({ client }) => (await client.ask('/account')).status));
      expect(statuses.filter((status) => status === 200)).toHaveLength(3);
    }, 60_000);
  },
);

throughBothDoors(
  'where a newcomer is refused',
  {
    definition: `{ ...base, session: { store: ${store}, freshness: '0s', limit: { perSubject: 3, onLimit: 'refuse' } } }`,
  },
  (world) => {
    it('a fourth login is told that there are too many, and begins nothing', async () => {
      const devices = [];
      for (let i = 0; i < 3; i++) devices.push(await signedIn(world));
      const { client, reply } = await login(world, 'ada');
      expect([reply.status, reply.json().code]).toEqual([403, 'session_limit']);
      expect(client.jar.has('__Host-session')).toBe(false);
      for (const device of devices) expect((await device.ask('/account')).status).toBe(200);
    });

    it('whoever holds one of them may sign in again, and whoever signs out makes room', async () => {
      const [first] = [await signedIn(world, 'grace'), await signedIn(world, 'grace'), await signedIn(world, 'grace')];
      expect((await login(world, 'grace', first)).reply.status).toBe(303);
      expect((await login(world, 'grace')).reply.status).toBe(403);
      await first?.ask('/.session/logout', { method: 'POST' });
      expect((await login(world, 'grace')).reply.status).toBe(303);
    });

    it('of twenty logins at once exactly three get in', async () => {
      const begun = await Promise.all(Array.from({ length: logins }, () => login(world, 'edith')));
      const statuses = begun.map(({ reply }) => reply.status).sort();
      expect(statuses).toEqual([303, 303, 303, ...Array.from({ length: logins - 3 }, () => 403)]);
      expect(await alive(world, 'edith')).toBe(3);
    }, 60_000);

    it('sessions that ended by silence count no more', async () => {
      for (let i = 0; i < 3; i++) await signedIn(world, 'joan');
      const later = world.client();
      later.clockSeconds = 31 * 60;
      expect((await login(world, 'joan', later)).reply.status).toBe(303);
    });

    it('a service is told so too', async () => {
      const api = apiOf(world);
      for (let i = 0; i < 3; i++) expect((await api('POST', '/sessions', { sub: 'mary' })).status).toBe(201);
      const refused = await api('POST', '/sessions', { sub: 'mary' });
      expect([refused.status, refused.json().code]).toEqual([403, 'session_limit']);
    });
  },
);
