import { afterAll, beforeAll, expect, it } from 'vitest';
import { openWorld, throughBothDoors, type World } from '../support/doors.ts';

/** Inside: the application's own cookie leads, or an id in a header. */
const inner = `(() => {
  const { origins } = base.pools.app;
  const pool = (affinity) => ({ origins, steer: 'weighted', affinity });
  return {
    ...base,
    session: { strategy: 'token' },
    // The one in front: without its word every client would be of one network here.
    trust: { proxies: ['127.0.0.1/32', '::1/128'] },
    pools: {
      java: pool({ by: 'origin-cookie', name: 'JSESSIONID' }),
      mcp: pool({ by: 'header', name: 'Mcp-Session-Id', value: 'wrap' }),
    },
    routes: [
      { path: '/mcp/*', pool: 'mcp', session: 'optional' },
      { path: '/*', pool: 'java', session: 'optional' },
    ],
  };
})()`;
/** Outside: a cookie of the gateway's own, and another gateway as its only origin. */
const outer = `({
  ...base,
  session: { strategy: 'token' },
  pools: { inner: { origins: [{ id: 'inner', url: env.INNER }] } },
  routes: [{ path: '/*', pool: 'inner', session: 'optional' }],
})`;

throughBothDoors('a gateway behind a gateway', { definition: inner }, (world) => {
  let front: World;
  let close = async (): Promise<void> => {};
  beforeAll(async () => {
    const opened = await openWorld(world.door, { definition: outer, env: { INNER: world.url }, beside: world });
    front = opened.world;
    close = opened.close;
  });
  afterAll(() => close());
  /** From another network each time, so that nothing but the inner pin leads back. */
  let network = 0;
  const newClient = () => {
    const client = front.client();
    /** `wrangler dev` packs bodies anew, so it is the origins that tell which of them was asked, and what it was sent. */
    const ask = async (path: string, headers: Record<string, string> = {}) => {
      client.ip = `10.${network++}.7.1`;
      const before = Object.values(world.origins).map(({ seen }) => seen.length);
      const reply = await client.ask(path, { headers });
      const asked = Object.values(world.origins).find(({ seen }, i) => seen.length > (before[i] as number));
      return { reply, origin: asked?.id, sent: asked?.seen.at(-1)?.headers ?? {} };
    };
    return ask;
  };

  it.each([
    ['the cookie', '/begin', '/x', 'cookie', 'JSESSIONID=A1'],
    ['the id in a header', '/mcp/begin', '/mcp/x', 'mcp-session-id', 'id-1'],
  ])('finds the application again by %s that it has extended', async (_, begin, path, field, value) => {
    for (const origin of Object.values(world.origins)) {
      const issued = field === 'cookie' ? { 'set-cookie': `${value}; Path=/` } : { [field]: value };
      origin.on(begin, (_, response) => void response.writeHead(200, issued).end('{}'));
    }
    const homes = new Set<string | undefined>();
    for (let i = 0; i < 6; i++) {
      const ask = newClient();
      const { reply, origin } = await ask(begin);
      const id = reply.header('mcp-session-id');
      homes.add(origin);
      for (let visit = 0; visit < 6; visit++) {
        const seen = await ask(path, id === null ? {} : { 'mcp-session-id': id });
        expect(seen.origin).toBe(origin);
        expect(seen.sent[field]).toBe(value);
      }
    }
    expect(homes.size).toBeGreaterThan(1);
  });
});
