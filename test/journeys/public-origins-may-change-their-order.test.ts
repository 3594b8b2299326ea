/** The first public origin is the issuer of session tokens, so a change of the list must not sign anybody out unnoticed. */
import { describe, expect, it } from 'vitest';
import { freshKeys } from '../../tools/keys.ts';
import { told } from '../support/commanding.ts';
import { doorNames, openWorld, type World } from '../support/doors.ts';

const [old, current] = ['http://localhost:4999', 'http://localhost:4998'];

describe.each(doorNames)('public origins, through the %s door', (door) => {
  /** Deployments of one gateway, one after the other: the same keys, another list. */
  async function during<T>(keys: string, origins: readonly string[], tell: (world: World) => Promise<T>): Promise<T> {
    const definition = `{ ...base, publicOrigins: ${JSON.stringify(origins)}, session: { strategy: 'token' } }`;
    const { world, close } = await openWorld(door, { definition, env: { SESSION_KEYS: keys } });
    try {
      return await tell(world);
    } finally {
      await close();
    }
  }
  const clientOf = (world: World, cookie?: string) => {
    const client = world.client({ host: 'localhost:4998' });
    if (cookie !== undefined) client.jar.set('__Host-session', cookie);
    return client;
  };

  it('a token of any listed one is good, and the log says when it is of none', async () => {
    const keys = JSON.stringify(await freshKeys());
    const cookie = await during(keys, [old, current], async (world) => {
      const client = clientOf(world);
      await client.ask('/login', { form: { user: 'ada' } });
      expect((await client.ask('/account')).status).toBe(200);
      return client.jar.get('__Host-session') as string;
    });
    await during(keys, [current, old], async (world) => {
      const client = clientOf(world, cookie);
      expect((await client.ask('/account')).status).toBe(200);
      expect((await client.ask('/.session/me')).json().subject).toBe('ada');
    });
    await during(keys, [current], async (world) => {
      const refused = await clientOf(world, cookie).ask('/account');
      expect([refused.status, refused.json().reason]).toEqual([401, 'invalid']);
      expect(refused.text()).not.toContain('issuer');
      expect(await told(world, 'session-rejected')).toEqual([
        expect.objectContaining({
          reason: 'invalid',
          because: 'issuer',
          session_tag: expect.stringMatching(/^\w{16}$/),
        }),
      ]);
    });
  }, 60_000);
});
