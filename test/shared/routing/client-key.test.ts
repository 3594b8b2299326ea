import { describe, expect, it } from 'vitest';
import { clientKeyOf } from '../../../shared/routing/client-key.ts';

describe('a client is known by', () => {
  it('its family when it has a session, wherever it is', () => {
    expect(clientKeyOf({ family: 'family-1', address: '203.0.113.9' })).toBe('family-1');
  });

  it('its network when it has none', () => {
    expect(clientKeyOf({ family: null, address: '203.0.113.9' })).toBe('203.0.113.0/24');
    expect(clientKeyOf({ family: null, address: '2001:db8:1:23ff::9' })).toBe('2001:db8:1:2300::/56');
  });

  it('a network as wide as the pool asks for', () => {
    expect(clientKeyOf({ family: null, address: '203.0.113.9' }, { ipv4Prefix: 32, ipv6Prefix: 48 })).toBe(
      '203.0.113.9/32',
    );
  });

  it('one common key when nothing is known of it', () => {
    expect(clientKeyOf({ family: null, address: null })).toBe('nobody');
    expect(clientKeyOf({ family: null, address: 'no address' })).toBe('nobody');
  });
});
