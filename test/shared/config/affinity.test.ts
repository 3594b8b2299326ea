import { describe, expect, test } from 'vitest';
import { complaints, configured, origins, settingsOf, withPool } from './examples.ts';

const affinity = (part: object) => withPool({ affinity: part });
const namesOf = (pools: object) =>
  [...settingsOf(configured({ pools })).pools.values()].map(({ affinity: { by } }) =>
    by.kind === 'cookie' ? by.name : by.kind,
  );

describe('the affinity cookie', () => {
  test('is named after its pool where there are several', () => {
    expect(namesOf({ app: { origins } })).toEqual(['__Host-affinity']);
    expect(namesOf({ app: { origins }, beta: { origins }, off: { origins, affinity: { by: 'off' } } })).toEqual([
      '__Host-affinity-app',
      '__Host-affinity-beta',
      'off',
    ]);
  });

  test('never shares a name', () => {
    const same = { origins, affinity: { name: '__Host-berth' } };
    expect(complaints(configured({ pools: { app: same, beta: same } }))).toEqual([
      'pools.beta.affinity.name is the name of the affinity cookie of pool app too',
    ]);
    expect(complaints(affinity({ name: '__Host-session' }))).toEqual([
      'pools.app.affinity.name is the name of the session cookie too',
    ]);
  });

  test('with a domain has a name that browsers accept there, and covers every public origin', () => {
    expect(complaints(affinity({ domain: 'shop.example', name: '__Secure-berth' }))).toEqual([]);
    expect(complaints(affinity({ domain: 'shop.example' }))).toEqual([
      'pools.app.affinity.name is missing beside domain',
    ]);
    expect(complaints(affinity({ domain: 'shop.example', name: '__HOST-berth' }))).toEqual([
      'pools.app.affinity.name begins with __Host-, which cannot have a domain',
    ]);
    expect(complaints(affinity({ domain: 'op.example', name: 'berth' }))).toEqual([
      'pools.app.affinity.domain does not cover the public origin https://shop.example',
    ]);
    for (const domain of ['.shop.example', 'Shop.example', 'example', 'https://shop.example']) {
      expect(complaints(affinity({ domain, name: 'berth' }))).toEqual(['pools.app.affinity.domain is not a domain']);
    }
  });
});

describe('affinity', () => {
  test('takes what goes with its kind and nothing else', () => {
    expect(complaints(affinity({ ipv4Prefix: 24 }))).toEqual([
      "pools.app.affinity.ipv4Prefix says nothing when by is 'cookie'",
    ]);
    expect(complaints(affinity({ by: 'off', absolute: '1h' }))).toEqual([
      "pools.app.affinity.absolute says nothing when by is 'off'",
    ]);
    expect(complaints(affinity({ by: 'header' }))).toContain('pools.app.affinity.name is missing');
    expect(complaints(affinity({ by: 'header', name: 'X Y' }))).toContain(
      'pools.app.affinity.name is not a name that a cookie or a header can have',
    );
  });

  test('does not idle for longer than it lives', () => {
    expect(settingsOf(affinity({ idle: '24h' })).pools.get('app')?.affinity.idleMs).toBe(86_400_000);
    expect(complaints(affinity({ idle: '25h' }))).toEqual([
      'pools.app.affinity.idle lets a pin idle for longer than it may live',
    ]);
  });
});

describe('what ends a pin', () => {
  test('is said only where there is a pin that it could end', () => {
    expect(complaints(affinity({ by: 'ip', absolute: '1h' }))).toEqual([
      "pools.app.affinity.absolute says nothing when by is 'ip'",
    ]);
    expect(complaints(affinity({ by: 'session', idle: '1h' }))).toEqual([
      "pools.app.affinity.idle says nothing when by is 'session'",
    ]);
    expect(complaints(affinity({ by: 'origin-cookie', name: 'JSESSIONID', idle: '1h' }))).toEqual([
      "pools.app.affinity.idle says nothing when by is 'origin-cookie'",
    ]);
    expect(complaints(affinity({ by: 'header', name: 'Mcp-Session-Id', value: 'wrap', idle: '1h' }))).toEqual([
      "pools.app.affinity.idle says nothing when by is 'header' and value 'wrap'",
    ]);
    expect(complaints(affinity({ by: 'header', name: 'X-Session-ID', value: 'hash', absolute: '1h' }))).toEqual([
      "pools.app.affinity.absolute says nothing when by is 'header' and value 'hash'",
    ]);
  });

  test.each([
    { by: 'header', name: 'X-Affinity', absolute: '2h', idle: '1h', onFailure: 'return' },
    { by: 'header', name: 'Mcp-Session-Id', value: 'wrap', absolute: '2h', onFailure: 'refuse' },
    { by: 'header', name: 'Authorization', value: 'hash', onFailure: 'none' },
    { by: 'origin-cookie', name: 'JSESSIONID', absolute: '2h' },
    { by: 'ip', ipv4Prefix: 16, ipv6Prefix: 48, onFailure: 'refuse' },
    { by: 'session', onFailure: 'return' },
  ])('is accepted where it means something: %j', (part) => {
    expect(complaints(affinity(part))).toEqual([]);
  });
});

describe('a first origin that is drawn', () => {
  test('goes with a pin that is ours, and is none by default', () => {
    const firstOf = (part: object) => settingsOf(affinity(part)).pools.get('app')?.affinity.first;
    expect(firstOf({})).toBe('network');
    expect(firstOf({ first: 'random' })).toBe('random');
    expect(firstOf({ by: 'header', name: 'X-Affinity', first: 'random' })).toBe('random');
    expect(complaints(affinity({ first: 'round-robin' }))).toHaveLength(1);
  });

  test.each([
    [{ by: 'ip' }, "by is 'ip'"],
    [{ by: 'session' }, "by is 'session'"],
    [{ by: 'off' }, "by is 'off'"],
    [{ by: 'origin-cookie', name: 'JSESSIONID' }, "by is 'origin-cookie'"],
    [{ by: 'header', name: 'X-Session-ID', value: 'hash' }, "by is 'header' and value 'hash'"],
    [{ by: 'header', name: 'Mcp-Session-Id', value: 'wrap' }, "by is 'header' and value 'wrap'"],
  ])('says nothing elsewhere: %j', (part, said) => {
    expect(complaints(affinity({ ...part, first: 'random' }))).toEqual([
      `pools.app.affinity.first says nothing when ${said}`,
    ]);
  });
});

describe('the name of a header or of an application’s cookie', () => {
  test('is no header that has a meaning already', () => {
    for (const name of ['Cookie', 'authorization', 'Content-Type', 'Session-Status', 'X-Forwarded-For']) {
      expect(complaints(affinity({ by: 'header', name }))).toEqual([
        'pools.app.affinity.name is a header that has a meaning already',
      ]);
    }
  });

  test('is not ours already, and an application’s cookie may be that of several pools', () => {
    const both = (first: object, second: object) =>
      complaints(configured({ pools: { app: { origins, affinity: first }, beta: { origins, affinity: second } } }));
    const java = { by: 'origin-cookie', name: 'JSESSIONID' };
    expect(both(java, java)).toEqual([]);
    expect(both({ name: 'JSESSIONID' }, java)).toEqual([
      'pools.beta.affinity.name is the name of the affinity cookie of pool app too',
    ]);
    expect(both({ by: 'header', name: 'X-Pin' }, { by: 'header', name: 'x-pin' })).toEqual([
      'pools.beta.affinity.name is the name of the affinity header of pool app too',
    ]);
    expect(complaints(affinity({ by: 'origin-cookie', name: '__Host-session' }))).toEqual([
      'pools.app.affinity.name is the name of the session cookie too',
    ]);
  });
});
