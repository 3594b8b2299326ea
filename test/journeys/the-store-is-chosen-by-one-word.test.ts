import { afterAll, describe, expect, it } from 'vitest';
import { apiOf } from '../support/api.ts';
import { type DoorName, throughBothDoors } from '../support/doors.ts';
import { hasRedis, openRedis } from '../support/redis.ts';

interface Choice {
  readonly store: string;
  /** The least it can promise. */
  readonly freshness: string;
  readonly doors: readonly DoorName[];
  readonly env?: Readonly<Record<string, string>>;
}

const redis = hasRedis() ? await openRedis() : null;
afterAll(() => redis?.close());
if (!redis) it.skip('redis is chosen by one word: NOT RUN, there is no redis-server on this machine');

const choices: readonly Choice[] = [
  { store: `{ worker: 'durable-object', lambda: 'dynamodb' }`, freshness: '0s', doors: ['worker'] },
  ...(redis
    ? [
        {
          store: `{ worker: 'durable-object', lambda: 'redis' }`,
          freshness: '1s',
          doors: ['lambda' as const],
          env: { REDIS_URL: redis.url },
        },
      ]
    : []),
];

for (const { store, freshness, doors, env = {} } of choices) {
  describe(`with store: ${store}`, () => {
    throughBothDoors(
      'a session is its store’s to decide about',
      { doors, env, definition: `{ ...base, session: { store: ${store}, freshness: '${freshness}' } }` },
      (world) => {
        const signedIn = async (user: string) => {
          const client = world.client();
          expect((await client.ask('/login', { form: { user } })).status).toBe(303);
          return client;
        };
        const idOf = async (client: ReturnType<typeof world.client>) =>
          (await client.ask('/.session/me')).json().id as string;

        it('the gateway is ready', async () => {
          expect((await world.client().ask('/.session/readyz')).status).toBe(200);
        });

        it('a person signs in, is known, and is refused after signing out', async () => {
          const client = await signedIn('ada');
          expect((await client.ask('/account')).status).toBe(200);
          const held = client.jar.get('__Host-session') as string;
          expect((await client.ask('/.session/logout', { method: 'POST' })).status).toBe(204);
          client.jar.set('__Host-session', held);
          const refused = await client.ask('/account');
          expect(refused.status).toBe(401);
          expect(refused.json()).toMatchObject({ code: 'session_rejected', reason: 'revoked' });
        });

        it('activity keeps a session, silence ends it', async () => {
          const client = await signedIn('ada');
          for (const minutes of [20, 40, 60]) {
            client.clockSeconds = minutes * 60;
            expect((await client.ask('/account')).status).toBe(200);
          }
          client.clockSeconds = 91 * 60;
          expect((await client.ask('/account')).json()).toMatchObject({ reason: 'idle' });
        });

        it('a service that knows only the id reads, changes and ends it', async () => {
          const client = await signedIn('grace');
          const api = apiOf(world);
          const id = await idOf(client);
          expect((await api('GET', `/sessions/${id}`)).json()).toMatchObject({ id, subject: 'grace' });
          expect((await api('PATCH', `/sessions/${id}`, { data: { seat: '12A' } })).status).toBe(200);
          client.clockSeconds = 2;
          expect((await client.ask('/.session/me')).json().data_version).toBe(2);
          expect((await api('DELETE', `/sessions/${id}`)).status).toBe(204);
          expect((await client.ask('/account')).json()).toMatchObject({ reason: 'revoked' });
        });

        it('ending a subject ends all its sessions, and nobody else’s', async () => {
          const [phone, laptop, other] = [await signedIn('edith'), await signedIn('edith'), await signedIn('joan')];
          expect((await apiOf(world)('POST', '/revocations', { subject: 'edith' })).status).toBe(204);
          for (const client of [phone, laptop]) expect((await client.ask('/account')).status).toBe(401);
          expect((await other.ask('/account')).status).toBe(200);
        });
      },
    );
  });
}
