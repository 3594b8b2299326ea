import { describe, expect, it } from 'vitest';
import type { AffinityBy } from '../../../../shared/config/settings.ts';
import { clientKeyFor, clientKeyOf } from '../../../../shared/routing/pins/client-key.ts';

describe('a client is known by', () => {
  it('its family when it has a session, wherever it is', () => {
    expect(clientKeyOf({ sessionId: 'family-1', address: '203.0.113.9' })).toBe('family-1');
  });

  it('its network when it has none', () => {
    expect(clientKeyOf({ sessionId: null, address: '203.0.113.9' })).toBe('203.0.113.0/24');
    expect(clientKeyOf({ sessionId: null, address: '2001:db8:1:23ff::9' })).toBe('2001:db8:1:2300::/56');
  });

  it('a network as wide as the pool asks for', () => {
    expect(clientKeyOf({ sessionId: null, address: '203.0.113.9' }, { ipv4Prefix: 32, ipv6Prefix: 48 })).toBe(
      '203.0.113.9/32',
    );
  });

  it('one common key when nothing is known of it', () => {
    expect(clientKeyOf({ sessionId: null, address: null })).toBe('nobody');
    expect(clientKeyOf({ sessionId: null, address: 'no address' })).toBe('nobody');
  });
});

describe('the key that a way of affinity wants', () => {
  const client = { sessionId: 'family-1', address: '203.0.113.9' };
  const hashed: AffinityBy = { kind: 'header', name: 'X-Session-ID', value: 'hash' };
  const keyWith = (by: AffinityBy, headers: Record<string, string> = {}) =>
    clientKeyFor(by, client, new Headers(headers));

  it("is the client's own value, whatever its session", () => {
    expect(keyWith(hashed, { 'x-session-id': 'mine' })).toBe('x-session-id: mine');
    expect(keyWith(hashed, { 'x-session-id': 'a'.repeat(256) })).toContain('aaa');
  });

  it('is that of a client without a value when there is none, or more than 256 bytes of it', () => {
    expect(keyWith(hashed)).toBe('family-1');
    expect(keyWith(hashed, { 'x-session-id': '' })).toBe('family-1');
    expect(keyWith(hashed, { 'x-session-id': 'a'.repeat(257) })).toBe('family-1');
  });

  it('is the network of the configured size, whatever the session', () => {
    expect(keyWith({ kind: 'ip', ipv4Prefix: 16, ipv6Prefix: 48 })).toBe(
      clientKeyOf({ sessionId: null, address: '203.0.200.1' }, { ipv4Prefix: 16, ipv6Prefix: 48 }),
    );
  });

  it('is the family for session, and the network without one', () => {
    expect(keyWith({ kind: 'session' })).toBe('family-1');
    expect(clientKeyFor({ kind: 'session' }, { ...client, sessionId: null }, new Headers())).toBe(
      clientKeyOf({ sessionId: null, address: '203.0.113.200' }),
    );
  });
});
