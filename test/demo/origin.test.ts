import { afterEach, expect, test } from 'vitest';
import { type Demo, startDemo } from '../../demo/start.ts';

const token = 'proof-of-origin';
let demo: Demo | null = null;
afterEach(async () => {
  await demo?.close();
  demo = null;
});

async function started(): Promise<Demo> {
  demo = await startDemo({ token });
  return demo;
}

const json = { accept: 'application/json' };
const post = (url: string, form: Record<string, string>, headers: Record<string, string> = {}) =>
  fetch(url, { method: 'POST', body: new URLSearchParams(form), headers, redirect: 'manual' });
const whoami = async (origin: string, headers: Record<string, string> = {}) =>
  (await fetch(`${origin}/whoami`, { headers })).json();
const codeOf = (url: string) =>
  fetch(url).then(
    (reply) => reply.status,
    (error) => error.cause?.code,
  );
const assertion = (payload: unknown) => `e30.${Buffer.from(JSON.stringify(payload)).toString('base64url')}.c2ln`;

test('A good login tells the gateway who signed in, proves itself and goes where the visitor wanted', async () => {
  const { origins } = await started();
  const reply = await post(`${origins.eu}/login`, { username: 'ada', password: 'berth', return_to: '/account?a=1' });
  expect(reply.status).toBe(303);
  expect(reply.headers.get('location')).toBe('/account?a=1');
  expect(reply.headers.get('session-origin-token')).toBe(token);
  const issued = JSON.parse(Buffer.from(reply.headers.get('session-issue') ?? '', 'base64url').toString());
  expect(issued).toMatchObject({ sub: 'ada', claims: { name: 'Ada Lovelace', role: 'customer' } });
});

test.each([
  { username: 'ada', password: 'wrong' },
  { username: 'toString', password: 'berth' },
  { username: '', password: '' },
])('A bad login issues nothing and shows the form again: %j', async (form) => {
  const { origins } = await started();
  const reply = await post(`${origins.eu}/login`, form);
  expect(reply.status).toBe(422);
  expect(reply.headers.get('session-issue')).toBeNull();
  expect(reply.headers.get('session-origin-token')).toBeNull();
});

test.each([
  ['https://evil.example/deep', '/'],
  ['//evil.example/deep', '/'],
  ['/\\evil.example', '/'],
  ['/..//evil.example', '/'],
  ['javascript:alert(1)', '/'],
  ['/\t/evil.example', '/'],
  ['http://shop.test:8080/deep?x=1#y', '/deep?x=1#y'],
  ['/here', '/here'],
])('After login %s leads to %s', async (wanted, location) => {
  const { origins } = await started();
  const form = { username: 'ada', password: 'berth', return_to: wanted };
  const behindGateway = { 'x-forwarded-host': 'shop.test:8080', 'x-forwarded-proto': 'http' };
  expect((await post(`${origins.us}/login`, form, behindGateway)).headers.get('location')).toBe(location);
});

test('A cart lives at one origin and is unknown at the others', async () => {
  const { origins } = await started();
  const added = await post(`${origins.eu}/cart`, { item: 'lantern' }, json);
  const cookie = added.headers.get('set-cookie')?.split(';')[0] ?? '';
  expect((await added.json()).cart).toEqual([{ item: 'lantern', quantity: 1 }]);
  await post(`${origins.eu}/cart`, { item: 'lantern' }, { cookie });
  expect((await whoami(origins.eu, { cookie })).cart).toEqual([{ item: 'lantern', quantity: 2 }]);
  expect((await whoami(origins.us, { cookie })).cart).toEqual([]);
  expect(await (await fetch(origins.us, { headers: { cookie } })).text()).toContain('in the memory of Rotterdam');
});

test('A killed origin refuses connections, and comes back with an empty cart', async () => {
  const { origins } = await started();
  const added = await post(`${origins.eu}/cart`, { item: 'rope' });
  const cookie = added.headers.get('set-cookie')?.split(';')[0] ?? '';
  const killed = await post(`${origins.eu}/demo/kill`, {});
  expect([killed.status, killed.headers.get('location')]).toEqual([303, '/']);
  expect(await codeOf(origins.eu)).toBe('ECONNREFUSED');
  expect(await (await fetch(`${origins.us}/demo/origins`)).json()).toMatchObject([
    { id: 'eu', alive: false },
    { id: 'us', alive: true },
    { id: 'ap', alive: true },
  ]);
  const revived = await Promise.all([1, 2].map(() => post(`${origins.us}/demo/revive?origin=eu`, {})));
  expect(revived.map((reply) => reply.status)).toEqual([303, 303]);
  expect(await whoami(origins.eu, { cookie })).toMatchObject({ origin: 'eu', cart: [] });
});

test('The last origin cannot be killed', async () => {
  const { origins } = await started();
  await post(`${origins.eu}/demo/kill`, {});
  await post(`${origins.us}/demo/kill`, {});
  expect((await post(`${origins.ap}/demo/kill`, {})).status).toBe(409);
  expect(await codeOf(`${origins.ap}/healthz`)).toBe(200);
});

test('What the gateway says about a visitor is told to the visitor', async () => {
  const { origins } = await started();
  const headers = {
    'session-status': 'active',
    'session-assertion': assertion({ sub: 'ada', claims: { name: 'Ada' }, auth_time: 1_780_000_000 }),
    'session-affinity': 'origin=eu, epoch=2, next=us',
  };
  expect(await whoami(origins.eu, headers)).toEqual({
    origin: 'eu',
    visitor: { subject: 'ada', claims: { name: 'Ada' } },
    cart: [],
    session_status: 'active',
    affinity: { origin: 'eu', epoch: 2, next: 'us' },
  });
  expect(await (await fetch(origins.eu, { headers })).text()).toContain('This is berth number 2 for you');
});

test.each(['', 'x', 'a.b.c', assertion([]), assertion({ sub: 7 })])(
  'A strange assertion is nobody: %j',
  async (strange) => {
    const { origins } = await started();
    const headers = { 'session-status': 'active', 'session-assertion': strange };
    expect((await whoami(origins.eu, headers)).visitor).toBeNull();
  },
);

test('Text from outside is never markup', async () => {
  const { origins } = await started();
  const nasty = '"><script>alert(1)</script>';
  const headers = {
    'session-status': 'active',
    'session-assertion': assertion({ sub: nasty, claims: { name: nasty, [nasty]: nasty } }),
  };
  const pages = await Promise.all([
    fetch(origins.eu, { headers }),
    fetch(`${origins.eu}/account`, { headers }),
    fetch(`${origins.eu}/login?return_to=${encodeURIComponent(nasty)}`, { headers }),
  ]);
  for (const page of pages) expect(await page.text()).not.toContain('<script>alert');
});

test('A HEAD request gets the headers of the page and no body', async () => {
  const { origins } = await started();
  const reply = await fetch(origins.eu, { method: 'HEAD' });
  expect([reply.status, await reply.text()]).toEqual([200, '']);
  expect(Number(reply.headers.get('content-length'))).toBeGreaterThan(1000);
});

test('The style sheet may be kept by a shared cache, the page may not', async () => {
  const { origins } = await started();
  const page = await fetch(origins.eu);
  const sheet = /href="(\/assets\/[^"]+\.css)"/.exec(await page.text())?.[1];
  expect(page.headers.get('cache-control')).toBe('no-store');
  expect((await fetch(origins.us + sheet)).headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
  expect((await fetch(`${origins.us}/assets/nothing.css`)).status).toBe(404);
});
