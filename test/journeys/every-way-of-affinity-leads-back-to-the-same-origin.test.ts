import { beforeEach, describe, expect, it } from 'vitest';
import type { Client, Reply } from '../support/client.ts';
import { throughBothDoors } from '../support/doors.ts';
import type { TestOrigin } from '../support/origin.ts';

/** One set of origins behind several pools, each with its own way; a pool has a path of its own. */
const definition = `(() => {
  const { origins, commands } = base.pools.app;
  const pool = (affinity, more) => ({ origins, steer: 'weighted', affinity, ...more });
  const pools = {
    header: pool({ by: 'header', name: 'X-Affinity' }),
    hash: pool({ by: 'header', name: 'X-Session-ID', value: 'hash' }),
    wrap: pool({ by: 'header', name: 'Mcp-Session-Id', value: 'wrap' }),
    ip: pool({ by: 'ip', ipv4Prefix: 16 }),
    session: pool({ by: 'session' }),
    java: pool({ by: 'origin-cookie', name: 'JSESSIONID' }),
    php: pool({ by: 'origin-cookie', name: 'PHPSESSID' }),
    shared: pool({ by: 'cookie', name: 'berth', sameSite: 'Strict', persistent: true, absolute: '1h' }),
  };
  return {
    ...base,
    session: { strategy: 'token' },
    pools: { app: { ...base.pools.app, affinity: { by: 'session' }, steer: 'weighted' }, ...pools },
    routes: [
      { path: '/login', methods: ['POST'], pool: 'app', session: 'optional', issues: true },
      ...Object.keys(pools).map((name) => ({ path: '/' + name + '/*', pool: name, session: 'optional' })),
      { path: '/*', pool: 'app', session: 'optional' },
    ],
  };
})()`;

type Headers = Record<string, string>;

throughBothDoors('every way of affinity', { definition }, (world) => {
  /** Each story's clients come from a network of their own, so that nothing but the way itself can lead them back. */
  let story = 0;
  beforeEach(() => {
    story++;
  });
  const newClient = (host = 9): Client => {
    const client = world.client();
    client.ip = `10.${story}.${host}.7`;
    return client;
  };
  const seenBy = (id: string): Headers =>
    (world.origins[id as 'eu'] as TestOrigin).seen.at(-1)?.headers as unknown as Headers;
  const originOf = (reply: Reply): string => reply.json().origin as string;
  const everyOrigin = (answer: Parameters<TestOrigin['on']>[1], path: string) => {
    for (const origin of Object.values(world.origins)) origin.on(path, answer);
  };
  /** The client goes elsewhere by its key; what is left to lead it back is the way itself. */
  const roam = async (client: Client, path: string, from: string, headers: Headers = {}): Promise<Reply[]> => {
    const replies: Reply[] = [];
    for (let i = 0; i < 6; i++) {
      client.ip = `172.${16 + i}.${story}.1`;
      replies.push(await client.ask(path, { headers }));
    }
    expect(replies.map(originOf)).toEqual(replies.map(() => from));
    return replies;
  };

  describe('a pin in a header', () => {
    it('is given in a reply, honoured in requests, and seen by no origin', async () => {
      const client = newClient();
      const first = await client.ask('/header/x');
      const pin = first.header('x-affinity') as string;
      expect(pin).toMatch(/^[\w-]{100,}$/);
      expect(first.header('cache-control')).toBe('private, no-store');
      expect(first.setCookies).toEqual([]);
      const replies = await roam(client, '/header/x', originOf(first), { 'x-affinity': pin });
      for (const reply of replies) {
        expect(reply.explained().because).toBe('pinned');
        expect(reply.header('x-affinity')).toBeNull();
      }
      expect(seenBy(originOf(first))['x-affinity']).toBeUndefined();
    });

    it('cannot be made up, nor set by an origin', async () => {
      const forged = await newClient().ask('/header/x', { headers: { 'x-affinity': 'A'.repeat(300) } });
      expect(forged.explained().because).toBe('forged');
      everyOrigin((_, response) => void response.writeHead(200, { 'x-affinity': 'mine' }).end('{}'), '/header/set');
      expect((await newClient().ask('/header/set')).header('x-affinity')).not.toBe('mine');
    });
  });

  describe("the client's own value, hashed", () => {
    it('leads from anywhere to one origin, and reaches it', async () => {
      const origins = new Set<string>();
      for (let i = 0; i < 12; i++) {
        const value = `client-${i}`;
        const first = await newClient().ask('/hash/x', { headers: { 'x-session-id': value } });
        expect(first.explained().because).toBe('weighted');
        expect(first.setCookies).toEqual([]);
        origins.add(originOf(first));
        await roam(newClient(), '/hash/x', originOf(first), { 'x-session-id': value });
        expect(seenBy(originOf(first))['x-session-id']).toBe(value);
      }
      expect(origins.size).toBe(3);
    });

    it('over 256 bytes is none: the network decides', async () => {
      const client = newClient();
      const plain = originOf(await client.ask('/hash/x'));
      for (let i = 0; i < 8; i++) {
        const reply = await client.ask('/hash/x', { headers: { 'x-session-id': `${i}`.repeat(257) } });
        expect(originOf(reply)).toBe(plain);
      }
    });
  });

  describe('an id that the origin issues', () => {
    const id = 'mcp.5f1c~a+b/c==!';
    const initialise = async (client: Client): Promise<{ wrapped: string; home: string }> => {
      everyOrigin(
        (_, response) => void response.writeHead(200, { 'mcp-session-id': id }).end('{}'),
        '/wrap/initialise',
      );
      const reply = await client.ask('/wrap/initialise', { method: 'POST', body: '{}' });
      return { wrapped: reply.header('mcp-session-id') as string, home: reply.explained().origin as string };
    };

    it('is wrapped on the way out and unwrapped, byte for byte, on the way in', async () => {
      const client = newClient();
      const { wrapped, home } = await initialise(client);
      expect(wrapped).not.toBe(id);
      expect(client.jar.size).toBe(0);
      await roam(client, '/wrap/x', home, { 'mcp-session-id': wrapped });
      expect(seenBy(home)['mcp-session-id']).toBe(id);
      await client.ask('/wrap/x', { method: 'DELETE', headers: { 'mcp-session-id': wrapped } });
      expect(seenBy(home)['mcp-session-id']).toBe(id);
    });

    it('passes as it came when it is not of our making', async () => {
      const { wrapped } = await initialise(newClient());
      for (const foreign of ['plain-id', `${wrapped}x`, 'its~own', `its~b1.${'A'.repeat(40)}`]) {
        const reply = await newClient().ask('/wrap/x', { headers: { 'mcp-session-id': foreign } });
        expect(reply.status).toBe(200);
        expect(seenBy(originOf(reply))['mcp-session-id']).toBe(foreign);
        expect(reply.explained().because).not.toBe('pinned');
      }
    });

    it('leads nowhere when what we added was put behind another id, and is taken off all the same', async () => {
      const { wrapped } = await initialise(newClient());
      const made = `other${wrapped.slice(wrapped.lastIndexOf('~'))}`;
      const reply = await newClient().ask('/wrap/x', { headers: { 'mcp-session-id': made } });
      expect(seenBy(originOf(reply))['mcp-session-id']).toBe('other');
      expect(reply.explained().because).toBe('forged');
    });
  });

  describe("the client's network", () => {
    it('is one origin for all who are in it, with and without a session', async () => {
      const first = originOf(await newClient(1).ask('/ip/x'));
      for (let host = 2; host < 10; host++) expect(originOf(await newClient(host).ask('/ip/x'))).toBe(first);
      const signedIn = newClient(200);
      await signedIn.ask('/login', { form: { user: 'mia' } });
      expect(originOf(await signedIn.ask('/ip/x'))).toBe(first);
      const origins = new Set<string>();
      for (let net = 0; net < 20; net++) {
        const stranger = world.client();
        stranger.ip = `11.${net}.0.1`;
        origins.add(originOf(await stranger.ask('/ip/x')));
      }
      expect(origins.size).toBe(3);
    });
  });

  describe('the session', () => {
    it('leads back without a cookie of its own, through every network', async () => {
      const client = newClient();
      await client.ask('/login', { form: { user: 'ada' } });
      expect([...client.jar.keys()]).toEqual(['__Host-session']);
      const first = await client.ask('/session/x');
      const replies = await roam(client, '/session/x', originOf(first));
      for (const reply of replies) expect(reply.setCookies).toEqual([]);
    });
  });

  describe("the application's own cookie", () => {
    const value = '"7A.node~1/+=";  Path=/; expires=Thu, 31 Dec 2037 23:59:59 GMT;HttpOnly';
    const issue = async (client: Client, pool = 'java', cookie = `JSESSIONID=${value}`) => {
      everyOrigin(
        (_, response) => void response.writeHead(200, { 'set-cookie': ['a=1; Path=/', cookie] }).end('{}'),
        `/${pool}/issue`,
      );
      const reply = await client.ask(`/${pool}/issue`);
      return { reply, home: reply.explained().origin as string };
    };

    it('is extended on the way out and restored on the way in, its attributes as they were', async () => {
      const client = newClient();
      const { reply, home } = await issue(client);
      const [other, extended] = reply.setCookies as [string, string];
      expect(other).toBe('a=1; Path=/');
      expect(extended.startsWith('JSESSIONID="7A.node~1/+="~')).toBe(true);
      expect(extended.endsWith(value.slice(value.indexOf(';')))).toBe(true);
      expect(reply.setCookies).toHaveLength(2);
      const replies = await roam(client, '/java/x', home);
      expect(replies[0]?.explained().because).toBe('pinned');
      expect(seenBy(home).cookie).toBe('a=1; JSESSIONID="7A.node~1/+="');
    });

    it('is restored for every pool, and pins in its own alone', async () => {
      const client = newClient();
      const { home } = await issue(client);
      const php = await issue(client, 'php', 'PHPSESSID=p1; Path=/');
      await roam(client, '/java/x', home);
      await roam(client, '/php/x', php.home);
      expect(seenBy(php.home).cookie).toBe('a=1; JSESSIONID="7A.node~1/+="; PHPSESSID=p1');
      const elsewhere = await client.ask('/ip/x');
      expect(seenBy(originOf(elsewhere)).cookie).toBe('a=1; JSESSIONID="7A.node~1/+="; PHPSESSID=p1');
    });

    it('passes when it is foreign, and when the application takes it away', async () => {
      const client = newClient();
      client.jar.set('JSESSIONID', 'made~up');
      const reply = await client.ask('/java/x');
      expect(seenBy(originOf(reply)).cookie).toBe('JSESSIONID=made~up');
      const gone = 'JSESSIONID=; Path=/; Max-Age=0';
      expect((await issue(client, 'java', gone)).reply.setCookies).toContain(gone);
      expect(client.jar.has('JSESSIONID')).toBe(false);
    });

    it('keeps its berth through a login', async () => {
      const client = newClient();
      const { home } = await issue(client);
      await client.ask('/login', { form: { user: 'eve' } });
      const [reply] = await roam(client, '/java/x', home);
      expect(reply?.explained()).toMatchObject({ because: 'pinned', session: 'active' });
    });
  });

  describe('a cookie of our own', () => {
    it('has the name and the attributes that the configuration gives it', async () => {
      const client = newClient();
      const reply = await client.ask('/shared/x');
      const [line] = reply.setCookies as [string];
      expect(line).toMatch(/^berth=[\w-]+; Path=\/; Secure; HttpOnly; SameSite=Strict; Max-Age=3600$/);
      await roam(client, '/shared/x', originOf(reply));
      expect(seenBy(originOf(reply)).cookie).toBeUndefined();
    });
  });
});
