import { expect, it } from 'vitest';
import { throughEveryFront } from '../support/fronts.ts';
import { requestOf, say } from '../support/raw-http.ts';

const definition = `{ ...base, session: { strategy: 'token' }, pools: { app: { origins: base.pools.app.origins.slice(0, 1) } }, routes: [{ path: '/*', pool: 'app', session: 'optional' }] }`;

const characters = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, i) => String.fromCharCode(from + i));

/** No request target has these (RFC 9112, section 3.2): they end the line, or are no ASCII. */
const impossible = [...characters(0x00, 0x20), ...characters(0x7f, 0xff)];
/** A `?` ends the path; a `#` is no part of what is sent. */
const visible = characters(0x21, 0x7e).filter((sign) => sign !== '?' && sign !== '#');
/** workerd's own reader of HTTP ends these requests before the Worker hears of them. */
const refusedByWorkerd = ['<', '>', '`'];

const others = [
  '/%',
  '/%4',
  '/%zz',
  '/%%41',
  '/%41%',
  '/100%/of',
  '/a%2fb',
  '/a%5Cb',
  '/%c3%a9',
  '/%E9',
  '/a;b=c;d/e',
  '/a/../b',
  '/a/%2e%2e/b',
  '/a/.%2E/b/%2e',
  '/.a/b.',
  '/a\\..\\b',
  '/a\\\\b',
  '//a//b',
  '/[a|b]{c}^"d"',
];

/** What the URL standard's parser makes of a path that was sent after a host. */
const standard = (path: string): string => new URL(`http://shop.example${path}`).pathname;

/** What an event with a decoded path leaves open is taken for escaped: a `%` for itself, a backslash for no slash. */
const decoded: Readonly<Record<string, string>> = { '%': '%25', '\\': '%5C' };

throughEveryFront('a path', { definition }, (world, front) => {
  const arrivedFor = async (path: string): Promise<{ status: number; urls: string[] }> => {
    const { seen } = world.origins.eu;
    const before = seen.length;
    const { status } = await say(world.url, requestOf(world.url, `GET ${path}`));
    return { status, urls: seen.slice(before).map(({ url }) => url) };
  };

  it('with any visible character of ASCII', async () => {
    const heard: Record<string, unknown> = {};
    const expected: Record<string, unknown> = {};
    for (const sign of visible) {
      const { status, urls } = await arrivedFor(`/x/a${sign}b`);
      heard[sign] = [status, ...urls];
      const isRefused = front.lambda === null && refusedByWorkerd.includes(sign);
      const written = front.path === 'decoded' ? (decoded[sign] ?? sign) : sign;
      expected[sign] = isRefused ? [400] : [200, standard(`/x/a${written}b`)];
    }
    expect(heard).toEqual(expected);
  });

  it('is no path with anything else in it', async () => {
    for (const sign of impossible)
      expect([sign, await arrivedFor(`/x/a${sign}b`)]).toEqual([sign, { status: 400, urls: [] }]);
  });

  it.for(others)('%s', async (path, { skip }) => {
    skip(front.path === 'decoded', 'an event with a decoded path does not say how it was written');
    expect(await arrivedFor(path)).toEqual({ status: 200, urls: [standard(path)] });
  });
});
