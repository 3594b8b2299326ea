import { expect, it } from 'vitest';
import { throughBothDoors } from '../support/doors.ts';
import { say } from '../support/raw-http.ts';

const definition = `{
  ...base,
  session: { strategy: 'token' },
  publicOrigins: ['https://shop.example', 'https://shop.example:8443', env.PUBLIC_ORIGIN],
  routes: [{ path: '/*', host: 'shop.example', pool: 'app', session: 'optional' }, ...base.routes],
}`;

// A public origin that is no loopback address takes no development headers.
throughBothDoors('a public origin', { definition, env: { DEV_HEADERS: '' } }, (world) => {
  const ask = async (host: string) => {
    const seen = () => Object.values(world.origins).flatMap((origin) => origin.seen);
    const before = seen().length;
    const fields = `Host: ${host}\r\nConnection: close\r\nSession-Explain: ${world.serviceToken}`;
    const { status, text } = await say(world.url, `GET /asked HTTP/1.1\r\n${fields}\r\n\r\n`);
    const arrived = seen().length > before ? JSON.parse(text.slice(text.indexOf('{'))) : null;
    const route = /route=(\d+)/.exec(text)?.[1] ?? null;
    return { status, route, host: arrived?.headers['x-forwarded-host'] ?? null };
  };

  // Both doors are asked over http here, which has a port of its own that may be written too.
  it.each(['shop.example', 'shop.example:443', 'Shop.Example:443', 'SHOP.EXAMPLE', 'shop.example:80'])(
    'is asked by %s',
    async (host) => {
      expect(await ask(host)).toEqual({ status: 200, route: '1', host: 'shop.example' });
    },
  );

  it('on a port of its own is another one, with and without letter case', async () => {
    for (const host of ['shop.example:8443', 'Shop.example:8443']) {
      expect(await ask(host)).toMatchObject({ status: 200, host: 'shop.example:8443' });
    }
  });

  it('on this machine is asked by its port alone', async () => {
    const { host } = new URL(world.url);
    expect(await ask(host.toUpperCase())).toMatchObject({ status: 200, host });
    expect(await ask('localhost')).toMatchObject({ status: 421, host: null });
  });

  it.each(['shop.example:444', 'shop.example:4430', 'shop.example.', 'shop.example.:443', 'www.shop.example'])(
    'is not asked by %s',
    async (host) => {
      expect(await ask(host)).toMatchObject({ status: 421, host: null });
    },
  );
});
