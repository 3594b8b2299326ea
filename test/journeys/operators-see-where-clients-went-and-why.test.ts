import { expect, it } from 'vitest';
import { apiOf } from '../support/api.ts';
import { launchBrowser } from '../support/browser.ts';
import type { Reply } from '../support/client.ts';
import { throughBothDoors } from '../support/doors.ts';
import { readExposition, type Samples } from '../support/prometheus.ts';

const definition = `({
  ...base,
  session: { store: { worker: 'kv', lambda: 'dynamodb' } },
  pools: {
    app: base.pools.app,
    canary: { origins: [{ ...base.pools.app.origins[0], id: 'next' }] },
  },
  routes: [{ path: '/beta/*', pool: { split: { app: 0, canary: 1 } }, session: 'optional' }, ...base.routes.map(
    (route) => ({ ...route, pool: 'app' }))],
  status: { claims: { role: ['auditor'] } },
})`;
const munich = '48.1,11.6';

throughBothDoors('operators', { definition }, (world) => {
  const bearer = () => ({ authorization: `Bearer ${world.serviceToken}` });
  const look = (path: string, headers: Record<string, string> = {}): Promise<Reply> =>
    world.client({}).ask(`/.session${path}`, { headers });
  const measured = async (): Promise<Samples> => readExposition((await look('/metrics', bearer())).text());
  const revision = async (): Promise<string> => {
    const { checks } = (await look('/readyz')).json() as { checks: { revision: string } };
    return checks.revision;
  };
  const sessionOf = async (role: string): Promise<string> =>
    `Session ${(await apiOf(world)('POST', '/sessions', { sub: role, claims: { role: [role] }, deliver: 'bearer' })).json().credential}`;

  it('are services with a scope or people with a claim, and nobody else', async () => {
    for (const path of ['/metrics', '/status']) {
      expect((await look(path, bearer())).status).toBe(200);
      expect((await look(path, { authorization: await sessionOf('auditor') })).status).toBe(200);
      expect((await look(path, { authorization: await sessionOf('customer') })).json()).toMatchObject({
        status: 403,
        code: 'forbidden',
      });
      expect((await look(path)).json()).toMatchObject({ status: 401, code: 'session_required' });
      expect((await look(path, { authorization: 'Bearer made-up' })).json()).toMatchObject({
        status: 401,
        code: 'unauthorized',
      });
      const page = await look(path, { accept: 'text/html', 'sec-fetch-mode': 'navigate' });
      expect([page.status, page.header('location')]).toEqual([303, expect.stringContaining('/login?return_to=')]);
    }
  });

  it('see new clients, kept ones, and the one who lost a berth to a failure', async () => {
    const before = await measured();
    const now = await revision();
    const grown = (after: Samples, series: string) => (after.get(series) ?? 0) - (before.get(series) ?? 0);
    const client = world.client();
    client.place = munich;
    for (let i = 0; i < 3; i++) expect((await client.ask('/')).explained().origin).toBe('eu');
    await world.origins.eu.kill();
    expect((await client.ask('/')).explained()).toMatchObject({ because: 'redispatched' });
    const home = (await client.ask('/')).explained().origin;
    await world.origins.eu.revive();
    expect((await client.ask('/no-such-page-of-ours/%00')).status).toBe(400);

    const after = await measured();
    const assigned = (origin: string, kind: string) =>
      grown(after, `berth_assignments_total{kind="${kind}",origin="${origin}",pool="app",revision="${now}"}`);
    expect([assigned('eu', 'new'), assigned('eu', 'kept')]).toEqual([1, 2]);
    expect([assigned(String(home), 'moved'), assigned(String(home), 'kept')]).toEqual([1, 1]);
    const moves = (because: string, from: string) =>
      `berth_moves_total{because="${because}",from="${from}",kind="involuntary",pool="app",revision="${now}"}`;
    expect(grown(after, moves('redispatched', 'eu'))).toBe(1);
    expect(grown(after, 'berth_placements_total{because="nearest",origin="eu",pool="app"}')).toBe(1);
    expect(grown(after, 'berth_placements_total{because="pinned",origin="eu",pool="app"}')).toBe(2);
    expect(grown(after, 'berth_retries_total{pool="app"}')).toBe(1);
    expect(grown(after, 'berth_failures_total{code="bad_path"}')).toBe(1);
    expect(grown(after, 'berth_requests_total{route="8",session="none",status="2xx"}')).toBe(5);
    const clients = after.get(`berth_clients{revision="${now}"}`) as number;
    expect(clients).toBeGreaterThanOrEqual(1);
    expect(after.get(`berth_involuntary_moves_per_1000_sessions{revision="${now}"}`)).toBeCloseTo(1_000 / clients, 5);
    const all = after.get('berth_request_duration_seconds_count{}') as number;
    expect(after.get('berth_request_duration_seconds_bucket{le="+Inf"}')).toBe(all);
    expect(all).toBeGreaterThanOrEqual(6);
  });

  it('see a form that its origin broke off move nobody', async () => {
    const client = world.client();
    client.place = munich;
    expect((await client.ask('/')).explained().origin).toBe('eu');
    world.origins.eu.on('/broken', (_, __, request) => request.socket.destroy());
    const before = await measured();
    const reply = await client.ask('/broken', { method: 'POST', body: 'a=1' });
    expect([reply.status, reply.explained().origin]).toEqual([502, 'eu']);
    const after = await measured();
    expect((await client.ask('/')).explained()).toMatchObject({ origin: 'eu', because: 'pinned' });
    const moved = (seen: ReadonlyMap<string, number>): number =>
      [...seen].reduce((sum, [series, count]) => (series.includes('{kind="moved"') ? sum + count : sum), 0);
    expect(moved(after) - moved(before)).toBe(0);
  });

  it('see a client that goes between routes of two pools move, and nobody lose a berth by it', async () => {
    const client = world.client();
    client.place = munich;
    const before = await measured();
    for (const [path, origin] of [
      ['/beta/', 'next'],
      ['/', 'eu'],
      ['/beta/', 'next'],
      ['/', 'eu'],
    ] as const) {
      expect((await client.ask(path)).explained().origin).toBe(origin);
    }
    const after = await measured();
    const grown = (kind: string) =>
      [...after]
        .filter(([series]) => series.startsWith('berth_moves_total') && series.includes(`kind="${kind}"`))
        .reduce((sum, [series, count]) => sum + count - (before.get(series) ?? 0), 0);
    expect([grown('natural'), grown('involuntary')]).toEqual([3, 0]);
    const series = `berth_moves_total{because="unknown",from="next",kind="natural",pool="canary",revision="${await revision()}"}`;
    expect((after.get(series) ?? 0) - (before.get(series) ?? 0)).toBe(2);
  });

  it('see what is said of the origins at run time', async () => {
    const api = apiOf(world);
    await api('PATCH', '/origins/us', { state: 'draining', weight: 3, shed: 0.25 });
    const samples = await measured();
    expect(samples.get('berth_origin_state{origin="us",pool="app",state="draining"}')).toBe(1);
    expect(samples.get('berth_origin_weight{origin="us",pool="app"}')).toBe(3);
    expect(samples.get('berth_origin_shed{origin="us",pool="app"}')).toBe(0.25);
    expect(samples.get('berth_origin_up{origin="us",pool="app"}')).toBe(1);
    const page = (await look('/status', bearer())).text();
    expect(page).toContain('draining');
    expect(page).toContain('25 %');
    await api('PATCH', '/origins/us', { state: null, weight: null, shed: null });
  });

  it('read the page on a phone without pushing it aside, under its own policy', async () => {
    const browser = await launchBrowser();
    try {
      const page = await browser.newPage({ viewport: { width: 390, height: 800 }, extraHTTPHeaders: bearer() });
      const complaints: string[] = [];
      page.on('console', (message) => complaints.push(message.text()));
      await page.goto(`${world.url}/.session/status`);
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390);
      expect(await page.locator('td[data-name="Origin"]').allInnerTexts()).toEqual(['eu', 'us', 'ap', 'next']);
      expect(complaints).toEqual([]);
    } finally {
      await browser.close();
    }
  });

  it('are sent pages that nobody keeps, and no secret, session or subject in them', async () => {
    const client = world.client();
    await client.ask('/login', { form: { user: 'grace-hopper' } });
    const { id } = (await client.ask('/.session/me')).json();
    for (const path of ['/metrics', '/status']) {
      const reply = await look(path, bearer());
      expect(reply.header('cache-control')).toBe('no-store');
      for (const secret of [...world.secrets, ...client.jar.values(), String(id), 'grace-hopper']) {
        expect(reply.text()).not.toContain(secret);
      }
    }
    const page = await look('/status', bearer());
    expect(page.header('content-security-policy')).toContain("frame-ancestors 'none'");
    expect((await look('/metrics', bearer())).header('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  });
});

throughBothDoors('operators in an outage', { doors: ['lambda'] }, (world) => {
  it('see the origins without the counts, and Prometheus is told that there are none', async () => {
    const headers = { authorization: `Bearer ${world.serviceToken}` };
    const look = (path: string) => world.client({}).ask(`/.session${path}`, { headers });
    expect((await look('/status')).text()).toContain('Counts of all of this deployment');
    expect((await apiOf(world)('PATCH', '/origins/us', { state: 'draining' })).status).toBe(200);
    await world.stopStore?.();
    const page = await look('/status');
    expect([page.status, page.text().includes('>draining<')]).toEqual([200, true]);
    expect(page.text()).toContain('The counts are out of reach');
    expect((await look('/metrics')).json()).toMatchObject({ status: 503, code: 'store_unavailable' });
  });
});
