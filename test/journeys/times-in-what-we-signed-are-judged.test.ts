import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { SecretKey } from '../../shared/config/settings.ts';
import { createSealer } from '../../shared/crypto/seal.ts';
import { sealHandoff } from '../../shared/endpoints/handoff.ts';
import type { Pin } from '../../shared/routing/pins/pin.ts';
import { createPins } from '../../shared/routing/pins/sealed-pins.ts';
import { apiOf } from '../support/api.ts';
import { sessionIn, signedIn } from '../support/commanding.ts';
import { openWorld, throughBothDoors, type World } from '../support/doors.ts';

/** By whoever has the keys, as we would never do it. */
const jwksOf = (world: World): Record<string, string>[] => JSON.parse(world.env.SESSION_KEYS as string).keys;
const sealerOf = (world: World) =>
  createSealer(
    jwksOf(world)
      .filter(({ purpose }) => purpose === 'seal')
      .map((jwk) => ({ kid: jwk.kid, alg: 'A256GCM', jwk }) as unknown as SecretKey),
  );
function signedAgain(world: World, token: string, change: (claims: Record<string, number>) => object): string {
  const [head, payload] = token.split('.') as [string, string];
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString());
  const text = `${head}.${Buffer.from(JSON.stringify({ ...claims, ...change(claims) })).toString('base64url')}`;
  const key = jwksOf(world).find(({ purpose }) => purpose === 'session')?.k as string;
  return `${text}.${createHmac('sha256', Buffer.from(key, 'base64url')).update(text).digest('base64url')}`;
}
const ask = (world: World, cookie: string) => world.client().ask('/account', { headers: { cookie } });

throughBothDoors('times', { definition: `{ ...base, session: { strategy: 'token' } }` }, (world) => {
  it.each<[string, number, (claims: Record<string, number>) => object]>([
    ['nothing changed', 200, () => ({})],
    ['not good before a moment that has come', 200, ({ iat = 0 }) => ({ nbf: iat })],
    ['not good before a moment that is near', 200, ({ iat = 0 }) => ({ nbf: iat + 30 })],
    ['not good yet', 401, ({ iat = 0 }) => ({ nbf: iat + 300 })],
    ['not good before no time at all', 401, () => ({ nbf: 'soon' })],
    ['authenticated a little ahead', 200, ({ iat = 0 }) => ({ auth_time: iat + 30 })],
    ['authenticated in the future', 401, ({ iat = 0 }) => ({ auth_time: iat + 300 })],
    ['an end that is longer than any configuration allows', 401, ({ iat = 0 }) => ({ end: iat + 401 * 86_400 })],
  ])('a session token: %s', async (_, status, change) => {
    const token = sessionIn(await signedIn(world));
    const reply = await ask(world, `__Host-session=${signedAgain(world, token, change)}`);
    expect([reply.status, reply.status === 401 ? reply.json().reason : null]).toEqual([
      status,
      status === 401 ? 'invalid' : null,
    ]);
  });

  it('a token whose end lies beyond the absolute lifetime lives no longer than that', async () => {
    const client = await signedIn(world);
    const longer = signedAgain(world, sessionIn(client), ({ cre = 0 }) => ({ end: cre + 30 * 86_400 }));
    client.jar.set('__Host-session', longer);
    const me = (await client.ask('/.session/me')).json();
    const untilEnd = Date.parse(me.expires_at as string) - Date.now();
    expect(untilEnd).toBeLessThanOrEqual(12 * 3_600_000);
    for (let seconds = 1_700; seconds < 43_190; seconds += 1_700) {
      client.clockSeconds = seconds;
      expect((await client.ask('/account')).status).toBe(200);
    }
    client.clockSeconds = 43_210;
    expect((await client.ask('/account')).json()).toMatchObject({ code: 'session_rejected', reason: 'expired' });
  });

  it('a pin that was issued in the future is none', async () => {
    const now = Date.now();
    const pinTo = (origin: string, issuedAt: number, absoluteEndsAt = issuedAt + 3_600_000): Promise<string> => {
      const places = { pool: 'app', branch: null, origin };
      const pin: Pin = {
        ...{ ...places, epoch: 1, issuedAt, idleEndsAt: null, absoluteEndsAt },
        ...{ revision: 'r', controlRevision: 0 },
      };
      return createPins(sealerOf(world)).seal(pin, null);
    };
    const becauseOf = async (pin: string) => {
      const reply = await world.client().ask('/', { headers: { cookie: `__Host-affinity=${pin}` } });
      return reply.explained().because;
    };
    expect(await becauseOf(await pinTo('ap', now))).toBe('pinned');
    expect(await becauseOf(await pinTo('ap', now + 300_000))).toBe('forged');
    const dayMs = 86_400_000;
    expect(await becauseOf(await pinTo('ap', now - 23 * 3_600_000, now + 30 * dayMs))).toBe('pinned');
    expect(await becauseOf(await pinTo('ap', now - 25 * 3_600_000, now + 30 * dayMs))).toBe('expired');
  });

  it('a hand-off code of the future is none', async () => {
    const begun = await apiOf(world)('POST', '/sessions', { sub: 'ada', deliver: 'bearer' });
    const handoff = { value: begun.json().credential as string, subject: 'ada', returnTo: null, bind: null };
    const statusAt = async (ms: number): Promise<number> => {
      const code = await sealHandoff(sealerOf(world), handoff, Date.now() + ms);
      return (await world.client().ask('/.session/handoff', { form: { code } })).status;
    };
    expect(await statusAt(0)).toBe(303);
    expect(await statusAt(300_000)).toBe(410);
  });
});

describe('a shorter absolute lifetime', () => {
  const lasting = (absolute: string) =>
    `{ ...base, publicOrigins: ['http://localhost:1', env.PUBLIC_ORIGIN], session: { strategy: 'token', absolute: '${absolute}' } }`;
  it.each(['worker', 'lambda'] as const)(
    'counts for sessions that are there already, and ends none of them at once (%s)',
    async (door) => {
      const before = await openWorld(door, { definition: lasting('12h') });
      const after = await openWorld(door, { definition: lasting('1h'), beside: before.world });
      try {
        const client = await signedIn(before.world);
        const later = after.world.client({ jar: client.jar });
        for (const seconds of [0, 1_500, 3_000, 3_590]) {
          later.clockSeconds = seconds;
          expect([seconds, (await later.ask('/account')).status]).toEqual([seconds, 200]);
        }
        later.clockSeconds = 3_610;
        expect((await later.ask('/account')).json()).toMatchObject({ code: 'session_rejected', reason: 'expired' });
      } finally {
        await after.close();
        await before.close();
      }
    },
    60_000,
  );
});
