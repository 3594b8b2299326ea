import { describe, expect, it } from 'vitest';
import { throughBothDoors } from '../support/doors.ts';
import { requestOf, say } from '../support/raw-http.ts';

/** What a client must not be able to say to an origin. */
const reserved = [
  ...[
    'Status',
    'Assertion',
    'Affinity',
    'Issue',
    'Update',
    'Rotate',
    'End',
    'Origin-Token',
    'Explained',
    'Authz-Token',
    'Renewed',
  ].map((name) => `Session-${name}`),
  ...['For', 'Host', 'Proto', 'Port', 'User', 'Email', 'Groups', 'Prefix', 'Uri', 'Client-Cert'].map(
    (name) => `X-Forwarded-${name}`,
  ),
  ...[
    'Forwarded',
    'X-Real-IP',
    'X-Original-URL',
    'X-Original-Uri',
    'X-Original-Forwarded-For',
    'X-Rewrite-URL',
    'True-Client-IP',
  ],
  ...[
    'Client-Cert',
    'Client-Cert-Chain',
    'Remote-User',
    'Remote-Email',
    'Remote-Groups',
    'Dev-Clock',
    'X-Edge-Secret',
    'X-Request-Id',
  ],
];
const mark = 'forged-by-the-client';

throughBothDoors(
  'only the gateway speaks for the gateway',
  { definition: `{ ...base, session: { strategy: 'token' } }` },
  (world) => {
    const arrived = () => Object.values(world.origins).flatMap(({ seen }) => seen);
    const lastWith = async (fields: readonly string[], path = '/heard') => {
      const count = arrived().length;
      const reply = await say(world.url, requestOf(world.url, `GET ${path}`, fields));
      expect(reply.status).toBe(200);
      expect(arrived().length).toBe(count + 1);
      const { headers, rawHeaders } = JSON.parse(/\{.*\}/s.exec(reply.text)?.[0] ?? '{}') as {
        headers: Record<string, string>;
        rawHeaders?: string[];
      };
      return { headers, rawHeaders, reply };
    };

    it.each(reserved)('%s is never the client’s, however it is written', async (name) => {
      const ways = [name, name.toUpperCase(), name.replaceAll('-', '_'), name.replace('-', '_').toLowerCase()];
      for (const way of ways) {
        const { headers } = await lastWith([`${way}: ${mark}`]);
        expect(JSON.stringify(headers)).not.toContain(mark);
      }
    });

    it('what Connection lists stays behind, with all that belongs to the connection', async () => {
      const { headers } = await lastWith([
        'Connection: close, X-Listed, X-Request-Id',
        // workerd takes Connection for itself and hides it: there Cloudflare has to drop what it lists.
        ...(world.door === 'lambda' ? [`X-Listed: ${mark}`] : []),
        `Keep-Alive: ${mark}`,
        `Proxy-Connection: ${mark}`,
        `Proxy-Authorization: ${mark}`,
        'TE: trailers',
      ]);
      expect(JSON.stringify(headers)).not.toContain(mark);
      for (const name of ['te', 'keep-alive', 'proxy-connection', 'x-listed']) expect(headers).not.toHaveProperty(name);
      expect(headers).toHaveProperty('x-request-id');
    });

    it('an origin cannot be made to miss our own headers by listing them in Connection', async () => {
      const { headers } = await lastWith(['Connection: X-Forwarded-For, Session-Status, Cookie', 'Cookie: a=1']);
      expect(headers['x-forwarded-for']).toBeDefined();
      expect(headers['session-status']).toBe('anonymous');
    });

    it('the origin learns who asked, for what host, by which way', async () => {
      const { headers, reply } = await lastWith(['Dev-Client-Ip: 203.0.113.9', 'X-Forwarded-For: 1.2.3.4']);
      const { host } = new URL(world.url);
      expect(headers).toMatchObject({
        'x-forwarded-for': '203.0.113.9',
        'x-forwarded-host': host,
        'x-forwarded-proto': 'http',
        forwarded: `for=203.0.113.9;host="${host}";proto=http`,
        via: '1.1 berth',
        'session-status': 'anonymous',
      });
      expect(headers['cdn-loop']).toMatch(/(^|, )berth; id=[0-9a-f]{8}$/);
      expect(headers.traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
      expect(headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
      expect(reply.text.toLowerCase()).toContain(`x-request-id: ${headers['x-request-id']}`);
      expect(headers).not.toHaveProperty('session-assertion');
      expect(headers.host).toBe(new URL(world.origins.eu.url).host.replace(/\d+$/, headers.host?.split(':')[1] ?? ''));
    });

    it('an IPv6 client is written as RFC 7239 wants it', async () => {
      const { headers } = await lastWith(['Dev-Client-Ip: 2001:db8::9']);
      expect(headers['x-forwarded-for']).toBe('2001:db8::9');
      expect(headers.forwarded).toContain('for="[2001:db8::9]"');
    });

    it('a trace goes on with a new parent, and a broken one begins anew', async () => {
      const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
      const on = (await lastWith([`traceparent: 00-${trace}-00f067aa0ba902b7-01`, 'tracestate: a=b'])).headers;
      expect(on.traceparent).toMatch(new RegExp(`^00-${trace}-(?!00f067aa0ba902b7)[0-9a-f]{16}-01$`));
      expect(on.tracestate).toBe('a=b');
      const anew = (await lastWith([`traceparent: 00-${trace}-zz-01`, 'tracestate: a=b'])).headers;
      expect(anew.traceparent).not.toContain(trace);
      expect(anew).not.toHaveProperty('tracestate');
    });

    it('a route without sessions tells the origin nothing of one', async () => {
      const client = world.client();
      await client.ask('/login', { form: { user: 'ada' } });
      const { headers } = (await client.ask('/assets/a.js')).json() as { headers: Record<string, string> };
      expect(Object.keys(headers).filter((name) => /^session-(status|assertion)/.test(name))).toEqual([]);
      expect(headers).not.toHaveProperty('cookie');
    });

    it('a request that comes round again is refused', async () => {
      const { headers } = await lastWith([]);
      const before = arrived().length;
      const again = await say(world.url, requestOf(world.url, 'GET /heard', [`CDN-Loop: ${headers['cdn-loop']}`]));
      expect(again.status).toBe(508);
      expect(again.text).toContain('"code":"loop"');
      expect(arrived().length).toBe(before);
      const other = await say(
        world.url,
        requestOf(world.url, 'GET /heard', ['CDN-Loop: berth; id=00000000, cloudflare']),
      );
      expect(other.status).toBe(200);
    });

    describe('an origin', () => {
      const answer = (path: string, headers: Record<string, string | string[]>, status = 200) => {
        for (const origin of Object.values(world.origins)) {
          origin.on(path, (_, response) => void response.writeHead(status, headers).end('said'));
        }
      };
      const commands = {
        'session-issue': 'e30',
        'session-update': 'e30',
        'session-rotate': '?1',
        'session-end': 'all',
        'session-origin-token': 'wrong',
        'session-status': 'active',
        'session-assertion': 'a.b.c',
        'session-affinity': 'origin=eu',
        'session-explained': 'origin=eu',
        'session-renewed': 'x',
        'session-authz-token': 'x',
      };

      it('cannot set cookies of our name, and can set its own', async () => {
        answer('/plant', {
          'set-cookie': [
            '__Host-session=planted; Path=/; Secure',
            '__Host-affinity=planted; Path=/; Secure',
            ' __Host-session =planted; Path=/; Secure',
            '__Secure-login-1=planted; Path=/; Secure',
            '=__Host-session=planted; Path=/; Secure',
            'mine=1; Path=/',
          ],
        });
        const client = world.client();
        const reply = await client.ask('/plant');
        expect(reply.setCookies.join('\n')).not.toContain('planted');
        expect(client.jar.get('mine')).toBe('1');
      });

      it.each([
        ['/', 200],
        ['/assets/x.js', 200],
        ['/', 303],
        ['/', 404],
        ['/', 500],
        ['/hooks/x', 201],
      ])('whose words for the gateway stand in a reply of %s with %i is not overheard', async (path, status) => {
        answer(path, commands, status);
        const reply = await world.client({}).ask(path, { method: path === '/hooks/x' ? 'POST' : 'GET' });
        answer('/', {});
        expect(reply.status).toBe(status);
        expect(Object.keys(reply.headers).filter((name) => name.startsWith('session-'))).toEqual([]);
        expect(reply.setCookies.filter((line) => line.startsWith('__Host-session'))).toEqual([]);
      });

      it('keeps its connection to itself', async () => {
        answer('/hop', {
          connection: 'close, x-hop',
          'x-hop': '1',
          'keep-alive': 'timeout=9',
          'proxy-authenticate': 'Basic',
        });
        const reply = await world.client().ask('/hop');
        for (const name of ['x-hop', 'proxy-authenticate']) expect(reply.header(name)).toBeNull();
        expect(reply.header('keep-alive') ?? '').not.toContain('9');
      });
    });
  },
);
