import { beforeAll, expect, it } from 'vitest';
import { apiOf } from '../support/api.ts';
import { command, commandable, copyOf, sessionIn, signedIn } from '../support/commanding.ts';
import { throughBothDoors } from '../support/doors.ts';

throughBothDoors(
  'tokens, and a store that keeps what was ended',
  {
    workerRuntime: 'wrangler dev',
    definition: `{ ...base,
      session: { strategy: 'token', store: { worker: 'durable-object', lambda: 'dynamodb' }, freshness: '120s' },
      routes: [{ path: '/now', pool: 'app', session: 'required', freshness: '0s' }, ...base.routes] }`,
  },
  (world) => {
    beforeAll(() => commandable(world));
    const refusedOf = async (client: ReturnType<typeof world.client>, path = '/now') => {
      const reply = await client.ask(path);
      return reply.status === 401 ? reply.json().reason : reply.status;
    };

    it('what the client carries is a signed JWT', async () => {
      const client = await signedIn(world);
      const [header = '', payload = ''] = sessionIn(client).split('.');
      expect(JSON.parse(Buffer.from(header, 'base64url').toString())).toMatchObject({
        alg: 'HS256',
        typ: 'session+jwt',
      });
      expect(JSON.parse(Buffer.from(payload, 'base64url').toString())).toMatchObject({ sub: 'ada', iss: world.url });
    });

    it('a copy is refused after the logout, and so is every token of that session', async () => {
      const client = await signedIn(world);
      const early = copyOf(world, client);
      client.clockSeconds = 90;
      await client.ask('/account');
      const renewed = copyOf(world, client);
      expect(sessionIn(renewed)).not.toBe(sessionIn(early));
      await client.ask('/.session/logout', { method: 'POST' });
      expect(await refusedOf(renewed)).toBe('revoked');
      expect(await refusedOf(early)).toBe('revoked');
    });

    it('a subject is ended everywhere by one fact, and may sign in again in the same moment', async () => {
      const [one, two] = [await signedIn(world, 'grace'), await signedIn(world, 'grace')];
      expect((await apiOf(world)('POST', '/revocations', { subject: 'grace' })).status).toBe(204);
      const again = await signedIn(world, 'grace');
      expect([await refusedOf(one), await refusedOf(two), await refusedOf(again)]).toEqual(['revoked', 'revoked', 200]);
    });

    it('everybody is ended by one fact, and may sign in again', async () => {
      const client = await signedIn(world, 'edith');
      expect((await apiOf(world)('POST', '/revocations', { everyone: true })).status).toBe(204);
      expect([await refusedOf(client), await refusedOf(await signedIn(world, 'edith'))]).toEqual(['revoked', 200]);
    });

    it('an origin that changes a privilege gets the client another token', async () => {
      const client = await signedIn(world);
      const copy = copyOf(world, client);
      await command(client, { rotate: true });
      expect(sessionIn(client)).not.toBe(sessionIn(copy));
      expect([await refusedOf(client), await refusedOf(copy)]).toEqual([200, 'revoked']);
    });
  },
);
