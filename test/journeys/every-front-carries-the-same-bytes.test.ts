import { createHash, randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { throughEveryFront } from '../support/fronts.ts';
import { requestOf, say } from '../support/raw-http.ts';

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
const definition = `{ ...base, session: { strategy: 'token' }, pools: { app: { origins: base.pools.app.origins.slice(0, 1), commands: base.pools.app.commands } } }`;

/** Half of it is no UTF-8, and no two pieces of it are the same. */
const large = randomBytes(5_000_000);
const text = 'Grüße, 世界, 👋\r\n';

const bodies: [what: string, body: Buffer, headers: Record<string, string>][] = [
  ['nothing', Buffer.alloc(0), { 'content-type': 'text/plain' }],
  ['a byte that is no text', Buffer.from([0xff]), { 'content-type': 'text/plain' }],
  ['every byte there is, without a content type', Buffer.from(Array.from({ length: 256 }, (_, i) => i)), {}],
  ['text without a content type', Buffer.from(text), {}],
  ['JSON', Buffer.from(JSON.stringify({ text })), { 'content-type': 'application/json' }],
  ['text in Latin-1', Buffer.from('na\xefve caf\xe9', 'latin1'), { 'content-type': 'text/html; charset=iso-8859-1' }],
  ['text in UTF-16', Buffer.from(`\ufeff${text}`, 'utf16le'), { 'content-type': 'text/plain; charset=utf-16' }],
  ['text with a mark in front', Buffer.from(`\ufeff${text}`), { 'content-type': 'text/plain; charset=utf-8' }],
  ['text that is no UTF-8', Buffer.from([0x61, 0xc3, 0x28, 0xed, 0xa0, 0x80, 0x00]), { 'content-type': 'text/plain' }],
  ['a gzip that says so', gzipSync(text.repeat(100)), { 'content-type': 'text/plain', 'content-encoding': 'gzip' }],
  ['a gzip that does not', gzipSync(text.repeat(100)), { 'content-type': 'text/plain' }],
  ['a stream of octets', randomBytes(70_000), { 'content-type': 'application/octet-stream' }],
];

throughEveryFront('the same bytes', { definition }, (world, front) => {
  const eu = () => world.origins.eu;
  const client = () => world.client({});
  /** Answers with what it was sent, under the same headers. */
  const echo = () =>
    eu().on('/echo', ({ body, headers }, response) => {
      for (const name of ['content-type', 'content-encoding']) {
        if (headers[name] !== undefined) response.setHeader(name, headers[name]);
      }
      response.end(body);
    });

  it.each(bodies)('%s, there and back', async (_, body, headers) => {
    echo();
    // Cloudflare packs and unpacks for its clients as they wish; what is to come through as it is has to be wished so.
    const wished = { 'accept-encoding': headers['content-encoding'] ?? 'identity' };
    const reply = await client().ask('/echo', { method: 'POST', body, headers: { ...wished, ...headers } });
    const arrived = eu().seen.at(-1);
    expect(reply.status).toBe(200);
    for (const received of [arrived?.body as Buffer, reply.body]) {
      expect([received.length, sha256(received)]).toEqual([body.length, sha256(body)]);
      expect(received.equals(body)).toBe(true);
    }
    for (const name of ['content-type', 'content-encoding']) {
      expect([name, arrived?.headers[name] ?? null]).toEqual([name, headers[name] ?? null]);
      expect([name, reply.header(name)]).toEqual([name, headers[name] ?? null]);
    }
  });

  it('the largest upload, and the largest reply', async () => {
    echo();
    const sent = large.subarray(0, front.mostRequestBytes);
    const headers = { 'content-type': 'application/octet-stream' };
    const up = await client().ask('/echo', { method: 'PUT', body: sent, headers });
    expect([up.status, up.body.length, sha256(up.body)]).toEqual([200, sent.length, sha256(sent)]);
    expect(sha256(eu().seen.at(-1)?.body as Buffer)).toBe(sha256(sent));

    const said = large.subarray(0, front.mostReplyBytes ?? large.length);
    eu().on('/large', (_, response) => void response.writeHead(200, { 'x-sha256': sha256(said) }).end(said));
    const down = await client().ask('/large');
    expect([down.status, down.body.length, sha256(down.body)]).toEqual([200, said.length, down.header('x-sha256')]);
    expect(down.body.equals(said)).toBe(true);
  });

  it('more than can be delivered is said to be too large, and the origin is left', async ({ skip }) => {
    skip(front.mostReplyBytes === null, 'a stream has no end that is too far');
    for (const announced of [true, false]) {
      const closed = new Promise<void>((done) => {
        eu().on('/too-large', (_, response) => {
          response.once('close', () => done());
          const body = Buffer.alloc((front.mostReplyBytes as number) * 1.2);
          response.writeHead(200, announced ? { 'content-length': body.length } : {});
          response.write(body);
        });
      });
      const reply = await client().ask('/too-large');
      expect([reply.status, reply.json().code]).toEqual([502, 'reply_too_large']);
      await closed;
    }
  });

  it('a reply that breaks off is never passed off as a whole one', async () => {
    for (const headers of [{}, { 'content-length': '100' }] as Record<string, string>[]) {
      eu().on('/dies', (_, response, request) => {
        response.writeHead(200, { 'content-type': 'text/plain', ...headers });
        response.write('the beginning');
        setTimeout(() => request.socket.destroy(), 50);
      });
      const outcome = await client()
        .ask('/dies')
        .then(({ status, json }) => [status, json().code])
        .catch(() => 'broken');
      expect(outcome).toEqual(front.mostReplyBytes === null ? 'broken' : [502, 'origin_unreachable']);
    }
    expect((await client().ask('/after')).status).toBe(200);
  });

  describe('what says nothing of its own', () => {
    it('a GET with a body', async () => {
      echo();
      const fields = ['Content-Type: application/json', 'Content-Length: 11'];
      const reply = await say(world.url, requestOf(world.url, 'GET /echo', fields, '{"query":1}'));
      expect(eu().seen.at(-1)).toMatchObject({ method: 'GET', body: Buffer.from('{"query":1}') });
      expect(reply.text).toContain('{"query":1}');
    });

    it('a HEAD', async () => {
      eu().on('/page', (_, response) => void response.writeHead(200, { 'content-length': '12', etag: '"a"' }).end());
      const reply = await client().ask('/page', { method: 'HEAD' });
      expect([reply.status, reply.body.length, reply.header('etag')]).toEqual([200, 0, '"a"']);
      expect(eu().seen.at(-1)?.method).toBe('HEAD');
    });

    it.each([204, 304])('a %i', async (status) => {
      eu().on('/none', (_, response) => void response.writeHead(status, { etag: 'W/"a"' }).end());
      const reply = await client().ask('/none', { headers: { 'if-none-match': 'W/"a"' } });
      expect([reply.status, reply.body.length, reply.header('etag')]).toEqual([status, 0, 'W/"a"']);
      expect(reply.header('content-type')).toBeNull();
    });

    it('a part of a file', async () => {
      const part = large.subarray(1_000, 2_000);
      const range = { 'content-range': 'bytes 1000-1999/5000000', 'content-type': 'application/octet-stream' };
      eu().on('/part', (_, response) => void response.writeHead(206, range).end(part));
      const reply = await client().ask('/part', { headers: { range: 'bytes=1000-1999', 'if-range': '"a"' } });
      expect([reply.status, reply.header('content-range')]).toEqual([206, range['content-range']]);
      expect(reply.body.equals(part)).toBe(true);
      expect(eu().seen.at(-1)?.headers).toMatchObject({ range: 'bytes=1000-1999', 'if-range': '"a"' });
    });
  });

  it('five cookies, commas and all', async () => {
    const cookies = [1, 2, 3, 4, 5].map(
      (n) => `c${n}=a,b="${n}"; Expires=Wed, 0${n} Jan 2031 00:00:00 GMT; Path=/; HttpOnly`,
    );
    eu().on('/cookies', (_, response) => void response.writeHead(200, { 'set-cookie': cookies }).end());
    const reply = await client().ask('/cookies');
    expect(reply.setCookies.filter((line) => !line.startsWith('__Host-'))).toEqual(cookies);
  });

  it('and no word that only the gateway may say', async () => {
    const names = ['Session-Status', 'Session-Assertion', 'X-Forwarded-For', 'X-Forwarded-User', 'Forwarded'];
    names.push('X-Real-IP', 'X-Original-URL', 'Client-Cert', 'Remote-User', 'X-Request-Id', 'Session-Origin-Token');
    const ways = (name: string) => [name, name.toLowerCase(), name.replaceAll('-', '_'), name.replace('-', '_')];
    const fields = names.flatMap((name) => [...ways(name), name].map((way) => `${way}: forged-by-the-client`));
    const reply = await say(world.url, requestOf(world.url, 'GET /heard', [...fields, 'X-App: kept']));
    expect(reply.status).toBe(200);
    const { headers } = eu().seen.at(-1) as { headers: Record<string, string> };
    expect(JSON.stringify(headers)).not.toContain('forged');
    expect(headers).toMatchObject({ 'x-app': 'kept', 'session-status': 'anonymous', via: '1.1 berth' });
    expect(headers['x-forwarded-for']).toBe(/for=([^;]+)/.exec(headers.forwarded as string)?.[1]);
    const again = requestOf(world.url, 'GET /heard', [`CDN-Loop: other, ${headers['cdn-loop']}`]);
    expect((await say(world.url, again)).status).toBe(508);
  });

  it.for([
    '?a=1&a=2&b=',
    '',
    '?e=%C3%BC&f=%c3%bc',
    '?g=a%20b%2Bc',
    '?h[]=1&i={2}&j=|^`',
    '?m==&n=?/;:@!$()*,',
    '?redirect=https://x.example/a?b=c',
    '?a%5B%5D=x%26y%3Dz%23%3F&A=1',
    '?__proto__=1&constructor=2',
  ])('the query %s', async (query) => {
    const reply = await say(world.url, requestOf(world.url, `GET /query${query}`));
    expect(reply.status).toBe(200);
    const arrived = eu().seen.at(-1)?.url as string;
    if (front.query === 'sent') return expect(arrived).toBe(`/query${query}`);
    const pairs = (url: string) => [...new URL(url, 'http://x').searchParams].sort(([a], [b]) => (a < b ? -1 : 1));
    expect(pairs(arrived)).toEqual(pairs(`/query${query}`));
  });
});
