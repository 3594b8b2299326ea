import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { apiOf } from '../support/api.ts';
import { throughBothDoors } from '../support/doors.ts';
import { readExposition } from '../support/prometheus.ts';

const sha256 = (token: string) => createHash('sha256').update(token).digest('hex');
const readerToken = 'a-service-that-may-not-explain-0123456789';

/** Text that must not come back, whatever it came in. */
const secret = 'f00dfeedf00dfeed';

const definition = `({
  ...base,
  pools: {
    app: { ...base.pools.app, retry: { attempts: 1 } },
    canary: { origins: [{ ...base.pools.app.origins[0], id: 'next' }] },
    away: { origins: [{ ...base.pools.app.origins[0], state: 'off' }] },
    drawn: { origins: base.pools.app.origins, affinity: { by: 'header', name: 'X-Pin', first: 'random' } },
  },
  routes: [
    { path: '/beta/*', pool: { split: { app: 0, canary: 1 } }, session: 'optional' },
    { path: '/drawn/*', pool: 'drawn', session: 'off' },
    { path: '/us/*', pool: 'app', session: 'optional', regions: ['us-east-1'] },
    { path: '/nowhere/*', pool: 'away', session: 'optional' },
    ...base.routes,
  ],
})`;
const munich = [48.1, 11.6];

throughBothDoors('a service asks where a request would go', { definition }, (world) => {
  const ask = (body: unknown) => apiOf(world)('POST', '/explain', body);
  const explained = async (path: string, body: Record<string, unknown> = {}) => {
    const reply = await ask({ url: world.url + path, ...body });
    expect([reply.status, reply.text()]).toEqual([200, expect.anything()]);
    return reply.json();
  };
  const cookiesOf = (jar: ReadonlyMap<string, string>): string =>
    [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
  const rankingOf = (reply: Record<string, unknown>) =>
    reply.ranking as { pool: string; origin: string; score: number; state: string }[];

  it('a new client goes to the nearest origin, and the others are ranked behind it', async () => {
    const reply = await explained('/', { place: munich, ip: '203.0.113.9' });
    expect(reply).toMatchObject({
      route: 11,
      session: 'none',
      pool: 'app',
      origin: 'eu',
      because: 'nearest',
      drawn: false,
    });
    const ranking = rankingOf(reply);
    expect(ranking.map(({ origin }) => origin)).toEqual(['eu', 'us', 'ap']);
    for (const { pool, score, state } of ranking) {
      expect({ pool, state }).toEqual({ pool: 'app', state: 'eligible' });
      expect(score).toBeGreaterThan(0);
    }
    expect(Object.keys(reply).sort()).toEqual([
      'because',
      'drawn',
      'origin',
      'pool',
      'ranking',
      'request_headers',
      'route',
      'session',
    ]);
    expect(reply.request_headers).toMatchObject({
      'session-affinity': 'origin=eu, epoch=1, next=us',
      'session-status': 'anonymous',
      'x-forwarded-for': '203.0.113.9',
      'x-forwarded-host': new URL(world.url).host,
      via: '1.1 berth',
    });
  });

  it('without a place and an address the client key decides', async () => {
    const [one, other] = [await explained('/'), await explained('/', { ip: null, place: null, headers: null })];
    expect(one).toMatchObject({ because: 'weighted', session: 'none' });
    expect(other).toEqual(one);
    expect((one.request_headers as Record<string, string>)['x-forwarded-for']).toBe(undefined);
  });

  it('a pin leads where it leads the client itself', async () => {
    const client = world.client();
    client.place = '35.7,139.7';
    expect((await client.ask('/')).explained()).toMatchObject({ origin: 'ap', because: 'nearest' });
    const reply = await explained('/', { place: munich, headers: { Cookie: cookiesOf(client.jar) } });
    expect(reply).toMatchObject({ origin: 'ap', because: 'pinned' });
    expect(rankingOf(reply)[0]).toMatchObject({ origin: 'ap' });
    const [name] = client.jar.keys();
    expect(await explained('/', { headers: { cookie: `${name}=made-up` } })).toMatchObject({ because: 'forged' });
  });

  it('a session counts as it does for the client', async () => {
    const browser = world.client();
    browser.place = '48.1,11.6';
    await browser.ask('/login', { form: { user: 'ada', password: 'x' } });
    const headers = { cookie: cookiesOf(browser.jar) };
    expect(browser.jar.has('__Host-session')).toBe(true);
    const reply = await explained('/account/', { place: munich, headers });
    expect(reply).toMatchObject({ route: 6, session: 'active', origin: 'eu', because: 'pinned' });
    expect(reply.request_headers).toMatchObject({
      'session-status': 'active',
      'session-assertion': '(signed for each request)',
    });
    expect(await explained('/admin/', { headers })).toMatchObject({
      session: 'active',
      origin: null,
      because: 'forbidden',
    });
    await browser.ask('/.session/logout', { method: 'POST' });
    expect(await explained('/account/', { headers })).toMatchObject({ origin: null, because: 'session_rejected' });
  });

  it('a request that reaches no origin gets the code of its error', async () => {
    const none = { pool: null, origin: null, drawn: false, request_headers: null };
    expect(await explained('/account/')).toEqual({
      ...none,
      route: 6,
      session: 'none',
      because: 'session_required',
      ranking: [],
    });
    const away = await explained('/nowhere/');
    expect(away).toMatchObject({ ...none, route: 4, because: 'no_origin_available' });
    expect(rankingOf(away)).toEqual([{ pool: 'away', origin: 'eu', score: expect.any(Number), state: 'off' }]);
    expect(await explained('/%00')).toMatchObject({ ...none, route: null, because: 'bad_path' });
    expect(await explained('/login', { method: 'POST', headers: { origin: 'https://evil.example' } })).toMatchObject({
      ...none,
      because: 'cross_site',
    });
  });

  it('a split, a region and a random first origin are seen in the reply', async () => {
    const beta = await explained('/beta/');
    expect(beta).toMatchObject({ route: 1, pool: 'canary', origin: 'next', drawn: false });
    expect(rankingOf(beta)[0]).toMatchObject({ pool: 'canary', origin: 'next', state: 'eligible' });
    expect(rankingOf(beta)).toHaveLength(4);
    expect(rankingOf(await explained('/us/', { place: munich })).map(({ origin, state }) => [origin, state])).toEqual([
      ['us', 'eligible'],
      ['eu', 'region'],
      ['ap', 'region'],
    ]);
    expect(await explained('/drawn/')).toMatchObject({ session: 'off', drawn: true, because: 'weighted' });
  });

  it('the reply tells no secret that the request or the gateway has', async () => {
    const browser = world.client();
    await browser.ask('/login', { form: { user: 'ada', password: 'x' } });
    const session = browser.jar.get('__Host-session') as string;
    const cookie = `${cookiesOf(browser.jar)}; app=${secret}`;
    const reply = await ask({
      url: `${world.url}/account/?token=${secret}`,
      headers: {
        cookie,
        authorization: `Bearer ${secret}`,
        'x-api-key': secret,
        'x-csrf-token': secret,
        'mcp-session-id': secret,
        via: secret,
        'session-assertion': secret,
        'user-agent': secret,
        traceparent: `00-${secret}${secret}-${secret}-01`,
        connection: `x-${secret}`,
        [`x-${secret}`]: 'dropped',
      },
    });
    expect(reply.json()).toMatchObject({
      session: 'active',
      request_headers: {
        authorization: '(as sent)',
        cookie: "(as sent, without the gateway's cookies)",
        'user-agent': '(as sent)',
        'x-api-key': '(as sent)',
        'session-assertion': '(signed for each request)',
      },
    });
    for (const text of [
      secret,
      session,
      browser.jar.get('__Host-affinity') as string,
      'ada',
      'eyJ',
      ...world.secrets,
    ]) {
      expect(reply.text()).not.toContain(text);
    }
    const bearer = await explained('/account/', { headers: { authorization: `Session ${session}` } });
    expect(bearer.session).toBe('active');
    expect(bearer.request_headers).not.toHaveProperty('authorization');
  });

  it('it is a dry run', async () => {
    const browser = world.client();
    await browser.ask('/login', { form: { user: 'ada', password: 'x' } });
    const headers = { cookie: cookiesOf(browser.jar) };
    const bearer = { authorization: `Bearer ${world.serviceToken}` };
    const counted = async () =>
      [...readExposition((await world.client({}).ask('/.session/metrics', { headers: bearer })).text())].filter(
        ([name]) => /^berth_(?:placements|assignments|moves|clients|retries)/.test(name),
      );
    const before = await counted();
    for (let i = 0; i < 3; i++) {
      const reply = await ask({ url: `${world.url}/account/`, headers });
      expect([reply.status, reply.setCookies]).toEqual([200, []]);
      expect(reply.header('cache-control')).toBe('no-store');
    }
    expect(await counted()).toEqual(before);
    expect((await browser.ask('/account/')).status).toBe(200);
  });

  it('only services with the scope may ask', async () => {
    expect((await apiOf(world, null)('POST', '/explain', { url: world.url })).json()).toMatchObject({
      status: 401,
      code: 'unauthorized',
    });
    expect((await apiOf(world, 'made-up')('POST', '/explain', { url: world.url })).status).toBe(401);
    expect((await apiOf(world)('GET', '/explain')).status).toBe(405);
  });

  it.each([
    ['no JSON object', [], 'JSON object'],
    ['an unknown member', { url: 'URL', user: 1 }, 'unknown member'],
    ['no URL', {}, 'url'],
    ['a path instead of a URL', { url: '/shop' }, 'url'],
    ['a host of other people', { url: 'https://other.example/' }, 'url'],
    ['another scheme', { url: 'file:///etc/passwd' }, 'url'],
    ['a method with a space', { url: 'URL', method: 'GET /' }, 'method'],
    ['a list of headers', { url: 'URL', headers: ['a'] }, 'headers'],
    ['a header that is no text', { url: 'URL', headers: { a: 1 } }, 'headers'],
    ['a header with a line break', { url: 'URL', headers: { a: 'b\r\nc: d' } }, 'headers'],
    ['one header twice', { url: 'URL', headers: { Cookie: 'a=b', cookie: 'a=c' } }, 'headers'],
    ['an address that is none', { url: 'URL', ip: '999.1.1.1' }, 'ip'],
    ['a place that is no list', { url: 'URL', place: '35.7,139.7' }, 'place'],
    ['a place off the earth', { url: 'URL', place: [91, 0] }, 'place'],
  ])('%s is a bad request that says what to correct', async (_, body, detail) => {
    const sent = 'url' in body && body.url === 'URL' ? { ...body, url: `${world.url}/` } : body;
    const reply = await ask(sent);
    expect(reply.json()).toMatchObject({ status: 400, code: 'bad_request', detail: expect.stringContaining(detail) });
  });
});

throughBothDoors(
  'a service without the scope',
  {
    doors: ['worker'],
    env: { GATEWAY_TOKENS: JSON.stringify([{ id: 'reader', sha256: sha256(readerToken), scopes: ['origins:read'] }]) },
  },
  (world) => {
    it('is refused', async () => {
      const reply = await apiOf(world, readerToken)('POST', '/explain', { url: `${world.url}/` });
      expect(reply.json()).toMatchObject({ status: 403, code: 'forbidden' });
    });
  },
);
