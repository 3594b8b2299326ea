import { describe, expect, it } from 'vitest';
import { cloudfrontViewer, createHops, placeOf } from '../../../shared/client/forwarded.ts';

describe('hops', () => {
  const hopsOf = createHops(['10.0.0.0/8', '2001:db8::/32']);
  it.each<[string | null, string | null, string | null, string[]]>([
    ['203.0.113.9', '198.51.100.1', '203.0.113.9', []],
    [null, '198.51.100.1', null, []],
    ['10.0.0.1', null, '10.0.0.1', []],
    ['10.0.0.1', '', '10.0.0.1', []],
    ['10.0.0.1', '198.51.100.1', '198.51.100.1', ['10.0.0.1']],
    ['10.0.0.1', 'evil, 198.51.100.1', '198.51.100.1', ['10.0.0.1']],
    ['10.0.0.1', '1.1.1.1, 198.51.100.1', '198.51.100.1', ['10.0.0.1']],
    ['10.0.0.1', '198.51.100.1, 10.0.0.2', '198.51.100.1', ['10.0.0.2', '10.0.0.1']],
    ['10.0.0.1', '198.51.100.1, nonsense', '10.0.0.1', []],
    ['10.0.0.1', '198.51.100.1:443', '198.51.100.1', ['10.0.0.1']],
    ['10.0.0.1', '[2001:4860::7]:443', '2001:4860::7', ['10.0.0.1']],
    ['10.0.0.1', '"[2001:4860::7]"', '2001:4860::7', ['10.0.0.1']],
    ['10.0.0.1', '198.51.100.1:4711, 10.0.0.2:80', '198.51.100.1', ['10.0.0.2', '10.0.0.1']],
    ['10.0.0.1', '6.6.6.6:1, 198.51.100.1:2', '198.51.100.1', ['10.0.0.1']],
    ['10.0.0.1', '198.51.100.1, , 10.0.0.2,', '198.51.100.1', ['10.0.0.2', '10.0.0.1']],
    ['10.0.0.1', 'unknown', '10.0.0.1', []],
    ['10.0.0.1', '198.51.100.1, _hidden', '10.0.0.1', []],
    ['10.0.0.1', 'unknown, 10.0.0.2', '10.0.0.2', ['10.0.0.1']],
    ['10.0.0.1', '10.0.0.1, 10.0.0.2', '10.0.0.1', ['10.0.0.2', '10.0.0.1']],
    ['::ffff:10.0.0.1', '198.51.100.1', '198.51.100.1', ['::ffff:10.0.0.1']],
    ['2001:db8::1', '198.51.100.1', '198.51.100.1', ['2001:db8::1']],
  ])('from %s with X-Forwarded-For %j the client is %s', (peer, header, address, forwardedFor) => {
    expect(hopsOf(peer, header)).toEqual({ address, forwardedFor });
  });
  it('nobody is trusted unless the configuration says so', () => {
    expect(createHops([])('10.0.0.1', '198.51.100.1')).toEqual({ address: '10.0.0.1', forwardedFor: [] });
  });
  it('a chain without end is read from its near end', () => {
    const chain = Array.from({ length: 500 }, (_, i) => `10.0.${i >> 8}.${i & 255}`).join(', ');
    expect(hopsOf('10.9.9.9', chain).forwardedFor.length).toBeLessThanOrEqual(20);
  });
});

describe('CloudFront', () => {
  const headers = (more: Record<string, string> = {}) =>
    new Headers({
      'x-edge-secret': 'secret',
      'cloudfront-viewer-address': '198.51.100.7:46532',
      'cloudfront-viewer-latitude': '48.1',
      'cloudfront-viewer-longitude': '11.6',
      ...more,
    });
  it('is believed when it shows the secret', async () => {
    expect(await cloudfrontViewer(headers(), 'secret')).toEqual({
      address: '198.51.100.7',
      place: { latitude: 48.1, longitude: 11.6 },
    });
  });
  it.each([
    ['[2001:db8::7]:443', '2001:db8::7'],
    ['2001:db8::7:443', '2001:db8::7'],
    ['nonsense', null],
  ])('the viewer %s is at %s', async (text, address) => {
    expect((await cloudfrontViewer(headers({ 'cloudfront-viewer-address': text }), 'secret'))?.address).toBe(address);
  });
  it('is nobody without the right secret, or where none is configured', async () => {
    expect(await cloudfrontViewer(headers({ 'x-edge-secret': 'wrong' }), 'secret')).toBeNull();
    expect(await cloudfrontViewer(headers({ 'x-edge-secret': '' }), 'secret')).toBeNull();
    expect(await cloudfrontViewer(headers(), null)).toBeNull();
    expect(await cloudfrontViewer(new Headers(), 'secret')).toBeNull();
  });
});

it.each<[unknown, unknown, boolean]>([
  ['48.1', '11.6', true],
  ['-90', '180', true],
  [' 1 ', '2', true],
  ['90.1', '0', false],
  ['0', '-180.5', false],
  ['1e1', '0', false],
  ['', '', false],
  ['0x10', '0', false],
  [undefined, '0', false],
  [48.1, 11.6, false],
])('%j, %j is a place: %s', (latitude, longitude, expected) => {
  expect(placeOf(latitude, longitude) !== null).toBe(expected);
});
