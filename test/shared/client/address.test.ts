import { describe, expect, it } from 'vitest';
import {
  type Address,
  type Cidr,
  formatAddress,
  inCidr,
  isLoopback,
  parseAddress,
  parseCidr,
  prefixOf,
} from '../../../shared/client/address.ts';

const holds = (address: string, cidr: string): boolean =>
  inCidr(parseAddress(address) as Address, parseCidr(cidr) as Cidr);

const textOf = (text: string): string | null => {
  const address = parseAddress(text);
  return address && formatAddress(address);
};

describe('an address', () => {
  it.each([
    ['203.0.113.9', '203.0.113.9'],
    ['0.0.0.0', '0.0.0.0'],
    ['255.255.255.255', '255.255.255.255'],
    ['::', '::'],
    ['::1', '::1'],
    ['1::', '1::'],
    ['2001:db8::9', '2001:db8::9'],
    ['2001:0DB8:0000:0000:0000:0000:0000:0009', '2001:db8::9'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
    ['1:2:3:4:5:6:1.2.3.4', '1:2:3:4:5:6:102:304'],
    ['::ffff:203.0.113.9', '203.0.113.9'],
    ['::FFFF:cb00:7109', '203.0.113.9'],
  ])('%s is read and written as %s', (text, canonical) => {
    expect(textOf(text)).toBe(canonical);
  });

  it.each([
    '',
    ' 203.0.113.9',
    '203.0.113.9 ',
    '203.0.113',
    '203.0.113.9.1',
    '203.0.113.256',
    '203.0.113.09',
    '0x7f.0.0.1',
    '127.1',
    '2130706433',
    '203.0.113.9:80',
    '203.0.113.-1',
    '203.0.113.',
    '٢03.0.113.9',
    ':',
    ':::',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7:8::',
    '::1:2:3:4:5:6:7:8',
    '1::2::3',
    ':1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:',
    '12345::',
    'g::',
    '[::1]',
    '::1%eth0',
    '::1/128',
    '1.2.3.4::',
    '::1.2.3.4:5',
    '::1.2.3',
    '1:2:3:4:5:6:7:1.2.3.4',
    'localhost',
    `${'0'.repeat(60)}::`,
  ])('%j is none', (text) => {
    expect(parseAddress(text)).toBe(null);
  });
});

describe('a network', () => {
  it.each([
    ['10.1.2.3', '10.0.0.0/8', true],
    ['11.1.2.3', '10.0.0.0/8', false],
    ['10.1.2.3', '10.9.9.9/8', true],
    ['192.168.1.127', '192.168.1.0/25', true],
    ['192.168.1.128', '192.168.1.0/25', false],
    ['1.2.3.4', '0.0.0.0/0', true],
    ['1.2.3.4', '1.2.3.4', true],
    ['1.2.3.5', '1.2.3.4', false],
    ['1.2.3.5', '1.2.3.4/32', false],
    ['::ffff:10.1.2.3', '10.0.0.0/8', true],
    ['10.1.2.3', '::ffff:10.0.0.0/104', true],
    ['11.1.2.3', '::ffff:10.0.0.0/104', false],
    ['2001:db8::1', '2001:db8::/32', true],
    ['2001:db9::1', '2001:db8::/32', false],
    ['2001:db8:0:12ff::1', '2001:db8:0:1200::/56', true],
    ['2001:db8:0:1300::1', '2001:db8:0:1200::/56', false],
    ['::1', '::1', true],
    ['10.1.2.3', '::/0', false],
    ['::1', '0.0.0.0/0', false],
  ])('holding %s or not: %s, %s', (address, cidr, expected) => {
    expect(holds(address, cidr)).toBe(expected);
  });

  it.each([
    '10.0.0.0/33',
    '10.0.0.0/08',
    '10.0.0.0/',
    '10.0.0.0/-1',
    '10.0.0.0/8/8',
    '10.0/8',
    '::/129',
    '/8',
    '::ffff:10.0.0.0/8',
    'x',
  ])('written %s is none', (cidr) => {
    expect(parseCidr(cidr)).toBe(null);
  });
});

describe('the prefix of an address', () => {
  it.each([
    ['203.0.113.9', 24, 56, '203.0.113.0/24'],
    ['203.0.113.9', 32, 56, '203.0.113.9/32'],
    ['203.0.113.9', 0, 56, '0.0.0.0/0'],
    ['::ffff:203.0.113.9', 24, 56, '203.0.113.0/24'],
    ['2001:db8:0:12ff:1::9', 24, 56, '2001:db8:0:1200::/56'],
    ['2001:db8:0:12ff:1::9', 24, 128, '2001:db8:0:12ff:1::9/128'],
  ])('%s under /%i and /%i is %s', (address, ipv4, ipv6, expected) => {
    expect(prefixOf(address, ipv4, ipv6)).toBe(expected);
  });

  it('is none where there is no address', () => {
    expect(prefixOf('nonsense', 24, 56)).toBe(null);
  });
});

describe('this machine', () => {
  it.each(['127.0.0.1', '127.255.0.1', '::1', '::ffff:127.0.0.1'])('is meant by %s', (address) => {
    expect(isLoopback(address)).toBe(true);
  });

  it.each(['128.0.0.1', '0.0.0.0', '::', '::2', '1::1', 'localhost', ''])('is not meant by %j', (address) => {
    expect(isLoopback(address)).toBe(false);
  });
});
