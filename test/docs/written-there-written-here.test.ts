/** Every configuration that docs/routing.md puts beside another load balancer's: loaded as it stands, and run. */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { checkConfig } from '../../tools/check-config.ts';
import { privateFolder } from '../../tools/private-folder.ts';
import type { Client, Reply } from '../support/client.ts';
import { throughBothDoors } from '../support/doors.ts';
import type { TestOrigin } from '../support/origin.ts';
import { blocksIn } from './routing-page.ts';

const [frame, ...blocks] = blocksIn('ts', 'Written there, written here');
const headings = blocks.map(({ under }) => under);
const folder = privateFolder();
afterAll(() => rmSync(folder, { recursive: true }));

describe.each(blocks)('$under', (block) => {
  const { text } = block;
  it('is good for both doors where the page says it goes', async () => {
    const indented = text.replace(/^(?=.)/gm, '    ');
    const place = /^ {4}pools: \{\n.*?^ {4}\},\n/ms;
    const config = frame?.text.replace(place, () => indented) as string;
    expect(config).not.toBe(frame?.text);
    const file = join(folder, `${blocks.indexOf(block)}.ts`);
    const define = fileURLToPath(new URL('../../shared/config/define.ts', import.meta.url));
    writeFileSync(file, `import { defineGateway } from '${define}';\n${config}`);
    const { problems, variables } = await checkConfig({}, { strictSecrets: false, config: file });
    expect(problems).toEqual([]);
    expect([...variables].sort()).toEqual(['ORIGIN_AP', 'ORIGIN_EU', 'ORIGIN_US']);
  });
});

/** Pools of one gateway, each behind a path of its own; on a loopback name, so that a test has the clock in its hand. */
const host = 'shop.example.localhost';
const pathOf = (heading: string): string => `/p${headings.indexOf(heading)}`;
const definition = `(() => {
  const { origins } = base.pools.app;
  const pools = {
    ${blocks.map(({ text }, i) => `p${i}: ({ ${text} }).pools.shop,`).join('\n')}
  };
  return {
    publicOrigins: ['http://${host}'],
    session: { strategy: 'token' },
    pools,
    routes: [
      ...Object.keys(pools).map((id) => ({ path: '/' + id + '/*', pool: id })),
      { path: '/*', pool: 'p0' },
    ],
  };
})()`.replaceAll("'example.com'", "'example.localhost'");

throughBothDoors('written here', { definition }, (world) => {
  /** Each story begins in a network of its own. */
  let networks = 0;
  const newClient = (ip = `10.${Math.trunc(++networks / 250)}.${networks % 250}.7`): Client =>
    Object.assign(world.client({ serviceToken: world.serviceToken, host }), { ip });
  const originOf = (reply: Reply): TestOrigin => world.origins[reply.explained().origin as 'eu'];
  const seenBy = (origin: TestOrigin) => origin.seen.at(-1)?.headers;
  const cookieOf = (reply: Reply): string => {
    expect(reply.setCookies).toHaveLength(1);
    return reply.setCookies[0] as string;
  };
  /** Asks from elsewhere, so that nothing but what the client holds can lead it back. */
  const later = async (client: Client, path: string, clockSeconds: number) => {
    client.clockSeconds = clockSeconds;
    client.ip = newClient().ip;
    return (await client.ask(path)).explained().because;
  };
  const oneOf = async (path: string, hosts: readonly string[], headers = {}): Promise<Set<string | undefined>> => {
    const replies = await Promise.all(hosts.map((ip) => newClient(ip).ask(path, { headers })));
    for (const reply of replies) expect(reply.setCookies).toEqual([]);
    return new Set(replies.map((reply) => reply.explained().origin));
  };
  const inOneNetwork = Array.from({ length: 20 }, (_, i) => `198.51.100.${i + 1}`);
  const inMany = Array.from({ length: 20 }, (_, i) => `198.51.${i}.1`);

  /** Takes the client's origin away for as long as `tell` lasts. */
  async function without(reply: Reply, tell: () => Promise<void>): Promise<void> {
    const home = originOf(reply);
    await home.kill();
    try {
      await tell();
    } finally {
      await home.revive();
    }
  }

  const stories: Readonly<Record<string, (path: string) => Promise<void>>> = {
    async 'NGINX: `sticky cookie`'(path) {
      const client = newClient();
      const first = await client.ask(path);
      expect(cookieOf(first)).toMatch(
        /^srv_id=[\w-]+; Path=\/; Secure; HttpOnly; SameSite=Lax; Domain=example\.localhost; Max-Age=3600$/,
      );
      expect(await later(client, path, 3_599)).toBe('pinned');
      expect(await later(client, path, 3_600)).toBe('expired');
      await without(await client.ask(path), async () => {
        const moved = await client.ask(path);
        expect(moved.status).toBe(200);
        expect(cookieOf(moved)).toMatch(/^srv_id=/);
      });
      expect(await later(client, path, 3_600)).toBe('pinned');
    },

    async 'NGINX: `ip_hash`'(path) {
      expect((await oneOf(path, inOneNetwork)).size).toBe(1);
      expect((await oneOf(path, inMany)).size).toBe(3);
    },

    async 'A hash of a header, in NGINX, HAProxy, Envoy and Cloudflare'(path) {
      const found = new Set<string | undefined>();
      for (let i = 0; i < 12; i++) {
        const headers = { 'x-session-id': `client ${i}` };
        const there = await oneOf(path, inMany.slice(0, 4), headers);
        expect(there.size).toBe(1);
        found.add([...there][0]);
      }
      expect(found.size).toBe(3);
      expect((await oneOf(path, inOneNetwork)).size).toBe(1);
    },

    async 'NGINX: `sticky learn` and `sticky route`'(path) {
      await leadsBackByTheAppsCookie('examplecookie', path);
    },

    async 'Taking an origin out: NGINX `drain`, ALB deregistration delay, Cloudflare endpoint drain'(path) {
      const say = async (patch: object) => {
        const headers = { authorization: `Bearer ${world.serviceToken}` };
        const asking = { method: 'PATCH', headers, json: patch };
        const reply = await newClient().ask(`/.session/api/v1/origins${path.replace(/\/x$/, '')}/us`, asking);
        expect(reply.status).toBe(200);
      };
      const end = Math.ceil((Date.parse('2030-06-01T04:00:00Z') - Date.now()) / 1_000);
      const clientAt = (clockSeconds: number) => Object.assign(newClient(), { clockSeconds });
      // Before the file said that it drains.
      await say({ state: 'active' });
      let client = clientAt(end - 3_600);
      while (originOf(await client.ask(path)).id !== 'us') client = clientAt(end - 3_600);
      await say({ state: null });
      expect(await later(client, path, end - 60)).toBe('pinned');
      for (let i = 0; i < 12; i++) expect(originOf(await clientAt(end - 60).ask(path)).id).not.toBe('us');
      expect(await later(client, path, end + 1)).toBe('drained');
    },

    async 'HAProxy: `cookie … insert indirect nocache`'(path) {
      const client = newClient();
      const first = await client.ask(path, { headers: { cookie: 'theirs=1' } });
      expect(cookieOf(first)).toMatch(/^SRV=[\w-]+; Path=\/; Secure; HttpOnly; SameSite=Lax$/);
      expect(first.header('cache-control')).toBe('private, no-store');
      const second = await client.ask(path, { headers: { cookie: `theirs=1; SRV=${client.jar.get('SRV')}` } });
      expect([second.setCookies, second.explained().because]).toEqual([[], 'pinned']);
      expect(seenBy(originOf(first))?.cookie).toBe('theirs=1');

      expect(await later(client, path, 1_799)).toBe('pinned');
      expect(await later(client, path, 1_799 + 1_799)).toBe('pinned');
      expect(await later(client, path, 1_799 + 1_799 + 1_800)).toBe('expired');

      const busy = newClient();
      await busy.ask(path);
      for (let seconds = 1_500; seconds < 28_800; seconds += 1_500)
        expect(await later(busy, path, seconds)).toBe('pinned');
      expect(await later(busy, path, 28_800)).toBe('expired');

      const moving = newClient();
      const home = originOf(await moving.ask(path));
      home.on(path, (_, response) => void response.writeHead(503).end());
      const elsewhere = await moving.ask(path);
      expect([elsewhere.status, originOf(elsewhere) === home]).toEqual([200, false]);
      expect(cookieOf(elsewhere)).toMatch(/^SRV=/);
    },

    async 'HAProxy: `balance source`'(path) {
      await goesByTheWholeAddress(path);
    },

    async 'Kubernetes: `sessionAffinity: ClientIP`'(path) {
      await goesByTheWholeAddress(path);
      const client = newClient();
      const home = (await client.ask(path)).explained().origin;
      for (const clockSeconds of [10_799, 10_800, 100_000_000]) {
        client.clockSeconds = clockSeconds;
        expect((await client.ask(path)).explained().origin).toBe(home);
      }
    },

    async 'Kubernetes: `sessionAffinity: ClientIP` (2)'(path) {
      const client = newClient();
      await client.ask(path);
      expect(await later(client, path, 10_799)).toBe('pinned');
      expect(await later(client, path, 10_799 + 10_799)).toBe('pinned');
      expect(await later(client, path, 10_799 + 10_799 + 10_800)).toBe('expired');
    },

    async 'ALB: `lb_cookie`'(path) {
      const client = newClient();
      expect(cookieOf(await client.ask(path))).not.toMatch(/max-age|expires|domain/i);
      expect(await later(client, path, 86_399)).toBe('pinned');
      expect(await later(client, path, 86_400)).toBe('expired');
    },

    async 'ALB: `app_cookie`'(path) {
      const client = await leadsBackByTheAppsCookie('JSESSIONID', path);
      expect(await later(client, path, 86_399)).toBe('pinned');
      expect(await later(client, path, 86_400)).toBe('expired');
    },

    async 'Cloudflare Load Balancing: `cookie` and `ip_cookie`'(path) {
      const client = newClient();
      const first = await client.ask(path);
      expect(cookieOf(first)).toMatch(/; SameSite=Lax; Max-Age=82800$/);
      const neighbour = await newClient(client.ip?.replace(/\.7$/, '.8')).ask(path);
      expect(originOf(neighbour).id).toBe(originOf(first).id);
      await without(first, async () => {
        const away = await client.ask(path);
        expect([away.status, away.setCookies]).toEqual([200, []]);
        expect(originOf(away).id).not.toBe(originOf(first).id);
      });
      expect(originOf(await client.ask(path)).id).toBe(originOf(first).id);
      expect(await later(client, path, 82_799)).toBe('pinned');
      expect(await later(client, path, 82_800)).toBe('expired');
    },

    async 'Envoy: `stateful_session`'(path) {
      const client = newClient();
      const first = await client.ask(path);
      expect(cookieOf(first)).toMatch(/^__Host-route=[\w-]+; Path=\/; Secure; HttpOnly; SameSite=Lax; Max-Age=3600$/);
      await without(first, async () => {
        const refused = await client.ask(path);
        expect([refused.status, refused.json().code]).toEqual([503, 'pin_refused']);
      });
      expect(await later(client, path, 3_599)).toBe('pinned');
    },
  };

  async function goesByTheWholeAddress(path: string): Promise<void> {
    expect((await oneOf(path, Array(6).fill('198.51.100.77'))).size).toBe(1);
    expect((await oneOf(path, inOneNetwork)).size).toBe(3);
  }

  /** An application that makes a session where there is none. */
  async function leadsBackByTheAppsCookie(name: string, path: string): Promise<Client> {
    for (const origin of Object.values(world.origins)) {
      origin.on(`${path}/begin`, (_, response) => {
        response.writeHead(200, { 'set-cookie': `${name}=made-by-${origin.id}; Path=/; HttpOnly` }).end();
      });
    }
    const client = newClient();
    const home = originOf(await client.ask(`${path}/begin`));
    expect([...client.jar.keys()]).toEqual([name]);
    for (let i = 0; i < 6; i++) expect(await later(client, path, 0)).toBe('pinned');
    expect(seenBy(home)?.cookie).toBe(`${name}=made-by-${home.id}`);
    return client;
  }

  it('every block has its story', () => {
    expect(Object.keys(stories)).toEqual(headings);
  });

  it.each(headings)('%s', async (heading) => {
    await stories[heading]?.(`${pathOf(heading)}/x`);
  });
});
