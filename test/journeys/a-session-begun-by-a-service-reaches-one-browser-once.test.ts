import { describe, expect, it } from 'vitest';
import { apiOf, codeIn, handoffPath } from '../support/api.ts';
import type { Client } from '../support/client.ts';
import { throughBothDoors } from '../support/doors.ts';

const page = { accept: 'text/html', 'sec-fetch-mode': 'navigate' };
const press = (client: Client, path: string) =>
  client.ask('/.session/handoff', { form: { code: codeIn(path) }, headers: page });

for (const strategy of ['stored', 'token'] as const) {
  describe(`with ${strategy} sessions`, () => {
    throughBothDoors(
      'a hand-off reaches one browser once',
      { definition: `{ ...base, session: { strategy: '${strategy}' } }` },
      (world) => {
        const begin = (more: Record<string, unknown> = {}) =>
          apiOf(world)('POST', '/sessions', { sub: 'ada', ...more });

        it('opening the link uses nothing up: it shows who is signing in, and a button', async () => {
          const path = handoffPath(await begin({ sub: '<i>Ada</i> & co' }));
          const client = world.client();
          for (const _ of ['a mail scanner', 'the person']) {
            const shown = await client.ask(path, { headers: page });
            expect(shown.status).toBe(200);
            expect(shown.header('content-type')).toBe('text/html; charset=utf-8');
            expect(shown.text()).toContain('&#60;i&#62;Ada&#60;/i&#62; &#38; co');
            expect(shown.text()).toContain('<button');
            expect(shown.text()).not.toContain('<script');
            expect(shown.setCookies).toEqual([]);
            expect(shown.header('cache-control')).toBe('no-store');
          }
          expect((await client.ask(path, { method: 'HEAD' })).status).toBe(200);
          expect((await press(client, path)).status).toBe(303);
        });

        it('pressing the button puts the session into the cookie and leads on, once', async () => {
          const path = handoffPath(await begin({ return_to: '/account?tab=1' }));
          const client = world.client();
          const pressed = await press(client, path);
          expect(pressed.status).toBe(303);
          expect(pressed.header('location')).toBe(`${world.url}/account?tab=1`);
          expect(pressed.header('cache-control')).toBe('private, no-store');
          expect((await client.ask('/.session/me')).json().subject).toBe('ada');

          const thief = world.client();
          const second = await press(thief, path);
          expect(second.status).toBe(410);
          expect(second.setCookies).toEqual([]);
          expect(second.text()).toContain('used or has run out');
          expect((await thief.ask(path, { headers: page })).status).toBe(410);
        });

        it('of several who press at the same moment one gets in', async ({ skip }) => {
          skip(strategy === 'token' && world.door === 'lambda', 'without a store instances share nothing');
          for (let round = 0; round < 5; round++) {
            const path = handoffPath(await begin());
            const pressed = await Promise.all(Array.from({ length: 6 }, () => press(world.client(), path)));
            expect(pressed.map(({ status }) => status).sort()).toEqual([303, 410, 410, 410, 410, 410]);
          }
        });

        it('without a wish it leads to the front page', async () => {
          const pressed = await press(world.client(), handoffPath(await begin()));
          expect(pressed.header('location')).toBe(`${world.url}/`);
        });

        it('the link runs out after 60 seconds, for looking and for pressing', async () => {
          const path = handoffPath(await begin());
          const client = world.client();
          client.clockSeconds = 61;
          expect((await client.ask(path)).json()).toMatchObject({ code: 'gone', status: 410 });
          expect((await press(client, path)).status).toBe(410);
          client.clockSeconds = 55;
          expect((await press(client, path)).status).toBe(303);
        });

        it('a code that is not ours, or none, leads nowhere', async () => {
          const client = world.client();
          const real = codeIn(handoffPath(await begin()));
          const last = real.at(-1) === 'A' ? 'B' : 'A';
          for (const code of ['x', real.slice(0, -1) + last, `${real}=`, 'A'.repeat(9000)]) {
            expect((await client.ask('/.session/handoff', { form: { code } })).status).toBe(410);
          }
          expect((await client.ask('/.session/handoff')).status).toBe(400);
          expect((await client.ask('/.session/handoff', { form: {} })).status).toBe(400);
          expect(client.jar.size).toBe(0);
        });

        it('the browser keeps its berth, and what it held before is over', async () => {
          const client = world.client();
          client.place = '35.7,139.7';
          expect((await client.ask('/')).explained()).toMatchObject({ origin: 'ap' });
          await press(client, handoffPath(await begin({ sub: 'grace' })));
          const old = new Map(client.jar);
          client.place = '48.1,11.6';
          expect((await client.ask('/')).explained()).toMatchObject({ origin: 'ap', because: 'pinned' });
          await press(client, handoffPath(await begin()));
          expect((await client.ask('/')).explained()).toMatchObject({ origin: 'ap', because: 'pinned' });
          const before = world.client();
          for (const [name, value] of old) before.jar.set(name, value);
          expect((await before.ask('/account')).json()).toMatchObject({ reason: 'revoked' });
        });

        it('a browser that asked for the session goes on by itself, and any other has to press the button', async () => {
          const client = world.client();
          const started = await client.ask('/.session/handoff/start');
          expect(started.setCookies[0]).toMatch(
            /^__Host-handoff=[\w-]{43}; Path=\/; Secure; HttpOnly; SameSite=Lax; Max-Age=600$/,
          );
          const path = handoffPath(await begin({ bind: started.json().bind }));
          const own = (await client.ask(path, { headers: page })).text();
          expect(own).toContain('.submit()');
          expect((await world.client().ask(path, { headers: page })).text()).not.toContain('<script');
          const other = world.client();
          await other.ask('/.session/handoff/start');
          expect((await other.ask(path, { headers: page })).text()).not.toContain('<script');
          await press(client, path);
          expect([...client.jar.keys()]).not.toContain('__Host-handoff');
        });

        it('asking for a session can begin at a page of the application, and nowhere else', async () => {
          const client = world.client();
          const go = (to: string) => client.ask(`/.session/handoff/start?return_to=${encodeURIComponent(to)}`);
          const reply = await go('/kiosk?x=1');
          expect(reply.status).toBe(303);
          expect(reply.header('location')).toMatch(new RegExp(`^${world.url}/kiosk\\?x=1&bind=[\\w-]{43}$`));
          expect((await go('https://evil.example/')).header('location')).toMatch(new RegExp(`^${world.url}/\\?bind=`));
        });
      },
    );
  });
}

throughBothDoors('a hand-off of a session that has ended', {}, (world) => {
  it('leads nowhere', async () => {
    const api = apiOf(world);
    const begun = await api('POST', '/sessions', { sub: 'ada' });
    await api('DELETE', `/sessions/${begun.json().id}`);
    const client = world.client();
    expect((await press(client, handoffPath(begun))).status).toBe(410);
    expect(client.jar.has('__Host-session')).toBe(false);
  });
});
