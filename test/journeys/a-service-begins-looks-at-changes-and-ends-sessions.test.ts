import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { apiOf, codeIn, handoffPath } from '../support/api.ts';
import { throughBothDoors, type World } from '../support/doors.ts';

const hash = (token: string) => createHash('sha256').update(token).digest('hex');
const strangersToken = 'a-service-that-may-only-read-0123456789';

/** Any service begins a session and a browser takes it over: answers its id and the browser that holds it. */
async function signedIn(world: World, body: Record<string, unknown> = {}) {
  const begun = await apiOf(world)('POST', '/sessions', { sub: 'ada', ...body });
  expect(begun.status).toBe(201);
  const browser = world.client();
  const code = codeIn(handoffPath(begun));
  expect((await browser.ask('/.session/handoff', { form: { code } })).status).toBe(303);
  return { id: begun.json().id as string, browser };
}

for (const strategy of ['stored', 'token'] as const) {
  describe(`with ${strategy} sessions`, () => {
    throughBothDoors(
      'a service begins sessions',
      { definition: `{ ...base, session: { strategy: '${strategy}' } }` },
      (world) => {
        it('a new session is told by id, link and ends, and by nothing else', async () => {
          const api = apiOf(world);
          const reply = await api('POST', '/sessions', {
            sub: 'ada',
            claims: { role: ['admin'] },
            data: { cart: 1 },
            amr: ['pwd'],
            acr: 'urn:low',
            label: 'Kiosk',
            return_to: '/account',
          });
          expect(reply.status).toBe(201);
          expect(reply.header('content-type')).toBe('application/json; charset=utf-8');
          expect(reply.header('cache-control')).toBe('no-store');
          expect(reply.setCookies).toEqual([]);
          const { id, handoff_url: link, expires_at: end, idle_expires_at: idleEnd, ...rest } = reply.json();
          expect(rest).toEqual({});
          expect(id).toMatch(/^[A-Za-z0-9_-]{22}$/);
          expect(link).toMatch(new RegExp(`^${world.url}/\\.session/handoff\\?code=[A-Za-z0-9_-]+$`));
          for (const time of [end, idleEnd]) expect(time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
          expect(Date.parse(end as string) - Date.parse(idleEnd as string)).toBe(11.5 * 3_600_000);
        });

        it.each([
          ['no body', undefined, 'JSON object'],
          ['a list', [], 'JSON object'],
          ['no subject', {}, 'sub must be'],
          ['an empty subject', { sub: '' }, 'sub must be'],
          ['a number as the subject', { sub: 7 }, 'sub must be'],
          ['a member nobody knows', { sub: 'ada', clams: {} }, 'not known'],
          ['a reserved claim', { sub: 'ada', claims: { iss: 'x' } }, 'reserved'],
          ['claims that are a list', { sub: 'ada', claims: [] }, 'claims must be'],
          ['another kind of delivery', { sub: 'ada', deliver: 'pigeon' }, 'deliver must be'],
          ['a bind that is no digest', { sub: 'ada', bind: 'short' }, 'bind must be'],
          ['a way back to another site', { sub: 'ada', return_to: 'https://evil.example/' }, 'return_to must be'],
          ['a way back that hides one', { sub: 'ada', return_to: '//evil.example' }, 'return_to must be'],
          ['a way back for a client without pages', { sub: 'ada', deliver: 'bearer', return_to: '/' }, 'nowhere to go'],
        ])('%s is refused, and the reply says what to mend', async (_, body, detail) => {
          const reply = await apiOf(world)('POST', '/sessions', body);
          expect(reply.status).toBe(400);
          expect(reply.header('content-type')).toBe('application/problem+json');
          expect(reply.json()).toMatchObject({ code: 'bad_request', detail: expect.stringContaining(detail) });
        });

        it('a member named twice is refused, whichever of the two was meant', async () => {
          const reply = await world.client().ask('/.session/api/v1/sessions', {
            method: 'POST',
            headers: { authorization: `Bearer ${world.serviceToken}` },
            body: '{"sub":"ada","sub":"root"}',
          });
          expect(reply.status).toBe(400);
        });

        it.each(['/', '', '/account?x=1#y'])('the way back may be the public origin followed by "%s"', async (path) => {
          const reply = await apiOf(world)('POST', '/sessions', { sub: 'ada', return_to: world.url + path });
          expect(reply.status).toBe(201);
        });

        it('claims that no cookie can carry are refused', async () => {
          const reply = await apiOf(world)('POST', '/sessions', { sub: 'ada', claims: { all: 'x'.repeat(4000) } });
          expect(reply.status).toBe(413);
          expect(reply.json()).toMatchObject({ code: 'body_too_large', detail: expect.stringContaining('cookie') });
        });

        it('a body over the bound is refused', async () => {
          const reply = await apiOf(world)('POST', '/sessions', { sub: 'ada', data: { all: 'x'.repeat(140_000) } });
          expect(reply.status).toBe(413);
        });

        it('the same Idempotency-Key gives the same answer, and with another body a conflict', async () => {
          const api = apiOf(world);
          const headers = { 'idempotency-key': `order-${Math.random()}` };
          const first = await api('POST', '/sessions', { sub: 'ada' }, headers);
          const again = await api('POST', '/sessions', { sub: 'ada' }, headers);
          expect([first.status, again.status]).toEqual([201, 201]);
          expect(again.json()).toEqual(first.json());
          const other = await api('POST', '/sessions', { sub: 'grace' }, headers);
          expect(other.status).toBe(409);
          expect(other.json()).toMatchObject({ code: 'conflict' });
          api.client.clockSeconds = 23 * 3600;
          expect((await api('POST', '/sessions', { sub: 'ada' }, headers)).json()).toEqual(first.json());
          api.client.clockSeconds = 24 * 3600 + 1;
          expect((await api('POST', '/sessions', { sub: 'ada' }, headers)).json().id).not.toBe(first.json().id);
        });

        it('requests with one Idempotency-Key at once begin one session, also after one that failed', async () => {
          const headers = { 'idempotency-key': `order-${Math.random()}` };
          expect((await apiOf(world)('POST', '/sessions', { sub: '' }, headers)).status).toBe(400);
          const replies = await Promise.all(
            Array.from({ length: 4 }, () => apiOf(world)('POST', '/sessions', { sub: 'twice' }, headers)),
          );
          expect(replies.map(({ status }) => status)).toEqual([201, 201, 201, 201]);
          expect(new Set(replies.map((reply) => reply.json().id)).size).toBe(1);
        });

        it('a session that is good introspects as /me shows it, any other as not active', async () => {
          const api = apiOf(world);
          const { browser } = await signedIn(world, { claims: { role: ['admin'] } });
          const cookie = browser.jar.get('__Host-session') as string;
          const me = (await browser.ask('/.session/me')).json();
          expect((await api('POST', '/introspect', { cookie })).json()).toEqual(me);
          api.client.clockSeconds = 13 * 3600;
          expect((await api('POST', '/introspect', { cookie })).json()).toEqual({ active: false });
          expect((await api('POST', '/introspect', { cookie: 'nonsense' })).json()).toEqual({ active: false });
          expect((await api('POST', '/introspect', {})).status).toBe(400);
        });

        it('methods and paths that are not there say so', async () => {
          const api = apiOf(world);
          const put = await api('PUT', '/sessions', {});
          expect(put.status).toBe(405);
          expect(put.header('allow')).toBe('POST');
          expect((await api('GET', '/nothing')).status).toBe(404);
        });
      },
    );
  });
}

throughBothDoors('a service keeps an eye on stored sessions', {}, (world) => {
  it('a session is read, changed on top of the version that was seen, and ended', async () => {
    const api = apiOf(world);
    const { id, browser } = await signedIn(world, { data: { cart: 1, seen: true }, label: 'Kiosk' });
    const read = await api('GET', `/sessions/${id}`);
    expect(read.status).toBe(200);
    expect(read.json()).toMatchObject({
      active: true,
      id,
      subject: 'ada',
      claims: {},
      data: { cart: 1, seen: true },
      label: 'Kiosk',
      data_version: 1,
    });
    const patched = await api('PATCH', `/sessions/${id}`, { data: { cart: 2, seen: null }, if_version: 1 });
    expect(patched.status).toBe(200);
    expect(patched.json()).toMatchObject({ id, data_version: 2 });
    expect((await api('GET', `/sessions/${id}`)).json().data).toEqual({ cart: 2 });
    const late = await api('PATCH', `/sessions/${id}`, { data: { cart: 9 }, if_version: 1 });
    expect(late.status).toBe(409);
    expect(late.json()).toMatchObject({ code: 'conflict' });
    expect((await api('PATCH', `/sessions/${id}`, { data: { more: 1 } })).status).toBe(200);

    for (const _ of ['once', 'again']) {
      const ended = await api('DELETE', `/sessions/${id}`);
      expect([ended.status, ended.text()]).toEqual([204, '']);
    }
    expect((await api('GET', `/sessions/${id}`)).status).toBe(404);
    expect((await api('PATCH', `/sessions/${id}`, { data: {} })).status).toBe(404);
    expect((await browser.ask('/account')).json()).toMatchObject({ code: 'session_rejected', reason: 'revoked' });
  });

  it.each([
    ['no data', {}],
    ['data that is a list', { data: [] }],
    ['a version that is no number', { data: {}, if_version: '1' }],
    ['a member nobody knows', { data: {}, version: 1 }],
    ['data nested too deep', { data: { deep: JSON.parse(`${'['.repeat(40)}${']'.repeat(40)}`) } }],
  ])('a change with %s is refused with a word on what to mend', async (_, body) => {
    const reply = await apiOf(world)('PATCH', `/sessions/${'A'.repeat(22)}`, body);
    expect(reply.status).toBe(400);
    expect(reply.json().detail).toEqual(expect.any(String));
  });

  it('data over 64 kB is refused and leaves what was there', async () => {
    const api = apiOf(world);
    const { id } = await signedIn(world, { data: { kept: 1 } });
    expect((await api('PATCH', `/sessions/${id}`, { data: { all: 'x'.repeat(70_000) } })).status).toBe(413);
    expect((await api('GET', `/sessions/${id}`)).json().data).toEqual({ kept: 1 });
  });

  it('an id nobody has is not found, and ending it is no error', async () => {
    const api = apiOf(world);
    for (const id of ['A'.repeat(22), 'x', 'y'.repeat(900), 'a%2Fb']) {
      expect((await api('GET', `/sessions/${id}`)).status).toBe(404);
      expect((await api('DELETE', `/sessions/${id}`)).status).toBe(204);
    }
    for (const id of ['x', 'y'.repeat(2000)]) expect((await api('POST', '/revocations', { id })).status).toBe(204);
  });

  it('a subject is ended everywhere in one call, and may sign in again', async () => {
    const api = apiOf(world);
    const sub = `per ${Math.random()}/é`;
    const devices = await Promise.all([signedIn(world, { sub }), signedIn(world, { sub }), signedIn(world, { sub })]);
    const bystander = await signedIn(world);
    expect((await api('DELETE', `/subjects/${encodeURIComponent(sub)}/sessions`)).status).toBe(204);
    for (const { browser, id } of devices) {
      browser.clockSeconds = 130;
      expect((await browser.ask('/account')).json()).toMatchObject({ reason: 'revoked' });
      expect((await api('GET', `/sessions/${id}`)).status).toBe(404);
    }
    expect((await bystander.browser.ask('/account')).status).toBe(200);
    const { browser } = await signedIn(world, { sub });
    expect((await browser.ask('/account')).status).toBe(200);
  });

  it('revocations end one session or one subject, and nothing else', async () => {
    const api = apiOf(world);
    const one = await signedIn(world);
    expect((await api('POST', '/revocations', { id: one.id })).status).toBe(204);
    expect((await one.browser.ask('/account')).status).toBe(401);
    const sub = `grace ${Math.random()}`;
    const two = await signedIn(world, { sub });
    expect((await api('POST', '/revocations', { subject: sub })).status).toBe(204);
    two.browser.clockSeconds = 130;
    expect((await two.browser.ask('/account')).status).toBe(401);
    for (const body of [{}, { id: 'x', subject: 'y' }, { id: 1 }, { subject: 'y', more: 1 }, { everyone: false }]) {
      expect((await api('POST', '/revocations', body)).status).toBe(400);
    }
  });
});

throughBothDoors('a service ends everybody at once', {}, (world) => {
  it('nobody who was signed in is any more, and everybody may sign in again', async () => {
    const api = apiOf(world);
    const [ada, grace] = [await signedIn(world), await signedIn(world, { sub: 'grace' })];
    expect((await api('POST', '/revocations', { everyone: true })).status).toBe(204);
    for (const { browser, id } of [ada, grace]) {
      browser.clockSeconds = 130;
      expect((await browser.ask('/account')).json()).toMatchObject({ code: 'session_rejected', reason: 'revoked' });
      expect((await api('GET', `/sessions/${id}`)).status).toBe(404);
    }
    expect((await (await signedIn(world)).browser.ask('/account')).status).toBe(200);
  });
});

throughBothDoors(
  'token sessions cannot be reached from outside',
  { definition: `{ ...base, session: { strategy: 'token' } }` },
  (world) => {
    it.each([
      ['GET', `/sessions/${'A'.repeat(22)}`, undefined],
      ['PATCH', `/sessions/${'A'.repeat(22)}`, { data: {} }],
      ['DELETE', `/sessions/${'A'.repeat(22)}`, undefined],
      ['DELETE', '/subjects/ada/sessions', undefined],
      ['POST', '/revocations', { id: 'A'.repeat(22) }],
      ['POST', '/revocations', { subject: 'ada' }],
      ['POST', '/revocations', { everyone: true }],
    ])('%s %s says that it is not supported', async (method, path, body) => {
      const reply = await apiOf(world)(method, path, body);
      expect(reply.status).toBe(501);
      expect(reply.json()).toMatchObject({ code: 'not_supported', detail: expect.stringContaining('stored') });
    });
  },
);

throughBothDoors(
  'only services get in',
  {
    env: {
      GATEWAY_TOKENS: JSON.stringify([{ id: 'reader', sha256: hash(strangersToken), scopes: ['sessions:read'] }]),
    },
  },
  (world) => {
    it.each([
      ['none', null],
      ['a wrong one', 'wrong-wrong-wrong-wrong-wrong'],
      ['one that is no token at all', 'a b'],
    ])('without a good credential (%s) the answer is 401 and names the scheme', async (_, token) => {
      const reply = await apiOf(world, token)('POST', '/sessions', { sub: 'ada' });
      expect(reply.status).toBe(401);
      expect(reply.header('www-authenticate')).toBe('Bearer');
      expect(reply.json()).toMatchObject({ code: 'unauthorized' });
    });

    it('a good credential without the scope is forbidden, whatever it asks for', async () => {
      const api = apiOf(world, strangersToken);
      const id = 'A'.repeat(22);
      for (const [method, path, body] of [
        ['POST', '/sessions', { sub: 'ada' }],
        ['PATCH', `/sessions/${id}`, { data: {} }],
        ['DELETE', `/sessions/${id}`, undefined],
        ['DELETE', '/subjects/ada/sessions', undefined],
        ['POST', '/revocations', { id }],
      ] as const) {
        const reply = await api(method, path, body);
        expect([path, reply.status, reply.json().code]).toEqual([path, 403, 'forbidden']);
      }
      expect((await api('GET', `/sessions/${id}`)).status).toBe(404);
    });

    it('the eleventh bad credential within a minute from one network is told to wait, and a good one never is', async () => {
      const bad = apiOf(world, 'guess-guess-guess-guess');
      const statuses: number[] = [];
      for (let guess = 0; guess < 11; guess++) {
        bad.client.ip = `203.0.113.${guess}`;
        statuses.push((await bad('GET', '/sessions/x')).status);
      }
      expect(statuses).toEqual([...Array(10).fill(401), 429]);
      const limited = await bad('GET', '/sessions/x');
      expect(limited.json()).toMatchObject({ code: 'rate_limited' });
      expect(Number(limited.header('retry-after'))).toBeGreaterThan(0);
      const good = apiOf(world, strangersToken);
      good.client.ip = '203.0.113.1';
      expect((await good('GET', '/sessions/x')).status).toBe(404);
      bad.client.ip = '198.51.100.1';
      expect((await bad('GET', '/sessions/x')).status).toBe(401);
      bad.client.ip = '203.0.113.1';
      bad.client.clockSeconds = 61;
      expect((await bad('GET', '/sessions/x')).status).toBe(401);
    });

    it('no credential, no code and no session value is ever written to the log', async () => {
      const log = world.lines.join('\n');
      for (const secret of [strangersToken, 'guess-guess-guess-guess', ...world.secrets]) {
        expect(log).not.toContain(secret);
      }
      expect(log).toContain('"event":"request"');
    });
  },
);

throughBothDoors(
  'a service whose call was repeated',
  {
    definition: `{ ...base, session: { limit: { perSubject: 1, onLimit: 'refuse' }, store: { worker: 'durable-object', lambda: 'dynamodb' } } }`,
  },
  (world) => {
    it('has the one session that it began, which takes no place twice', async () => {
      const api = apiOf(world);
      const headers = { 'idempotency-key': `order-${Math.random()}` };
      const first = await api('POST', '/sessions', { sub: 'bob' }, headers);
      const again = await api('POST', '/sessions', { sub: 'bob' }, headers);
      expect([first.status, again.status, again.json()]).toEqual([201, 201, first.json()]);
      expect((await api('POST', '/sessions', { sub: 'eve' }, headers)).status).toBe(409);
      const { items } = (await api('GET', '/subjects/bob/sessions')).json() as { items: { id: string }[] };
      expect(items.map(({ id }) => id)).toEqual([first.json().id]);
    });
  },
);

throughBothDoors('a hand-off while the store is away', { doors: ['lambda'] }, (world) => {
  it('is told that sessions cannot be checked, and no bug of ours', async () => {
    const path = handoffPath(await apiOf(world)('POST', '/sessions', { sub: 'ada' }));
    await world.stopStore?.();
    for (const asking of [{}, { form: { code: codeIn(path) } }]) {
      const reply = await world.client().ask(asking.form ? '/.session/handoff' : path, asking);
      expect([reply.status, reply.json().code]).toEqual([503, 'store_unavailable']);
    }
  });
});
