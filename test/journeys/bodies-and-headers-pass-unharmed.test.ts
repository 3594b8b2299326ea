import { createHash, randomBytes } from 'node:crypto';
import { get, request as httpRequest, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { throughBothDoors } from '../support/doors.ts';
import { requestOf, say } from '../support/raw-http.ts';

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
const definition = `{ ...base, session: { strategy: 'token' }, pools: { app: { origins: base.pools.app.origins.slice(0, 1) } }, routes: [
  { path: '/*', pool: 'app', session: 'optional' },
] }`;

throughBothDoors('bodies and headers pass unharmed', { definition, workerRuntime: 'wrangler dev' }, (world) => {
  const eu = () => world.origins.eu;
  const client = () => world.client({});

  describe('a request body', () => {
    it.each([
      ['nothing', Buffer.alloc(0)],
      ['one byte', Buffer.from([0xff])],
      ['every byte there is', Buffer.from(Array.from({ length: 256 }, (_, i) => i))],
      ['a megabyte', randomBytes(1_048_576)],
      ['a gzip', gzipSync('hello'.repeat(100))],
    ])('%s arrives as it was sent', async (_, body) => {
      const headers = { 'content-type': 'application/octet-stream' };
      expect((await client().ask('/in', { method: 'POST', body, headers })).status).toBe(200);
      const arrived = eu().seen.at(-1);
      expect(arrived?.body.length).toBe(body.length);
      expect(sha256(arrived?.body as Buffer)).toBe(sha256(body));
      expect(arrived?.headers['content-type']).toBe('application/octet-stream');
      expect(arrived?.headers['content-length'] ?? '0').toBe(String(body.length));
    });

    it('needs no content type, and is given none', async () => {
      const body = Buffer.from([0xc3, 0x28, 0x00, 0xfe]);
      await client().ask('/in', { method: 'POST', body });
      expect(eu().seen.at(-1)?.body.equals(body)).toBe(true);
      expect(eu().seen.at(-1)?.headers['content-type']).toBeUndefined();
    });

    it('keeps its charset', async () => {
      const body = Buffer.from('na\xefve caf\xe9', 'latin1');
      const headers = { 'content-type': 'text/plain; charset=iso-8859-1' };
      await client().ask('/in', { method: 'POST', body, headers });
      expect(eu().seen.at(-1)?.body.equals(body)).toBe(true);
      expect(eu().seen.at(-1)?.headers['content-type']).toBe('text/plain; charset=iso-8859-1');
    });

    it('keeps its coding', async () => {
      const body = gzipSync('hello'.repeat(100));
      await client().ask('/in', { method: 'POST', body, headers: { 'content-encoding': 'gzip' } });
      expect(eu().seen.at(-1)?.body.equals(body)).toBe(true);
      expect(eu().seen.at(-1)?.headers['content-encoding']).toBe('gzip');
    });

    it('that waits to be asked for is asked for', async () => {
      const fields = ['Expect: 100-continue', 'Content-Length: 5'];
      const reply = await say(world.url, requestOf(world.url, 'POST /in', fields, 'hello'));
      expect(reply.text).toContain('HTTP/1.1 200');
      expect(eu().seen.at(-1)?.body.toString()).toBe('hello');
      expect(eu().seen.at(-1)?.headers).not.toHaveProperty('expect');
    });

    it('that breaks off reaches nobody as a whole one', async () => {
      const before = eu().seen.length;
      const { hostname, port } = new URL(world.url);
      await new Promise<void>((done) => {
        const socket = connect(Number(port), hostname, () => {
          socket.write(requestOf(world.url, 'POST /in', ['Content-Length: 100'], 'only this'), () => socket.destroy());
        });
        socket.once('close', () => done());
      });
      expect((await client().ask('/after')).status).toBe(200);
      expect(
        eu()
          .seen.slice(before)
          .map(({ url }) => url),
      ).toEqual(['/after']);
    });

    it('in chunks arrives whole', async () => {
      const fields = ['Transfer-Encoding: chunked'];
      const reply = await say(
        world.url,
        requestOf(world.url, 'POST /in', fields, '5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n'),
      );
      expect(reply.status).toBe(200);
      expect(eu().seen.at(-1)?.body.toString()).toBe('hello world');
    });

    it.each(['GET', 'DELETE', 'PATCH', 'PROPFIND'])('may come with %s', async (method) => {
      const reply = await say(world.url, requestOf(world.url, `${method} /in`, ['Content-Length: 5'], 'query'));
      expect(reply.status).toBe(200);
      expect(eu().seen.at(-1)).toMatchObject({ method, body: Buffer.from('query') });
    });
  });

  describe('a reply body', () => {
    const answerWith = (path: string, body: Buffer, headers: Record<string, string> = {}, status = 200) =>
      eu().on(path, (_, response) => void response.writeHead(status, headers).end(body));

    it.each([
      ['nothing', Buffer.alloc(0)],
      ['one byte', Buffer.from([0x80])],
      ['every byte there is', Buffer.from(Array.from({ length: 256 }, (_, i) => i))],
      ['a megabyte', randomBytes(1_048_576)],
    ])('%s is received as it was sent, without a content type', async (_, body) => {
      answerWith('/out', body);
      const reply = await client().ask('/out');
      expect(reply.body.length).toBe(body.length);
      expect(sha256(reply.body)).toBe(sha256(body));
      expect(reply.header('content-type')).toBeNull();
    });

    it('in another charset or coding stays in it', async () => {
      const latin = Buffer.from('caf\xe9', 'latin1');
      answerWith('/latin', latin, { 'content-type': 'text/html; charset=iso-8859-1' });
      const reply = await client().ask('/latin');
      expect(reply.body.equals(latin)).toBe(true);
      expect(reply.header('content-type')).toBe('text/html; charset=iso-8859-1');

      const zipped = gzipSync('hello'.repeat(1000));
      const headers = {
        'content-encoding': 'gzip',
        'content-type': 'text/plain',
        'content-length': `${zipped.length}`,
      };
      answerWith('/zipped', zipped, headers);
      const gzip = await client().ask('/zipped', { headers: { 'accept-encoding': 'gzip' } });
      expect(gzip.header('content-encoding')).toBe('gzip');
      expect(gzip.body.equals(zipped)).toBe(true);
    });

    it('what the client can decode is what the origin is told', async ({ skip }) => {
      skip(world.door === 'worker', 'Cloudflare decodes for its clients, and tells Workers so');
      for (const coding of ['gzip, br', 'identity', 'zstd;q=0.5, *;q=0']) {
        await client().ask('/in', { headers: { 'accept-encoding': coding } });
        expect(eu().seen.at(-1)?.headers['accept-encoding']).toBe(coding);
      }
    });

    it.each([204, 304])('a %i has none', async (status) => {
      answerWith('/none', Buffer.alloc(0), { etag: '"a"' }, status);
      const reply = await client().ask('/none');
      expect([reply.status, reply.body.length, reply.header('etag')]).toEqual([status, 0, '"a"']);
      expect(reply.header('content-type')).toBeNull();
    });

    it('HEAD has none, and says how long it would be', async () => {
      answerWith('/page', Buffer.from('twelve bytes'), { 'content-length': '12', etag: '"a"' });
      const reply = await client().ask('/page', { method: 'HEAD' });
      expect([reply.status, reply.body.length]).toEqual([200, 0]);
      expect(reply.header('etag')).toBe('"a"');
      expect(reply.header('content-length')).toBe('12');
      expect(eu().seen.at(-1)?.method).toBe('HEAD');
    });

    it('comes after what the origin said before it, which goes no further', async () => {
      eu().on('/early', (_, response) => {
        response.writeContinue();
        response.writeProcessing();
        response.writeEarlyHints({ link: '</a.css>; rel=preload', 'session-origin-token': world.originToken }, () => {
          response.writeHead(200, { 'x-app': '1' }).end('late');
        });
      });
      const { status, text } = await say(world.url, requestOf(world.url, 'GET /early'));
      expect(status).toBe(200);
      expect(text).toMatch(/^HTTP\/1\.1 200[\s\S]*late[\s\S]*$/);
      expect(text).not.toContain(world.originToken);
      expect(text).not.toContain('a.css');
    });

    it('a part of a file is that part', async () => {
      answerWith('/part', Buffer.from('cd'), { 'content-range': 'bytes 2-3/10', 'accept-ranges': 'bytes' }, 206);
      const reply = await client().ask('/part', { headers: { range: 'bytes=2-3', 'if-range': '"a"' } });
      expect([reply.status, reply.text(), reply.header('content-range')]).toEqual([206, 'cd', 'bytes 2-3/10']);
      expect(eu().seen.at(-1)?.headers).toMatchObject({ range: 'bytes=2-3', 'if-range': '"a"' });
    });

    it('a redirect is passed on and not followed', async () => {
      for (const [status, location] of [
        [301, '/next?a=b'],
        [302, 'https://elsewhere.example/x'],
        [307, '../up'],
        [308, '//host.example/x'],
      ] as const) {
        answerWith('/redirect', Buffer.from('moved'), { location }, status);
        const before = eu().seen.length;
        const reply = await client().ask('/redirect');
        expect([reply.status, reply.header('location'), reply.text()]).toEqual([status, location, 'moved']);
        expect(eu().seen.length).toBe(before + 1);
      }
    });

    it('an error page is passed on as it is', async () => {
      answerWith('/oops', Buffer.from('<h1>Oops</h1>'), { 'content-type': 'text/html', 'x-app': '1' }, 500);
      const reply = await client().ask('/oops');
      expect([reply.status, reply.text(), reply.header('x-app')]).toEqual([500, '<h1>Oops</h1>', '1']);
    });
  });

  describe('headers', () => {
    it('five cookies stay five cookies, commas and all', async () => {
      const cookies = [1, 2, 3, 4, 5].map(
        (n) => `c${n}=a,b="${n}"; Expires=Wed, 0${n} Jan 2031 00:00:00 GMT; Path=/; HttpOnly`,
      );
      eu().on('/cookies', (_, response) => void response.writeHead(200, { 'set-cookie': cookies }).end());
      const reply = await client().ask('/cookies');
      expect(reply.setCookies.filter((line) => !line.startsWith('__Host-'))).toEqual(cookies);
    });

    it('the client’s cookies reach the origin byte for byte', async () => {
      const cookie = 'a=1; b="q, r";c=; =d; e=%20;  f';
      await client().ask('/in', { headers: { cookie } });
      expect(eu().seen.at(-1)?.headers.cookie).toBe(cookie);
    });

    it('what the application says and hears is left alone', async () => {
      const said = {
        'x-app': 'a, b',
        'content-language': 'de',
        vary: 'Accept',
        link: '</a>; rel=next',
        date: 'Tue, 01 Jan 2030 00:00:00 GMT',
      };
      eu().on('/said', (_, response) => void response.writeHead(200, said).end('ok'));
      const heard = {
        accept: 'text/*;q=0.3, */*',
        'accept-language': 'de, en;q=0.5',
        authorization: 'Basic YTpi',
        'cache-control': 'max-age=0',
        'if-none-match': 'W/"a", "b"',
        origin: world.url,
        referer: `${world.url}/before`,
        'user-agent': 'Told/1.0 (by hand)',
        'x-custom': 'a; b="c, d"',
      };
      const reply = await client().ask('/said', { headers: heard });
      for (const [name, value] of Object.entries(said)) expect([name, reply.header(name)]).toEqual([name, value]);
      expect(eu().seen.at(-1)?.headers).toMatchObject(heard);
    });

    it('no header of the client’s caching is made up', async () => {
      await client().ask('/in');
      const { headers } = eu().seen.at(-1) as { headers: Record<string, string> };
      expect(headers).not.toHaveProperty('if-none-match');
      expect(headers).not.toHaveProperty('accept-language');
      expect(headers).not.toHaveProperty('cache-control');
      expect(headers).not.toHaveProperty('pragma');
    });
  });

  it.for([
    '?a=1&a=2&b',
    '?',
    '',
    "?a='b'&c=%27&d=%2F",
    '?e=%C3%BC&f=%c3%bc',
    '?g=a+b%20c',
    '?h[]=1&i={2}&j=|^`',
    '?k=%zz&l=%',
    '?m==&&n=?/;:@!$()*,',
    '?redirect=https://x.example/a?b=c',
  ])('the query %s arrives byte for byte', async (query, { skip }) => {
    skip(world.door === 'worker' && query.includes("'"), 'wrangler dev escapes it before a Worker sees it');
    skip(world.door === 'lambda' && query === '?', 'an event does not tell an empty query from none');
    const reply = await say(world.url, requestOf(world.url, `GET /query${query}`));
    expect(reply.status).toBe(200);
    expect(eu().seen.at(-1)?.url).toBe(`/query${query}`);
  });

  describe('a stream', () => {
    const open = (path: string): Promise<IncomingMessage> =>
      new Promise((done, failed) => get(world.url + path, done).once('error', failed));

    it('of events arrives event by event', async () => {
      const written: number[] = [];
      eu().on('/events', (_, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        let left = 5;
        const timer = setInterval(() => {
          written.push(Date.now());
          response.write(`data: ${left}\n\n`);
          if (--left > 0) return;
          clearInterval(timer);
          response.end();
        }, 80);
      });
      const received: number[] = [];
      let text = '';
      for await (const chunk of await open('/events')) {
        received.push(Date.now());
        text += chunk;
      }
      expect(text).toBe([5, 4, 3, 2, 1].map((n) => `data: ${n}\n\n`).join(''));
      expect(received).toHaveLength(5);
      // Whoever held one back would let it go with the next one, or all of them with the last.
      const early = received.slice(0, 4).filter((at, i) => at < (written[i + 1] as number));
      expect(early.length).toBeGreaterThanOrEqual(3);
    });

    it('that breaks at the origin breaks at the client', async () => {
      eu().on('/broken', (_, response, request) => {
        response.writeHead(200, { 'content-type': 'text/plain' });
        response.write('the beginning');
        setTimeout(() => request.socket.destroy(), 100);
      });
      const reply = await open('/broken');
      await expect(
        (async () => {
          for await (const chunk of reply) expect(String(chunk)).toBe('the beginning');
        })(),
      ).rejects.toThrow();
    });

    it('shorter than it said breaks too', async () => {
      eu().on('/short', (_, response, request) => {
        response.writeHead(200, { 'content-length': '100' });
        response.write('the beginning');
        setTimeout(() => request.socket.destroy(), 100);
      });
      const reply = await open('/short');
      await expect(
        (async () => {
          for await (const _ of reply);
        })(),
      ).rejects.toThrow();
    });

    it('that the client leaves is closed at the origin within a second', async ({ skip }) => {
      skip(world.door === 'lambda', 'Lambda tells nobody that a client has gone');
      const closed = new Promise<void>((done) => {
        eu().on('/endless', (_, response) => {
          response.writeHead(200, { 'content-type': 'text/event-stream' });
          const timer = setInterval(() => response.write('data: x\n\n'), 20);
          response.once('close', () => {
            clearInterval(timer);
            done();
          });
        });
      });
      let leftAt = Number.NaN;
      const asking = httpRequest(`${world.url}/endless`);
      asking.on('error', () => {});
      asking.on('response', (reply) => {
        reply.on('error', () => {});
        reply.once('data', () => {
          leftAt = performance.now();
          asking.destroy();
        });
      });
      asking.end();
      await closed;
      expect(performance.now() - leftAt).toBeLessThan(1_000);
    });
  });
});
