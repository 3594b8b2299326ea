import { expect, it } from 'vitest';
import { throughBothDoors } from '../support/doors.ts';
import { encode } from '../support/origin.ts';

for (const strategy of ['stored', 'token'] as const) {
  throughBothDoors(
    `with ${strategy} sessions, nothing secret is ever written`,
    { definition: `{ ...base, session: { strategy: '${strategy}' } }` },
    (world) => {
      it('a day with everything in it leaves no credential in any line or error', async () => {
        const secrets = new Set<string>(world.secrets);
        const errors: string[] = [];
        const client = world.client();
        const ask = async (...asked: Parameters<typeof client.ask>) => {
          const reply = await client.ask(...asked);
          for (const value of client.jar.values()) secrets.add(value);
          for (const line of reply.setCookies) secrets.add(line.slice(line.indexOf('=') + 1, line.indexOf(';')));
          if (reply.status >= 400) errors.push(reply.text(), JSON.stringify(reply.headers));
          return reply;
        };
        const bearer = { authorization: `Bearer ${world.serviceToken}` };

        await ask('/?token=in-a-query-9f3a');
        secrets.add('in-a-query-9f3a');
        await ask('/login', { form: { user: 'ada', password: 'correct-horse-1' } });
        secrets.add('correct-horse-1');
        await ask('/account');
        // An id is no credential, and still nobody's business who reads logs: events carry a keyed tag in its place.
        const { id } = (await ask('/.session/me')).json() as { id: string };
        secrets.add(id);
        const { headers } = (await ask('/account/x')).json() as { headers: Record<string, string> };
        secrets.add(headers['session-assertion'] as string);

        await ask('/account', { headers: { cookie: `__Host-session=${client.jar.get('__Host-session')}broken` } });
        await ask('/account', { headers: { cookie: `__Host-session=${'A'.repeat(40_000)}` } });
        await ask('/', { headers: { 'session-explain': 'a-wrong-token-77' } });
        await ask('/.session/api/v1/introspect', { json: {}, headers: { authorization: 'Bearer a-wrong-token-77' } });
        secrets.add('a-wrong-token-77');

        for (const origin of Object.values(world.origins)) {
          origin.on('/bad', (_, response) => {
            response.setHeader('session-issue', encode({ nobody: 'secret-of-the-origin' }));
            response.setHeader('session-update', 'not base64');
            response.setHeader('session-origin-token', world.originToken);
            response.end();
          });
          origin.on('/bluff', (_, response) => {
            response.setHeader('session-end', 'all');
            response.setHeader('session-origin-token', 'a-bluff-of-a-token');
            response.end();
          });
        }
        secrets.add('a-bluff-of-a-token').add('secret-of-the-origin');
        await ask('/bad');
        await ask('/bluff');

        if (strategy === 'stored') {
          const cookie = client.jar.get('__Host-session');
          await ask('/.session/api/v1/introspect', { json: { cookie }, headers: bearer });
          const begun = await ask('/.session/api/v1/sessions', { json: { sub: 'grace' }, headers: bearer });
          expect(begun.status).toBe(201);
          const other = begun.json().id as string;
          secrets.add(other).add('grace-of-nobody');
          await ask(`/.session/api/v1/sessions/${other}`, { headers: bearer });
          await ask('/.session/api/v1/subjects/grace-of-nobody/sessions', { headers: bearer });
          await ask('/login', { form: { user: 'ada' } });
          expect((await ask(`/.session/sessions/${other}`, { method: 'DELETE' })).status).toBe(404);
          const code = new URL(begun.json().handoff_url as string).searchParams.get('code') as string;
          secrets.add(code);
          await ask(`/.session/handoff?code=${code}`);
          await ask(`/.session/handoff?code=${code}`, { method: 'POST', body: '' });
          await ask(`/.session/handoff?code=${code}`, { method: 'POST', body: '' });
          await ask('/.session/refresh', { method: 'POST', body: '' });
        }

        await Promise.all(Object.values(world.origins).map((origin) => origin.kill()));
        await ask('/account?token=in-a-query-9f3a');
        await Promise.all(Object.values(world.origins).map((origin) => origin.revive()));
        await ask('/.session/logout', { method: 'POST', body: '' });
        await ask('/account');
        const last = await ask('/the-last-line');
        await expect.poll(() => world.lines.some((line) => line.includes('/the-last-line'))).toBe(true);
        expect(last.status).toBe(200);

        secrets.delete('');
        expect(secrets.size).toBeGreaterThan(10);
        // `wrangler dev` has a line of its own for each request; only there, and only here.
        const written = world.lines.filter((line) => !line.startsWith('[wrangler:info]')).join('\n');
        expect(written).toContain('"event":"request"');
        expect(written).toMatch(/"session_tag":"[0-9a-f]{16}"/);
        const parts = [...secrets].flatMap((secret) => [
          secret,
          ...secret.split('.').filter((part) => part.length >= 20),
        ]);
        for (const secret of new Set(parts)) {
          expect(written.includes(secret) && secret).toBe(false);
          expect(errors.some((text) => text.includes(secret)) && secret).toBe(false);
        }
        for (const address of Object.values(world.origins).map(({ url }) => url)) {
          expect(errors.join('\n')).not.toContain(address);
        }
      });
    },
  );
}
