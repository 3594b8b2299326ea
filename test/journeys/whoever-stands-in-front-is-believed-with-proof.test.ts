import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { throughBothDoors } from '../support/doors.ts';

const secret = randomBytes(32).toString('base64url');
const definition = `{
  ...base,
  session: { strategy: 'token' },
  trust: { proxies: ['10.0.0.0/8', '2001:db8:ffff::/48'], cloudfront: { secret: env.EDGE_SECRET } },
}`;

throughBothDoors('whoever stands in front', { definition, env: { EDGE_SECRET: secret } }, (world) => {
  const heard = async (headers: Record<string, string>) => {
    const reply = await world.client().ask('/', { headers });
    expect(reply.status).toBe(200);
    const { headers: arrived } = reply.json() as { headers: Record<string, string> };
    return { arrived, explained: reply.explained(), requestId: reply.header('x-request-id') };
  };

  it.each<[string, string, string, string]>([
    ['a proxy of ours names the client', '10.0.0.1', '198.51.100.1', '198.51.100.1, 10.0.0.1'],
    ['two of them, one behind the other', '10.0.0.1', '198.51.100.1, 10.0.0.2', '198.51.100.1, 10.0.0.2, 10.0.0.1'],
    ['what the client said before is left out', '10.0.0.1', '6.6.6.6, 198.51.100.1', '198.51.100.1, 10.0.0.1'],
    ['over IPv6', '2001:db8:ffff::1', '2001:db8::7', '2001:db8::7, 2001:db8:ffff::1'],
    ['with the port it came from', '10.0.0.1', '198.51.100.1:4711', '198.51.100.1, 10.0.0.1'],
    ['over IPv6, in brackets', '10.0.0.1', '[2001:db8::7]', '2001:db8::7, 10.0.0.1'],
    ['over IPv6, in brackets and with a port', '10.0.0.1', '[2001:db8::7]:443', '2001:db8::7, 10.0.0.1'],
    ['in quotes', '10.0.0.1', '"[2001:db8::7]:443"', '2001:db8::7, 10.0.0.1'],
    ['two of them, ports and all', '10.0.0.1', '198.51.100.1:1, 10.0.0.2:2', '198.51.100.1, 10.0.0.2, 10.0.0.1'],
    ['what is empty is left out', '10.0.0.1', '198.51.100.1,, 10.0.0.2 ,', '198.51.100.1, 10.0.0.2, 10.0.0.1'],
    ['a proxy written as IPv6', '::ffff:10.0.0.1', '198.51.100.1', '198.51.100.1, ::ffff:10.0.0.1'],
    ['a proxy with its own port', '10.0.0.1:80', '198.51.100.1:4711', '198.51.100.1, 10.0.0.1'],
    ['a proxy that hides the client is the client itself', '10.0.0.1', '_hidden', '10.0.0.1'],
    ['a stranger’s port proves nothing', '203.0.113.9', '10.0.0.1:80', '203.0.113.9'],
    ['a proxy that names nobody is the client itself', '10.0.0.1', 'unknown', '10.0.0.1'],
    ['a stranger is believed nothing', '203.0.113.9', '198.51.100.1', '203.0.113.9'],
    ['a stranger who claims to be a proxy neither', '203.0.113.9', '198.51.100.1, 10.0.0.1', '203.0.113.9'],
  ])('%s', async (_, peer, said, expected) => {
    const { arrived } = await heard({
      'dev-client-ip': peer,
      'x-forwarded-for': said,
      'x-forwarded-host': 'evil.example',
    });
    expect(arrived['x-forwarded-for']).toBe(expected);
    expect(arrived['x-forwarded-host']).toBe(new URL(world.url).host);
    const nodes = expected.split(', ').map((address) => (address.includes(':') ? `"[${address}]"` : address));
    expect(arrived.forwarded?.split(', ').map((element) => /for=([^;]+)/.exec(element)?.[1])).toEqual(nodes);
  });

  it('gives the request its name only when it is one of ours', async () => {
    const named = { 'x-forwarded-for': '198.51.100.1', 'x-request-id': 'named-by-the-proxy-1' };
    const ours = await heard({ ...named, 'dev-client-ip': '10.0.0.1' });
    expect([ours.requestId, ours.arrived['x-request-id']]).toEqual(['named-by-the-proxy-1', 'named-by-the-proxy-1']);
    const strangers = await heard({ ...named, 'dev-client-ip': '203.0.113.9' });
    expect(strangers.requestId).not.toBe('named-by-the-proxy-1');
    expect(strangers.arrived['x-request-id']).toBe(strangers.requestId);
  });

  const viewer = {
    'cloudfront-viewer-address': '198.51.100.7:46532',
    'cloudfront-viewer-latitude': '35.7',
    'cloudfront-viewer-longitude': '139.7',
    'cloudfront-viewer-country': 'JP',
  };

  it('as CloudFront says where its viewer is, and leads to the origin next to it', async () => {
    const { arrived, explained } = await heard({ ...viewer, 'x-edge-secret': secret });
    expect(arrived['x-forwarded-for']).toBe('198.51.100.7');
    expect(explained).toMatchObject({ origin: 'ap', because: 'nearest' });
  });

  it.each([
    ['2001:db8::7:46532', '2001:db8::7'],
    ['[2001:db8::7]:46532', '2001:db8::7'],
  ])('as CloudFront over IPv6, which writes %s', async (written, address) => {
    const { arrived } = await heard({ 'cloudfront-viewer-address': written, 'x-edge-secret': secret });
    expect(arrived['x-forwarded-for']).toBe(address);
  });

  it('as CloudFront without its secret is a stranger like any other', async () => {
    for (const shown of [
      {},
      { 'x-edge-secret': 'wrong' },
      { 'x-edge-secret': '' },
      { 'x-edge-secret': secret.slice(0, -1) },
    ]) {
      const { arrived } = await heard({ ...viewer, ...shown });
      expect(arrived['x-forwarded-for']).toMatch(/^(127\.0\.0\.1|::1)$/);
    }
  });

  it('keeps its secret, and what it said of its viewer, from every origin', async () => {
    const { arrived } = await heard({ ...viewer, 'x-edge-secret': secret });
    expect(JSON.stringify(arrived)).not.toContain(secret);
    expect(Object.keys(arrived).filter((name) => /^cloudfront-|^x-edge/.test(name))).toEqual([]);
    expect(world.lines.join('\n')).not.toContain(secret);
  });
});
