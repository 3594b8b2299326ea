import { describe, expect, it } from 'vitest';
import { throughBothDoors } from '../support/doors.ts';
import type { Seen } from '../support/origin.ts';
import { requestOf, say } from '../support/raw-http.ts';

/** One character per byte, as `raw-http.ts` sends them and Node shows them. */
const names = ['caf\xe9', 'caf\xe8', 'caf\xc3\xa9', 'caf\xc3', '\xff\xfe\xfd', 'caf\xef\xbf\xbd'];

throughBothDoors('header bytes pass as they came', {}, (world) => {
  async function arrival(line: string, fields: readonly string[]): Promise<Seen> {
    const before = new Map(Object.values(world.origins).map((origin) => [origin, origin.seen.length]));
    const reply = await say(world.url, requestOf(world.url, line, fields));
    const seen = [...before].flatMap(([origin, count]) => origin.seen.slice(count));
    expect([reply.status, seen.length]).toEqual([200, 1]);
    return seen[0] as Seen;
  }
  const valuesOf = ({ rawHeaders }: Seen, name: string): string[] =>
    rawHeaders.filter((_, i) => i % 2 === 1 && rawHeaders[i - 1]?.toLowerCase() === name);

  it.each([
    'x-name',
    'user-agent',
    'authorization',
    'accept-language',
    'origin-of-mine',
    // What is new in every request, and written apart.
    ...['referer', 'if-none-match', 'if-modified-since', 'range', 'baggage', 'sentry-trace', 'x-correlation-id'],
  ])('to the origin, and nobody’s %s reaches it for another’s', async (field) => {
    for (let round = 0; round < 2; round++) {
      for (const name of names) {
        expect(valuesOf(await arrival('GET /x', [`${field}: ${name}`]), field)).toEqual([name]);
      }
    }
  });

  it('in several fields at once, beside others that come again and again', async () => {
    for (let round = 0; round < 2; round++) {
      for (const [i, name] of names.entries()) {
        const other = names[(i + 1) % names.length] as string;
        const fields = ['Accept: text/html', `Referer: https://shop.example/${name}`, `X-Name: ${other}`];
        const seen = await arrival('GET /x', [...fields, 'If-None-Match: "1"']);
        expect(valuesOf(seen, 'referer')).toEqual([`https://shop.example/${name}`]);
        expect(valuesOf(seen, 'x-name')).toEqual([other]);
        expect(valuesOf(seen, 'if-none-match')).toEqual(['"1"']);
      }
    }
  });

  describe('in cookies of an application', () => {
    it('that travel without ours', async () => {
      for (let round = 0; round < 2; round++) {
        for (const name of names) {
          const cookie = `theme=dark; name=${name}; lang=de`;
          expect(valuesOf(await arrival('GET /x', [`Cookie: ${cookie}`]), 'cookie')).toEqual([cookie]);
        }
      }
    });

    it('that travel beside ours, as far as a Worker can see them', async () => {
      const client = world.client({});
      await client.ask('/x');
      const pin = client.jar.get('__Host-affinity');
      for (const name of names) {
        const cookie = `theme=dark; __Host-affinity=${pin}; name=${name}; lang=de`;
        const [arrived = ''] = valuesOf(await arrival('GET /x', [`Cookie: ${cookie}`]), 'cookie');
        expect(arrived).toBe(`theme=dark; name=${world.door === 'worker' ? asWorkersShow(name) : name}; lang=de`);
      }
    });
  });

  it('to the client, whether a cookie of ours comes along or not', async () => {
    const said = (name: string): string[][] => [
      ['set-cookie', `name=${name}; Path=/`],
      ['set-cookie', `other=${name}${name}`],
      ['location', `/${name}`],
      ['etag', `"${name}"`],
      ['x-name', name],
      ['content-disposition', `attachment; filename=${name}`],
    ];
    for (const [i, name] of names.entries()) {
      for (const path of [`/said-${i}`, `/assets/said-${i}`]) {
        for (const origin of Object.values(world.origins)) {
          origin.on(path, (_, response) => void response.writeHead(200, said(name).flat()).end());
        }
      }
    }
    for (let round = 0; round < 2; round++) {
      for (const [i, name] of names.entries()) {
        for (const path of [`/said-${i}`, `/assets/said-${i}`]) {
          const { text } = await say(world.url, requestOf(world.url, `GET ${path}`));
          const heard = text.slice(0, text.indexOf('\r\n\r\n')).split('\r\n').map(lowerName);
          // `wrangler dev` writes every Set-Cookie again as UTF-8; workerd itself does not (`bytes-on-the-wire.test.ts`).
          const lines = said(name).filter(([field]) => field !== 'set-cookie' || world.door === 'lambda');
          expect(heard).toEqual(expect.arrayContaining(lines.map((line) => line.join(': '))));
        }
      }
    }
  });
});

const definition = `({
  ...base,
  pools: { app: { ...base.pools.app, affinity: { by: 'header', name: 'X-Conversation', value: 'wrap' } } },
})`;

throughBothDoors('an id of the application’s with such bytes', { definition }, (world) => {
  it('comes back to its origin as it was issued', async () => {
    for (const name of names) {
      for (const origin of Object.values(world.origins)) {
        origin.on('/begin', (_, response) => void response.writeHead(200, { 'x-conversation': name }).end());
      }
      const { text } = await say(world.url, requestOf(world.url, 'GET /begin'));
      const held = /^x-conversation: (.*)$/im.exec(text)?.[1] ?? '';
      expect(held.split('~')[0]).toBe(name);
      await say(world.url, requestOf(world.url, 'GET /goes-on', [`X-Conversation: ${held}`]));
      const arrived = Object.values(world.origins).flatMap(({ seen }) => seen.slice(-1));
      expect(arrived.filter(({ url }) => url === '/goes-on').map(({ headers }) => headers['x-conversation'])).toContain(
        name,
      );
    }
  });
});

const lowerName = (line: string): string => line.replace(/^[^:]*/, (name) => name.toLowerCase());

/** Bytes that are no UTF-8 are U+FFFD, one by one, and its UTF-8 bytes when they are written. */
const asWorkersShow = (bytes: string): string =>
  Buffer.from(Buffer.from(bytes, 'latin1').toString('utf8'), 'utf8').toString('latin1');
