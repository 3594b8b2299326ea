import { expect, it } from 'vitest';
import { throughBothDoors } from '../support/doors.ts';

const definition = `{ ...base, session: { strategy: 'tokn' }, pools: { app: { origins: [{ id: 'eu', url: 'ftp://inner.example', region: 'eu' }] } } }`;

throughBothDoors('a bad configuration serves nothing', { definition }, (world) => {
  const client = () => world.client({});

  it.each(['/', '/account', '/assets/a.js', '/.session/me', '/.session/login'])('%s is refused', async (path) => {
    const reply = await client().ask(path);
    expect(reply.status).toBe(503);
    expect(reply.json()).toMatchObject({ code: 'misconfigured', status: 503 });
    expect(reply.setCookies).toEqual([]);
  });

  it('a person is shown a page', async () => {
    const shown = await client().ask('/', { headers: { accept: 'text/html', 'sec-fetch-mode': 'navigate' } });
    expect([shown.status, shown.header('content-type')]).toEqual([503, 'text/html; charset=utf-8']);
    expect(shown.text()).toContain(shown.header('x-request-id'));
  });

  it('it is alive and not ready', async () => {
    expect((await client().ask('/.session/healthz')).status).toBe(200);
    // The application's own, which a balancer may be asking for.
    expect((await client().ask('/healthz')).status).toBe(503);
    const ready = await client().ask('/.session/readyz');
    expect(ready.status).toBe(503);
    expect(ready.json()).toMatchObject({ code: 'misconfigured' });
  });

  it('what is wrong is in the log, all of it, and nowhere else', async () => {
    const { body } = await client().ask('/');
    expect(body.toString()).not.toMatch(/tokn|ftp|inner|pools|strategy/);
    const linesTold = () => world.lines.filter((line) => line.includes('"misconfigured"'));
    await expect.poll(linesTold).not.toEqual([]);
    const told = linesTold().join('\n');
    expect(told).toContain('session.strategy');
    expect(told).toContain('pools.app.origins[0].url');
    expect(told).toContain('remedy');
    for (const secret of world.secrets) expect(world.lines.join('\n')).not.toContain(secret);
  });

  it('no origin hears of it', () => {
    for (const { seen } of Object.values(world.origins)) expect(seen).toEqual([]);
  });
});

throughBothDoors(
  'a gateway without its keys serves nothing',
  { env: { SESSION_KEYS: '{"keys":[{"kty":"oct","k":"c2VjcmV0LXNlY3JldC1zZWNyZXQ"}]}' } },
  (world) => {
    it('and tells nobody what it was given instead', async () => {
      const reply = await world.client({}).ask('/');
      expect(reply.status).toBe(503);
      expect(reply.json()).toMatchObject({ code: 'misconfigured' });
      await expect.poll(() => world.lines.join('\n')).toContain('SESSION_KEYS');
      expect(world.lines.join('\n')).not.toContain('c2VjcmV0LXNlY3JldC1zZWNyZXQ');
    });
  },
);
