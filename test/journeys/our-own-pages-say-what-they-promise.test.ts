import { createLocalJWKSet, jwtVerify } from 'jose';
import { expect, it } from 'vitest';
import { throughBothDoors } from '../support/doors.ts';

const page = { accept: 'text/html', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };

throughBothDoors('our own pages', { workerRuntime: 'wrangler dev' }, (world) => {
  const signedIn = async () => {
    const client = world.client();
    await client.ask('/login', { form: { user: 'ada' } });
    return client;
  };

  it('/me has exactly the members it promises', async () => {
    const client = await signedIn();
    const me = await client.ask('/.session/me');
    expect(Object.keys(me.json())).toEqual([
      'active',
      'id',
      'subject',
      'claims',
      'auth_time',
      'idle_expires_at',
      'expires_at',
      'data_version',
    ]);
    expect(me.header('cache-control')).toBe('no-store');
  });

  it('/me without a session is a 401 problem', async () => {
    const reply = await world.client().ask('/.session/me');
    expect(reply.status).toBe(401);
    expect(reply.header('content-type')).toBe('application/problem+json');
    expect(reply.json()).toMatchObject({ code: 'session_required', request_id: reply.header('x-request-id') });
    expect(reply.setCookies).toEqual([]);
  });

  it('/me never extends a session, however often it is asked', async () => {
    const client = await signedIn();
    for (const minutes of [10, 20, 29]) {
      client.clockSeconds = minutes * 60;
      expect((await client.ask('/.session/me')).status).toBe(200);
    }
    client.clockSeconds = 30 * 60 + 1;
    const over = await client.ask('/.session/me');
    expect(over.json()).toMatchObject({ code: 'session_rejected', reason: 'idle' });
    expect(client.jar.has('__Host-session')).toBe(false);
  });

  it('/refresh keeps a session alive and says nothing', async () => {
    const client = await signedIn();
    for (const minutes of [20, 40, 60]) {
      client.clockSeconds = minutes * 60;
      const reply = await client.ask('/.session/refresh', { method: 'POST' });
      expect([reply.status, reply.text()]).toEqual([204, '']);
      expect(reply.setCookies).toHaveLength(1);
    }
    expect((await client.ask('/account')).status).toBe(200);
    expect((await world.client().ask('/.session/refresh', { method: 'POST' })).status).toBe(401);
  });

  it('a program that signs out gets 204, a person a way on; both lose both cookies', async () => {
    for (const [headers, status] of [
      [{}, 204],
      [{ accept: 'text/html' }, 303],
      [{ 'sec-fetch-mode': 'cors', accept: 'text/html', 'sec-fetch-site': 'same-origin' }, 204],
      [{ 'sec-fetch-mode': 'navigate', 'sec-fetch-site': 'same-origin' }, 303],
    ] as const) {
      const client = await signedIn();
      expect([...client.jar.keys()].sort()).toEqual(['__Host-affinity', '__Host-session']);
      const reply = await client.ask('/.session/logout', { method: 'POST', headers });
      expect([JSON.stringify(headers), reply.status]).toEqual([JSON.stringify(headers), status]);
      expect(client.jar.size).toBe(0);
      const stranger = await world.client().ask('/.session/logout', { method: 'POST', headers });
      expect([stranger.status, stranger.header('location'), stranger.text()]).toEqual([
        reply.status,
        reply.header('location'),
        reply.text(),
      ]);
      expect(stranger.setCookies).toEqual(reply.setCookies);
    }
  });

  it.each([
    ['a path', '/goodbye?x=1', '/goodbye?x=1'],
    ['nothing', '', '/'],
    ['another site', 'https://evil.example/', '/'],
    ['another site without a scheme', '//evil.example', '/'],
  ])('after signing out %s leads to the right place, from form and from query', async (_, wish, path) => {
    const ways = [
      ['/.session/logout', { form: { return_to: wish } }],
      [`/.session/logout?return_to=${encodeURIComponent(wish)}`, { method: 'POST' }],
    ] as const;
    for (const [url, asking] of ways) {
      const reply = await world.client().ask(url, { ...asking, headers: page });
      expect([reply.status, reply.header('location')]).toEqual([303, world.url + path]);
    }
  });

  it('a link to the logout only asks, and signs nobody out', async () => {
    const client = await signedIn();
    const reply = await client.ask('/.session/logout?return_to=%2Fbye', { headers: page });
    expect(reply.status).toBe(200);
    expect(reply.text()).toContain('<form method="post" action="/.session/logout">');
    expect(reply.text()).toContain(`value="${world.url}/bye"`);
    expect(reply.setCookies).toEqual([]);
    expect((await client.ask('/account')).status).toBe(200);
  });

  it('every page of ours is under a strict policy, framed by nobody and stored nowhere', async () => {
    const client = await signedIn();
    for (const [path, headers] of [
      ['/.session', page],
      ['/.session/', page],
      ['/.session/logout', page],
      ['/.session/nothing', page],
      ['/admin', page],
    ] as const) {
      const reply = await client.ask(path, { headers });
      expect([path, reply.header('content-type')]).toEqual([path, 'text/html; charset=utf-8']);
      const policy = reply.header('content-security-policy') as string;
      const nonce = /style-src 'nonce-([\w-]{22})'/.exec(policy)?.[1];
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).toContain("base-uri 'none'");
      expect(policy).not.toContain('unsafe');
      expect(reply.text()).toContain(`<style nonce="${nonce}">`);
      expect(reply.header('x-content-type-options')).toBe('nosniff');
      expect(reply.header('referrer-policy')).toBe('strict-origin');
      expect(reply.header('cache-control')).toContain('no-store');
      expect((await client.ask(path, { headers })).header('content-security-policy')).not.toBe(policy);
    }
  });

  it('the home page says who is here until when, and offers the way in or out', async () => {
    const stranger = (await world.client().ask('/.session/', { headers: page })).text();
    expect(stranger).toContain('You are not signed in');
    expect(stranger).toContain('href="/.session/login"');
    const mine = (await (await signedIn()).ask('/.session/', { headers: page })).text();
    expect(mine).toContain('<dd>ada</dd>');
    expect(mine).toContain('action="/.session/logout"');
    expect(mine).toMatch(/<li>[^<]+ <strong>\(this one\)<\/strong>/);
  });

  it('/login leads to the configured form, with a safe way back', async () => {
    const go = async (query: string) => (await world.client().ask(`/.session/login${query}`)).header('location');
    const back = (url: string) => `${world.url}/login?return_to=${encodeURIComponent(url)}`;
    expect(await go('')).toBe(back(`${world.url}/`));
    expect(await go('?return_to=%2Faccount%3Fx%3D1')).toBe(back(`${world.url}/account?x=1`));
    expect(await go('?return_to=https%3A%2F%2Fevil.example')).toBe(back(`${world.url}/`));
  });

  it('/discovery names what there is, and every page it names is there', async () => {
    const found = (await world.client().ask('/.session/discovery')).json();
    expect(found).toMatchObject({
      name: 'berth',
      issuer: world.url,
      session_cookie: '__Host-session',
      session_strategy: 'stored',
      affinity_cookies: ['__Host-affinity'],
      jwks_uri: `${world.url}/.session/jwks.json`,
      assertion: { header: 'Session-Assertion', alg: 'ES256', audiences: ['app'] },
    });
    for (const url of Object.values(found.endpoints as Record<string, string>)) {
      const path = url.slice(world.url.length);
      if (path.endsWith('/api/v1')) continue;
      expect([path, (await world.client().ask(path)).status]).not.toEqual([path, 404]);
    }
  });

  it('an assertion is verified with /jwks.json by any JOSE library, and no private part is in it', async () => {
    const client = await signedIn();
    const { keys } = (await client.ask('/.session/jwks.json')).json() as { keys: JsonWebKey[] };
    expect(keys.length).toBeGreaterThan(0);
    for (const key of keys) expect(Object.keys(key)).not.toContain('d');
    expect(keys.every((key) => key.kty === 'EC')).toBe(true);
    const { headers } = (await client.ask('/account')).json() as { headers: Record<string, string> };
    const { payload } = await jwtVerify(
      headers['session-assertion'] as string,
      createLocalJWKSet({ keys } as Parameters<typeof createLocalJWKSet>[0]),
      { issuer: world.url, audience: 'app', algorithms: ['ES256'], maxTokenAge: 120 },
    );
    expect(payload.sub).toBe('ada');
    expect((payload.exp as number) - (payload.iat as number)).toBeLessThanOrEqual(120);
    const me = (await client.ask('/.session/me')).json();
    expect(payload.sid).not.toBe(me.id);
  });

  it('/healthz and /readyz answer whatever Host they are asked for, and only to be read', async () => {
    for (const path of ['/.session/healthz', '/.session/readyz']) {
      for (const host of [undefined, 'load-balancer.internal']) {
        const client = world.client({ ...(host && { host }) });
        const reply = await client.ask(path);
        expect([path, reply.status]).toEqual([path, 200]);
        expect(reply.header('cache-control')).toBe('no-store');
        expect((await client.ask(path, { method: 'HEAD' })).status).toBe(200);
        const posted = await client.ask(path, { method: 'POST' });
        expect([posted.status, posted.header('allow')]).toEqual([405, 'GET, HEAD']);
      }
    }
    const ready = (await world.client().ask('/.session/readyz')).json();
    expect(ready).toMatchObject({
      ready: true,
      checks: { store: 'ok', keys: 'ok', revision: expect.any(String) },
      warnings: expect.any(Array),
    });
  });

  it('any other page asked for under a foreign Host is misdirected', async () => {
    const reply = await world.client({ host: 'evil.example' }).ask('/.session/me');
    expect([reply.status, reply.json().code]).toEqual([421, 'misdirected']);
    const shown = (await world.client({ host: 'elsewhere.example' }).ask('/', { headers: page })).text();
    expect(shown).toContain(`href="${world.url}/"`);
  });

  it.each([
    ['DELETE', '/.session/me', 'GET, HEAD'],
    ['PUT', '/.session/logout', 'GET, HEAD, POST'],
    ['GET', '/.session/refresh', 'POST'],
    ['POST', '/.session/jwks.json', 'GET, HEAD'],
    ['OPTIONS', '/.session/me', 'GET, HEAD'],
  ])('%s %s is not possible, and the reply says what is', async (method, path, allow) => {
    const reply = await world.client().ask(path, { method });
    expect([reply.status, reply.header('allow'), reply.json().code]).toEqual([405, allow, 'method_not_allowed']);
  });

  it('what is not there under the prefix is not found, and never asks an origin', async () => {
    const before = world.origins.eu.seen.length;
    for (const path of ['/.session/x', '/.session/me/', '/.session/api', '/.session//me']) {
      expect([path, (await world.client().ask(path)).status]).toEqual([path, 404]);
    }
    expect(world.origins.eu.seen.length).toBe(before);
  });

  it('HEAD is answered as GET is, without the body', async () => {
    const client = await signedIn();
    for (const path of ['/.session/me', '/.session/discovery', '/.session/jwks.json', '/.session/']) {
      const [head, get] = [await client.ask(path, { method: 'HEAD' }), await client.ask(path)];
      expect([path, head.status, head.text()]).toEqual([path, get.status, '']);
      expect(head.header('content-type')).toBe(get.header('content-type'));
    }
  });
});

throughBothDoors('a gateway without a login of its own', { definition: '{ ...base, login: undefined }' }, (world) => {
  it('has no login page, and challenges without a word of one', async () => {
    expect((await world.client().ask('/.session/login')).status).toBe(404);
    expect((await world.client().ask('/.session/', { headers: page })).text()).not.toContain('/login');
    const reply = await world.client().ask('/account', { headers: { accept: 'text/html' } });
    expect(reply.status).toBe(401);
    expect(reply.text()).not.toContain('Sign in</a>');
  });
});
