import { describe, expect, it } from 'vitest';
import { freshKeys } from '../../tools/keys.ts';
import { sessionIn, told } from '../support/commanding.ts';
import { doorNames, openWorld, type World } from '../support/doors.ts';

type Jwk = { readonly kid: string; readonly purpose: string };
const setOf = async (): Promise<readonly Jwk[]> => ((await freshKeys()) as unknown as { keys: readonly Jwk[] }).keys;

/** Deployments of one gateway, one after the other: the same name, other keys. Tokens, because they need no common store. */
const host = 'localhost:4999';
const definition = `{ ...base, session: { strategy: 'token' } }`;

describe.each(doorNames)('keys, through the %s door', (door) => {
  async function during<T>(keys: readonly Jwk[], tell: (world: World) => Promise<T>): Promise<T> {
    const env = { PUBLIC_ORIGIN: `http://${host}`, SESSION_KEYS: JSON.stringify({ keys }) };
    const { world, close } = await openWorld(door, { definition, env });
    try {
      return await tell(world);
    } finally {
      await close();
    }
  }
  const bearing = (world: World, cookie: string) => {
    const client = world.client({ host, serviceToken: world.serviceToken });
    client.jar.set('__Host-session', cookie);
    return client;
  };

  it('a new key is put first, the old one is honoured beside it, and is missed by nobody when it goes', async () => {
    const [old, fresh] = [await setOf(), await setOf()];
    const first = await during(old, async (world) => {
      const client = world.client({ host });
      await client.ask('/login', { form: { user: 'ada' } });
      return sessionIn(client);
    });
    const renewed = await during([...fresh, ...old], async (world) => {
      const client = bearing(world, first);
      expect((await client.ask('/account')).status).toBe(200);
      return sessionIn(client);
    });
    expect(renewed).not.toBe(first);
    await during(fresh, async (world) => {
      expect((await bearing(world, renewed).ask('/account')).status).toBe(200);

      // Whoever was away all the time is nobody: public pages are served, the others ask for a login, and it is told.
      const late = bearing(world, first);
      const open = await late.ask('/');
      expect([open.status, late.jar.has('__Host-session')]).toEqual([200, false]);
      const refused = await bearing(world, first).ask('/account');
      expect([refused.status, refused.json().reason]).toEqual([401, 'invalid']);
      expect(await told(world, 'session-key-unknown')).not.toEqual([]);
    });
  }, 60_000);
});
