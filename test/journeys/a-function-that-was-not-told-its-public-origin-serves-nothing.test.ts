import { describe, expect, it } from 'vitest';
import { throughEveryFront } from '../support/fronts.ts';
import { functionUrl, httpApi, restApi } from '../support/lambda-events.ts';

/** Their events name a host of AWS; a Worker's and a load balancer's name none, and `npm run start:lambda` names this machine. */
const namesOfAws: Readonly<Record<string, string>> = {
  [functionUrl.name]: 'xyz789.lambda-url.eu-central-1.on.aws',
  [httpApi.name]: 'abc123.execute-api.eu-central-1.amazonaws.com',
  [restApi.name]: 'abc123.execute-api.eu-central-1.amazonaws.com',
};
const pools = '{ app: { origins: base.pools.app.origins.slice(0, 1) } }';
const common = `...base, session: { strategy: 'token' }, pools: ${pools}`;

describe('what was deployed without PUBLIC_ORIGIN', () => {
  const definition = `{ ${common}, publicOrigins: [env.SET_NOWHERE ?? 'http://localhost:8787'], routes: [{ path: '/account/*', pool: 'app', session: 'required' }, { path: '/*', pool: 'app' }] }`;
  throughEveryFront('asked', { definition }, (world, front) => {
    const host = namesOfAws[front.name] ?? 'www.example.com';
    const isDeployed = front.name in namesOfAws || front.name === 'a load balancer';

    it('sends nobody to localhost', async () => {
      const navigation = { accept: 'text/html', 'sec-fetch-mode': 'navigate' };
      for (const path of ['/account', '/.session/login', '/.session/readyz', '/.session/healthz']) {
        const reply = await world.client({ host }).ask(path, { headers: navigation });
        const health = path.endsWith('healthz') ? 200 : path.endsWith('readyz') && !isDeployed ? 200 : null;
        expect([path, reply.status]).toEqual([path, health ?? (isDeployed ? 503 : 421)]);
        expect(reply.header('location')).toBeNull();
        if (isDeployed) expect(reply.text()).not.toContain('localhost');
      }
      expect(world.origins.eu.seen).toEqual([]);
      if (!isDeployed) return;
      await expect.poll(() => world.lines.filter((line) => line.includes('PUBLIC_ORIGIN'))).toHaveLength(1);
    });
  });
});

describe('what runs on this machine', () => {
  const definition = `{ ${common}, routes: [{ path: '/*', pool: 'app', session: 'optional' }] }`;
  throughEveryFront('asked by its own name', { definition }, (world, front) => {
    it('serves, and honours development headers where nothing says that it is elsewhere', async () => {
      const reply = await world.client({}).ask('/', { headers: { 'dev-client-ip': '203.0.113.9' } });
      expect(reply.status).toBe(200);
      const { headers } = reply.json() as { headers: Record<string, string> };
      expect(headers['x-forwarded-for'] === '203.0.113.9').toBe(!(front.name in namesOfAws));
    });
  });
});
