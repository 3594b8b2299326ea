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
