import { expect, it } from 'vitest';
import { throughBothDoors } from '../support/doors.ts';

const html = { accept: 'text/html,application/xhtml+xml' };
const navigation = { ...html, 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document', 'sec-fetch-site': 'none' };

throughBothDoors('whoever must sign in first', {}, (world) => {
  const login = (path: string) => `${world.url}/login?return_to=${encodeURIComponent(world.url + path)}`;

  it.each([
    ['a page load', 'GET', navigation],
    ['a page load of an old browser', 'GET', html],
    ['a look at the head of a page', 'HEAD', html],
    ['a page load from another site', 'GET', { ...navigation, 'sec-fetch-site': 'cross-site' }],
  ])('%s is sent to the login and back to where it was', async (_, method, headers) => {
    const reply = await world.client().ask('/account/a?b=c&d=%2F', { method, headers });
    expect([reply.status, reply.header('location')]).toEqual([303, login('/account/a?b=c&d=%2F')]);
    expect(reply.header('cache-control')).toContain('no-store');
    expect(reply.setCookies).toEqual([]);
  });

  it.each([
    ['a script', 'GET', { ...navigation, 'sec-fetch-mode': 'cors' }],
    ['a script that does not say so', 'GET', { accept: '*/*' }],
    ['a frame', 'GET', { ...navigation, 'sec-fetch-dest': 'iframe' }],
    ['an image', 'GET', { ...navigation, 'sec-fetch-dest': 'image', 'sec-fetch-mode': 'no-cors' }],
    ['a form', 'POST', { ...navigation, 'sec-fetch-site': 'same-origin' }],
    ['a script of an old library', 'GET', { ...html, 'x-requested-with': 'XMLHttpRequest' }],
    ['a program that accepts JSON', 'GET', { accept: 'application/json' }],
    ['a program that accepts anything', 'GET', {}],
    ['a PUT', 'PUT', html],
  ])('%s gets 401 and no redirect', async (_, method, headers) => {
    const reply = await world.client().ask('/account', { method, headers });
    expect(reply.status).toBe(401);
    expect(reply.header('location')).toBeNull();
    expect(reply.setCookies).toEqual([]);
    expect(reply.header('cache-control')).toBe('no-store');
    const said = reply.header('content-type')?.startsWith('text/html') ? reply.text() : reply.json().login_url;
    expect(said).toContain(`${world.url}/login`);
  });

  it('an upgrade is never sent to a login', async () => {
    const headers = { ...html, connection: 'Upgrade', upgrade: 'websocket' };
    // undici refuses to send an upgrade with a plain request; a raw one stands in for the browser.
    const { request } = await import('node:http');
    const status = await new Promise<number | undefined>((resolve, reject) => {
      request(`${world.url}/account`, { headers }, (reply) => resolve(reply.resume().statusCode))
        .on('error', reject)
        .end();
    });
    expect(status).toBe(401);
  });

  it('a program learns the code, the reason and where the login is', async () => {
    const reply = await world.client().ask('/account');
    expect(reply.json()).toEqual({
      type: expect.any(String),
      title: 'You need to sign in to see this.',
      status: 401,
      code: 'session_required',
      request_id: reply.header('x-request-id'),
      login_url: `${world.url}/login`,
    });
    const dead = world.client();
    dead.jar.set('__Host-session', 'nonsense');
    const refused = await dead.ask('/account');
    expect(refused.json()).toMatchObject({
      code: 'session_rejected',
      reason: 'invalid',
      login_url: `${world.url}/login`,
    });
    expect(dead.jar.has('__Host-session')).toBe(false);
  });

  it('a dead cookie is cleared on the way to the login too', async () => {
    const client = world.client();
    client.jar.set('__Host-session', 'nonsense');
    const reply = await client.ask('/account', { headers: navigation });
    expect(reply.status).toBe(303);
    expect(client.jar.has('__Host-session')).toBe(false);
    expect(reply.header('cache-control')).toBe('private, no-store');
  });

  it('a CORS preflight is never challenged', async () => {
    const reply = await world.client().ask('/account', {
      method: 'OPTIONS',
      headers: { origin: 'https://elsewhere.example', 'access-control-request-method': 'PUT' },
    });
    expect(reply.status).toBe(200);
    expect((await world.client().ask('/account', { method: 'OPTIONS' })).status).toBe(401);
  });

  it('a CORS preflight reaches the origin as it is, and so does its answer the browser', async () => {
    const allowed = {
      'access-control-allow-origin': 'https://elsewhere.example',
      'access-control-allow-methods': 'GET, PUT',
      'access-control-allow-headers': 'X-Custom',
      'access-control-allow-credentials': 'true',
      'access-control-max-age': '600',
      'cache-control': 'max-age=600',
      vary: 'Origin',
    };
    for (const path of ['/account/shared', '/shared']) {
      let heard: Record<string, unknown> = {};
      for (const origin of Object.values(world.origins)) {
        origin.on(path, ({ headers }, response) => {
          heard = headers;
          response.writeHead(204, allowed).end();
        });
      }
      const asked = {
        origin: 'https://elsewhere.example',
        'access-control-request-method': 'PUT',
        'access-control-request-headers': 'x-custom',
        'sec-fetch-site': 'cross-site',
        'sec-fetch-mode': 'cors',
      };
      const reply = await world.client().ask(path, { method: 'OPTIONS', headers: asked });
      expect(reply.status).toBe(204);
      expect(heard).toMatchObject(asked);
      const said = Object.keys(allowed).map((name) => [name, reply.header(name)]);
      expect(said).toEqual(Object.entries(allowed));
      expect(reply.setCookies).toEqual([]);
    }
    expect((await world.client().ask('/shared', { method: 'OPTIONS' })).setCookies).toHaveLength(1);
  });

  it.each([
    ['a page load where a form was sent', 'POST', navigation, 'text/html'],
    ['a frame', 'GET', { ...navigation, 'sec-fetch-dest': 'iframe' }, 'text/html'],
    ['an old browser’s form', 'POST', html, 'text/html'],
    ['a script that takes anything', 'GET', { accept: '*/*', 'sec-fetch-mode': 'cors' }, 'application/problem+json'],
    ['a script that takes pages too', 'GET', { ...html, 'sec-fetch-mode': 'cors' }, 'application/problem+json'],
    ['an image', 'GET', { accept: 'image/*', 'sec-fetch-mode': 'no-cors' }, 'application/problem+json'],
    ['a program', 'GET', {}, 'application/problem+json'],
  ] as const)('%s gets what it can read', async (_, method, headers, type) => {
    for (const [path, status] of [
      ['/account', 401],
      ['/admin%00', 400],
      ['/.session/nothing', 404],
    ] as const) {
      const reply = await world.client({}).ask(path, { method, headers });
      expect([path, reply.status, reply.header('content-type')?.split(';')[0]]).toEqual([path, status, type]);
      expect(reply.header('cache-control')).toBe('no-store');
      if (type === 'text/html') {
        expect(reply.header('content-security-policy')).toContain("frame-ancestors 'none'");
        expect(reply.text()).toContain(String(reply.header('x-request-id')));
      } else {
        expect(reply.json()).toMatchObject({ status, request_id: reply.header('x-request-id') });
      }
    }
  });

  it('the way back is ours even when the path looks like another host', async () => {
    for (const path of ['/account//evil.example', '/account/%2F%2Fevil.example']) {
      const reply = await world.client().ask(path, { headers: navigation });
      expect(reply.header('location')).toBe(login(path));
    }
  });

  it('a missing claim is forbidden, and signing in again is not offered', async () => {
    const client = world.client();
    await client.ask('/login', { form: { user: 'ada' } });
    const reply = await client.ask('/admin', { headers: { accept: 'application/json' } });
    expect([reply.status, reply.json().code]).toEqual([403, 'forbidden']);
    expect(reply.json().login_url).toBeUndefined();
    const shown = await client.ask('/admin', { headers: navigation });
    expect([shown.status, shown.header('content-type')]).toEqual([403, 'text/html; charset=utf-8']);
    expect(client.jar.has('__Host-session')).toBe(true);
  });

  it('what needs a recent sign-in sends a person back to the login, and keeps the session', async () => {
    const client = world.client();
    await client.ask('/login', { form: { user: 'ada' } });
    client.clockSeconds = 14 * 60;
    expect((await client.ask('/recent')).status).toBe(200);
    client.clockSeconds = 16 * 60;
    const refused = await client.ask('/recent');
    expect([refused.status, refused.json().code]).toEqual([401, 'reauthentication_required']);
    const sent = await client.ask('/recent/x', { headers: navigation });
    expect([sent.status, sent.header('location')]).toEqual([303, login('/recent/x')]);
    expect((await client.ask('/account')).status).toBe(200);
    const before = client.jar.get('__Host-session');
    await client.ask('/login', { form: { user: 'ada' } });
    expect((await client.ask('/recent')).status).toBe(200);
    const old = world.client();
    old.clockSeconds = client.clockSeconds;
    old.jar.set('__Host-session', before as string);
    expect((await old.ask('/account')).json()).toMatchObject({ reason: 'revoked' });
  });
});

const anonymous = `{
  ...base,
  session: { anonymous: true },
  routes: [
    { path: '/staff/*', pool: 'app', claims: { role: ['admin'] } },
    { path: '/recent/*', pool: 'app', maxAuthAge: '15m' },
    { path: '/*', pool: 'app' },
  ],
}`;

throughBothDoors('where strangers get a session', { definition: anonymous }, (world) => {
  it.each(['/staff', '/recent', '/Staff/x;y'])('a page that only some may see gives them none: %s', async (path) => {
    const refused = await world.client().ask(path);
    expect([refused.status, refused.setCookies]).toEqual([401, []]);
    const sent = await world.client().ask(path, { headers: navigation });
    expect([sent.status, sent.setCookies]).toEqual([303, []]);
  });
  it('an open page does', async () => {
    expect((await world.client().ask('/')).setCookies.join()).toContain('__Host-session=');
  });
});
