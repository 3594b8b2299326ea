import { expect, it } from 'vitest';
import { apiOf } from '../support/api.ts';
import { command, commandable, told } from '../support/commanding.ts';
import { throughBothDoors } from '../support/doors.ts';

/** One story in order: the store is well, then gone for good. */
throughBothDoors('an outage of the store', { doors: ['lambda'] }, (world) => {
  const clients = new Map<string, ReturnType<typeof world.client>>();
  const the = (name: string) => clients.get(name) as ReturnType<typeof world.client>;

  it('begins with people who are signed in', async () => {
    for (const name of ['reader', 'sleeper', 'leaver']) {
      clients.set(name, world.client());
      await the(name).ask('/login', { form: { user: name } });
      expect((await the(name).ask('/account')).status).toBe(200);
    }
    expect((await world.client().ask('/.session/readyz')).status).toBe(200);
    await world.stopStore?.();
  });

  it('is told to load balancers, while the gateway itself stays alive', async () => {
    const later = world.client();
    later.clockSeconds = 3;
    const ready = await later.ask('/.session/readyz');
    expect([ready.status, ready.json().code]).toEqual([503, 'store_unavailable']);
    expect(ready.json()).toMatchObject({ ready: false, checks: { store: 'unavailable' }, warnings: [] });
    expect((await world.client().ask('/.session/healthz')).status).toBe(200);
  });

  it('is not noticed inside the freshness of a session, by reading or by writing', async () => {
    the('reader').clockSeconds = 100;
    const held = the('reader').jar.get('__Host-session');
    expect((await the('reader').ask('/account')).status).toBe(200);
    expect((await the('reader').ask('/account', { method: 'POST', body: 'x' })).status).toBe(200);
    expect(the('reader').jar.get('__Host-session')).toBe(held);
  });

  it('refuses afterwards what needs the store, wherever it is asked, and takes no cookie away', async () => {
    const client = the('sleeper');
    client.clockSeconds = 150;
    const held = client.jar.get('__Host-session');
    for (const [path, method] of [
      ['/account', 'GET'],
      ['/', 'GET'],
      ['/cart', 'POST'],
      ['/.session/me', 'GET'],
      ['/.session/', 'GET'],
      ['/.session/refresh', 'POST'],
    ] as const) {
      const reply = await client.ask(path, { method });
      expect([path, reply.status, reply.json().code]).toEqual([path, 503, 'store_unavailable']);
      expect(reply.header('retry-after')).toBe('5');
      expect(reply.setCookies.filter((line) => line.startsWith('__Host-session'))).toEqual([]);
    }
    expect(client.jar.get('__Host-session')).toBe(held);
  });

  it('is not even noticed by a header that is too large: it is refused before anybody is asked anything', async () => {
    const arrived = () => Object.values(world.origins).flatMap(({ seen }) => seen).length;
    const before = arrived();
    const large = { 'x-large': 'x'.repeat(33_000) };
    for (const path of ['/account', '/', '/admin%00', '/.session/me', '/.session/api/v1/sessions/x', '/assets/x']) {
      const reply = await the('sleeper').ask(path, { headers: { ...large, authorization: 'Bearer nobody' } });
      expect([path, reply.status, reply.json().code]).toEqual([path, 431, 'headers_too_large']);
      expect(reply.setCookies).toEqual([]);
    }
    expect(arrived()).toBe(before);
    expect((await the('sleeper').ask('/account')).status).toBe(503);
  });

  it('leaves strangers and routes without sessions alone', async () => {
    expect((await world.client().ask('/')).status).toBe(200);
    expect((await the('sleeper').ask('/assets/x')).status).toBe(200);
    expect((await the('sleeper').ask('/hooks/x', { method: 'POST' })).status).toBe(200);
  });

  it('lets nobody sign in, and says so to person, service and origin', async () => {
    const client = world.client();
    const reply = await client.ask('/login', { form: { user: 'late' } });
    expect([reply.status, reply.json().code]).toEqual([503, 'store_unavailable']);
    expect(client.jar.has('__Host-session')).toBe(false);
    const api = apiOf(world);
    for (const [method, path, body] of [
      ['POST', '/sessions', { sub: 'late' }],
      ['GET', `/sessions/${'A'.repeat(22)}`, undefined],
      ['DELETE', `/sessions/${'A'.repeat(22)}`, undefined],
      ['DELETE', '/subjects/ada/sessions', undefined],
    ] as const) {
      const refused = await api(method, path, body);
      expect([path, refused.status, refused.json().code]).toEqual([path, 503, 'store_unavailable']);
    }
  });

  it('fails what an origin commands, and the origin’s reply with it', async () => {
    commandable(world);
    const client = the('reader');
    for (const commands of [{ rotate: true }, { end: 'others' }, { end: 'all' }] as const) {
      const held = client.jar.get('__Host-session');
      const reply = await command(client, commands);
      expect([commands, reply.status, reply.json().code]).toEqual([commands, 503, 'store_unavailable']);
      if (!('end' in commands)) expect(client.jar.get('__Host-session')).toBe(held);
    }
  });

  it('passes the reply of an origin on whose data cannot be saved: the work is done', async () => {
    const client = world.client();
    for (const [name, value] of the('leaver').jar) client.jar.set(name, value);
    const reply = await command(client, { update: { cart: 1 } });
    expect(reply.status).toBe(200);
    expect(client.jar.get('__Host-session')).toBe(the('leaver').jar.get('__Host-session'));
    expect(await told(world, 'update-not-saved')).toEqual([
      expect.objectContaining({ origin: expect.any(String), reason: expect.any(String) }),
    ]);
  });

  it('says to who signs out that it was not done: the cookie stays for the next try, and is refused here', async () => {
    const client = the('leaver');
    const copy = world.client();
    copy.jar.set('__Host-session', client.jar.get('__Host-session') as string);
    const out = await client.ask('/.session/logout', { method: 'POST' });
    expect([out.status, out.json().code]).toEqual([503, 'store_unavailable']);
    expect(out.setCookies).toEqual([]);
    expect((await client.ask('/account')).json()).toMatchObject({ code: 'session_rejected', reason: 'revoked' });
    expect((await copy.ask('/account')).json()).toMatchObject({ code: 'session_rejected', reason: 'revoked' });
    expect(client.jar.has('__Host-session')).toBe(true);
  });

  it('is one line in the log of each process, with the store and the cause', () => {
    const events = world.lines.flatMap((line) => (line.includes('"store-down"') ? [JSON.parse(line)] : []));
    expect(events.length).toBeGreaterThan(0);
    for (const { store, cause, since } of events) {
      expect(store).toBe('dynamodb');
      expect(cause).toMatch(/[a-z]{3}.*(ECONNREFUSED|did not answer|Timeout)/i);
      expect(Date.parse(since)).toBeGreaterThan(0);
    }
  });
});
