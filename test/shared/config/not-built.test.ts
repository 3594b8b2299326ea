import { describe, expect, test } from 'vitest';
import {
  complaints,
  configured,
  goodEnv,
  origins,
  problemsOf,
  settingsOf,
  withPool,
  withRoute,
  withSession,
} from './examples.ts';

const oidc = { issuer: 'https://id.example', clientId: 'shop' };
const inOrigin = (part: object) => withPool({ affinity: byCookie(), origins: [{ ...origins[0], ...part }] });
const byCookie = (part: object = {}) => ({ by: 'origin-cookie', name: 'JSESSIONID', ...part });

describe('a setting that is not built yet', () => {
  test.each([
    ['session.binding.device', withSession({ binding: { device: 'offer' } })],
    ['pools.app.address', withPool({ address: 'own' })],
    ['pools.app.origins[0].route', inOrigin({ route: 'node1' })],
    ['pools.app.affinity.name', withPool({ affinity: byCookie({ name: ['JSESSIONID', 'PHPSESSID'] }) })],
    ['pools.app.affinity.endsWithSession', withPool({ affinity: { endsWithSession: false } })],
    ['routes[0].device', withRoute({ path: '/vault', device: true })],
    [
      'status.operate',
      configured({ status: { claims: { role: ['operator'] }, operate: { claims: { role: ['a'] } } } }),
    ],
    ['login.issuer', configured({ login: { ...oidc, claims: { role: 'groups' }, responseMode: 'form_post' } })],
    ['login.providers', configured({ login: { providers: { staff: oidc } } })],
  ])('%s is refused at another value than its default', (path, definition) => {
    expect(complaints(definition)).toContain(`${path} is not built yet at this value`);
  });

  test.each([
    ['session.binding.device', withSession({ binding: { device: 'off' } })],
    ['pools.app.address', withPool({ address: 'forwarded' })],
    ['pools.app.affinity.name', withPool({ affinity: byCookie({ name: ['JSESSIONID'] }) })],
    ['pools.app.affinity.endsWithSession', withPool({ affinity: { endsWithSession: true } })],
    ['routes[0].device', withRoute({ path: '/vault', device: false })],
  ])('%s is accepted at its default', (_, definition) => {
    expect(complaints(definition)).toEqual([]);
  });

  test('still has to be spelled right', () => {
    expect(complaints(inOrigin({ route: 'node.1' }))).toEqual([
      "pools.app.origins[0].route is not a tag that can end an application's id",
    ]);
    expect(complaints(configured({ login: { providers: { staff: { issuer: 'https://id.example' } } } }))).toContain(
      'login.providers.staff.clientId is missing',
    );
  });

  test('is told once more where it contradicts another setting', () => {
    expect(complaints(withRoute({ path: '/vault', device: true }))).toContain(
      "routes[0].device asks for a device, and session.binding.device is 'off'",
    );
  });
});

describe('a setting that is new', () => {
  test('waits a minute for an origin, unless pool or route says otherwise', () => {
    const { pools, routes } = settingsOf(withRoute({ path: '/report', timeout: '5m' }));
    expect(pools.get('app')?.timeoutMs).toBe(60_000);
    expect(routes.map(({ timeoutMs }) => timeoutMs)).toEqual([300_000, null]);
  });

  test('gives each door the Host that is said for it', () => {
    const definition = withPool({ host: { worker: 'origin', lambda: 'client' } });
    expect(settingsOf(definition, goodEnv, 'lambda').pools.get('app')?.host).toBe('client');
    expect(settingsOf(definition, goodEnv, 'worker').pools.get('app')?.host).toBe('origin');
    expect(settingsOf(withPool({ host: { lambda: 'client' } })).pools.get('app')?.host).toBe('origin');
    expect(complaints(withPool({ host: { worker: 'client' } }))).toHaveLength(1);
  });

  test('takes exact origins of other sites, and nothing that could be anybody', () => {
    const { routes } = settingsOf(withRoute({ path: '/api/*', crossSite: ['https://App.partner.example:443'] }));
    expect(routes[0]?.crossSite).toEqual(['https://app.partner.example']);
    for (const wrong of ['null', '*', 'https://*.partner.example', 'http://partner.example', 'https://a.example/b']) {
      expect(problemsOf(withRoute({ path: '/api/*', crossSite: [wrong] })), wrong).toHaveLength(1);
    }
  });

  test('matches folded and places by network, unless it is told otherwise', () => {
    const standard = settingsOf(configured({}));
    expect([standard.matching, standard.pools.get('app')?.affinity.first]).toEqual(['folded', 'network']);
    const { matching, pools } = settingsOf(
      configured({ matching: 'exact', pools: { app: { origins, affinity: { first: 'random' } } } }),
    );
    expect([matching, pools.get('app')?.affinity.first]).toEqual(['exact', 'random']);
  });

  test('says so where a way of affinity has no first draw', () => {
    expect(complaints(withPool({ affinity: { by: 'ip', first: 'random' } }))).toEqual([
      "pools.app.affinity.first says nothing when by is 'ip'",
    ]);
  });
});
