import { beforeAll, describe, expect, it } from 'vitest';
import { command, commandable, copyOf, signedIn } from '../support/commanding.ts';
import { throughBothDoors } from '../support/doors.ts';

const firefox = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
const safari =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1';

for (const session of [
  "{ store: { worker: 'durable-object', lambda: 'dynamodb' }, freshness: '0s' }",
  "{ strategy: 'token', store: { worker: 'durable-object', lambda: 'dynamodb' }, freshness: '0s' }",
]) {
  describe(`with ${session}`, () => {
    throughBothDoors('devices', { definition: `{ ...base, session: ${session} }` }, (world) => {
      beforeAll(() => commandable(world));
      type Item = { id: string; label: string; created_at: string; last_seen_at: string; current: boolean };
      const listed = async (client: ReturnType<typeof world.client>): Promise<Item[]> =>
        (await client.ask('/.session/sessions')).json().items as Item[];
      const on = async (userAgent: string, user: string) => {
        const client = world.client();
        await client.ask('/login', { form: { user }, headers: { 'user-agent': userAgent } });
        return client;
      };
      const isIn = async (client: ReturnType<typeof world.client>) => (await client.ask('/account')).status === 200;

      it('are listed newest first, by the names people have for them, with one marked as this one', async () => {
        const laptop = await on(firefox, 'ada');
        const phone = await on(safari, 'ada');
        const items = await listed(phone);
        expect(items.map(({ label, current }) => [label, current])).toEqual([
          ['Safari on iPhone', true],
          ['Firefox on Linux', false],
        ]);
        expect(items[0]?.created_at).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
        expect((await listed(laptop)).find(({ current }) => current)?.label).toBe('Firefox on Linux');
      });

      it('one is ended by its id, twice if you like, and the others go on', async () => {
        const [mine, lost] = [await signedIn(world, 'grace'), await signedIn(world, 'grace')];
        const id = (await lost.ask('/.session/me')).json().id as string;
        for (let i = 0; i < 2; i++) {
          expect((await mine.ask(`/.session/sessions/${id}`, { method: 'DELETE' })).status).toBe(204);
        }
        expect([await isIn(mine), await isIn(lost)]).toEqual([true, false]);
        expect(await listed(mine)).toHaveLength(1);
      });

      it("somebody else's is not there, to look at or to end", async () => {
        const [mine, theirs] = [await signedIn(world, 'edith'), await signedIn(world, 'joan')];
        const id = (await theirs.ask('/.session/me')).json().id as string;
        for (const method of ['GET', 'DELETE']) {
          const reply = await mine.ask(`/.session/sessions/${id}`, { method });
          expect([method, reply.status, reply.json().code]).toEqual([method, 404, 'not_found']);
        }
        expect(await isIn(theirs)).toBe(true);
      });

      it('all others end in one go, and this one stays, with its old cookie dead or unchanged', async () => {
        const [mine, one, two, stranger] = [
          await signedIn(world, 'mary'),
          await signedIn(world, 'mary'),
          await signedIn(world, 'mary'),
          await signedIn(world, 'bystander'),
        ];
        const before = copyOf(world, mine);
        expect((await mine.ask('/.session/sessions?others=1', { method: 'DELETE' })).status).toBe(204);
        expect([await isIn(mine), await isIn(one), await isIn(two), await isIn(stranger)]).toEqual([
          true,
          false,
          false,
          true,
        ]);
        if (before.jar.get('__Host-session') !== mine.jar.get('__Host-session')) expect(await isIn(before)).toBe(false);
        expect(await listed(mine)).toHaveLength(1);
      });

      it('an origin can end the others, or everything, when a password changes', async () => {
        const [mine, other] = [await signedIn(world, 'hedy'), await signedIn(world, 'hedy')];
        await command(mine, { end: 'others' });
        expect([await isIn(mine), await isIn(other)]).toEqual([true, false]);
        const third = await signedIn(world, 'hedy');
        const ended = await command(mine, { end: 'all' });
        expect([ended.status, mine.jar.has('__Host-session')]).toEqual([200, false]);
        expect(await isIn(third)).toBe(false);
        expect(await isIn(await signedIn(world, 'hedy'))).toBe(true);
      });

      it('are nobody’s business without a session, or from another site', async () => {
        expect((await world.client().ask('/.session/sessions')).status).toBe(401);
        const client = await signedIn(world, 'ada');
        const reply = await client.ask('/.session/sessions', { headers: { 'sec-fetch-site': 'cross-site' } });
        expect(reply.status).toBe(403);
      });
    });
  });
}
