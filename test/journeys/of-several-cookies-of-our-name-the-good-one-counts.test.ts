import { expect, it } from 'vitest';
import type { Client } from '../support/client.ts';
import { sessionIn, signedIn } from '../support/commanding.ts';
import { throughBothDoors, type World } from '../support/doors.ts';
import { requestOf, say } from '../support/raw-http.ts';

const session = '__Host-session';
const affinity = '__Host-affinity';

for (const strategy of ['stored', 'token']) {
  const definition = `{ ...base, session: { strategy: '${strategy}' } }`;
  throughBothDoors(`${strategy} sessions`, { definition }, (world) => {
    const tampered = (value: string): string => value.slice(0, -4) + (value.endsWith('AAAA') ? 'BBBB' : 'AAAA');
    /** One who has two cookies of the name: one that is over, and the one that counts. */
    async function withTwo(): Promise<{ client: Client; old: string; good: string; pin: string }> {
      const left = await signedIn(world);
      const old = sessionIn(left);
      expect((await left.ask('/.session/logout', { method: 'POST' })).status).toBe(204);
      const client = await signedIn(world);
      await client.ask('/account');
      return { client, old, good: sessionIn(client), pin: client.jar.get(affinity) as string };
    }
    const seenCookie = (body: string): string | undefined =>
      (JSON.parse(body.slice(body.indexOf('{'), body.lastIndexOf('}') + 1)).headers as Record<string, string>).cookie;

    it('the first valid one counts, wherever it stands, and nothing is cleared', async () => {
      const { client, old, good, pin } = await withTwo();
      const stranger = world.client();
      for (const values of [
        [old, good],
        [good, old],
        ['', 'x', tampered(good), good],
        [good, good],
        ['x', 'y', old, 'z', tampered(good), tampered(old), '', good],
      ]) {
        const cookie = `${values.map((value) => `${session}=${value}`).join('; ')}; ${affinity}=x; ${affinity}=${pin}`;
        const reply = await stranger.ask('/account', { headers: { cookie } });
        expect([reply.status, reply.setCookies, reply.explained().because]).toEqual([200, [], 'pinned']);
      }
      expect((await client.ask('/account')).status).toBe(200);
    });

    it('eight are looked at, and no ninth', async () => {
      const { good } = await withTwo();
      const after = (count: number) =>
        world.client().ask('/account', { headers: { cookie: `${`${session}=x; `.repeat(count)}${session}=${good}` } });
      expect((await after(7)).status).toBe(200);
      expect((await after(8)).json()).toMatchObject({ code: 'session_rejected', reason: 'invalid' });
    });

    it('when none is valid, the one that was signed says why, and they are cleared', async () => {
      const { old } = await withTwo();
      const cookie = `${session}=x; ${session}=${old}`;
      const reply = await world.client().ask('/account', { headers: { cookie } });
      expect(reply.json()).toMatchObject({ code: 'session_rejected', reason: 'revoked' });
      for (const line of reply.setCookies) expect(line).toMatch(/^__Host-session=; .*Max-Age=0/);
      expect(reply.setCookies.length).toBeGreaterThan(0);
    });

    it('signing out ends every session among them', async () => {
      const [one, other] = [await signedIn(world), await signedIn(world)];
      const cookie = `${session}=${sessionIn(one)}; ${session}=${sessionIn(other)}`;
      expect((await world.client().ask('/.session/logout', { method: 'POST', headers: { cookie } })).status).toBe(204);
      for (const client of [one, other]) expect((await client.ask('/account')).status).toBe(401);
    });

    it('where no session is looked at, no pin is written that might be tied to the wrong one', async () => {
      const [one, other] = [await signedIn(world), await signedIn(world)];
      const cookie = `${session}=${sessionIn(one)}; ${session}=${sessionIn(other)}; ${affinity}=${other.jar.get(affinity)}`;
      const asked = { method: 'POST', headers: { cookie } };
      expect((await world.client().ask('/hooks/x', asked)).setCookies).toEqual([]);
      expect((await other.ask('/account')).explained().because).toBe('pinned');
    });

    it('quotes around a value of ours are not part of it', async () => {
      const { good, pin } = await withTwo();
      const cookie = `a="1"; ${session}="${good}"; ${affinity}="${pin}"`;
      const reply = await world.client().ask('/account', { headers: { cookie } });
      expect([reply.status, reply.setCookies, reply.explained().because]).toEqual([200, [], 'pinned']);
      expect(reply.json().headers).toMatchObject({ cookie: 'a="1"' });
    });

    it.each<[string, (good: string, pin: string) => readonly string[], string]>([
      ['ours in a line of its own', (good) => ['a=1', `${session}=${good}`, 'b="2, 3"; c=4'], 'a=1; b="2, 3"; c=4'],
      ['ours at the end of a line', (good, pin) => [`a=1; ${affinity}=${pin}; ${session}=${good}`, 'b=2'], 'a=1; b=2'],
      ['ours in front of a line', (good) => ['a=1', `${session}="${good}"; b=2`], 'a=1; b=2'],
      ['ours alone', (good, pin) => [`${session}=${good}`, `${affinity}=${pin}`], ''],
    ])('several Cookie lines are one: %s', async (_, lines, others) => {
      const { good, pin } = await withTwo();
      const fields = lines(good, pin).map((line) => `Cookie: ${line}`);
      const { status, text } = await say(world.url, requestOf(world.url, 'GET /account', fields));
      expect([status, /set-cookie: __Host-session/i.test(text)]).toEqual([200, false]);
      expect(seenCookie(text) ?? '').toBe(others);
    });

    it("a comma makes none of ours out of an application's value", async () => {
      const { old, good } = await withTwo();
      for (const [cookie, status, seen] of [
        [`a=1, ${session}=${old}; ${session}=${good}`, 200, 'a=1'],
        [`a="1, ${session}=${good}"`, 401, undefined],
        [`a=1, ${session}=${good}, b=2`, 200, 'a=1; b=2'],
      ] as const) {
        const reply = await world.client().ask('/account', { headers: { cookie } });
        expect([cookie, reply.status]).toEqual([cookie, status]);
        if (seen) expect(reply.json().headers).toMatchObject({ cookie: seen });
      }
      expect(world.lines.join('\n')).not.toContain(good);
      const anyone = await world.client().ask('/', { headers: { cookie: `a="1, ${session}=${good}"` } });
      expect((anyone.json().headers as Record<string, string>).cookie).toBe('a="1"');
      expect(anyone.setCookies.filter((line) => line.startsWith(session))).toEqual([]);
    });
  });
}

const rotating = `{ ...base, session: { rotate: { every: '60s', grace: '0s' }, freshness: '120s' } }`;
throughBothDoors('a secret that was replaced', { definition: rotating }, (world: World) => {
  it('is no reuse beside the current one of the same session', async () => {
    const client = await signedIn(world);
    const first = sessionIn(client);
    for (let i = 1; i <= 4; i++) {
      client.clockSeconds = 61 * i;
      expect((await client.ask('/account')).status).toBe(200);
    }
    const good = sessionIn(client);
    expect(good.split('.')[2]).not.toBe(first.split('.')[2]);
    const twin = world.client();
    twin.clockSeconds = client.clockSeconds + 130;
    for (const values of [
      [first, good],
      [good, first],
    ]) {
      const cookie = values.map((value) => `${session}=${value}`).join('; ');
      expect((await twin.ask('/account', { headers: { cookie } })).status).toBe(200);
    }
    client.clockSeconds += 200;
    expect((await client.ask('/account')).status).toBe(200);
    expect((await twin.ask('/account', { headers: { cookie: `${session}=${first}` } })).status).toBe(401);
  });
});
