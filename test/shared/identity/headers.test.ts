import { describe, expect, test } from 'vitest';
import { createIdentityHeaders } from '../../../shared/identity/headers.ts';
import type { Session } from '../../../shared/session/session.ts';

const sessionOf = (subject: string | null, claims: Record<string, unknown> = {}) => ({ subject, claims }) as Session;
const claims = { email: 'alice@shop.example', name: 'Alice A', preferred_username: 'alice', groups: ['staff', 'ops'] };

test('without a preset an origin gets no such header', () => {
  expect(createIdentityHeaders('none')(sessionOf('42', claims))).toEqual([]);
});

test('the preset "forwarded" is what OAuth2 Proxy writes', () => {
  expect(createIdentityHeaders('forwarded')(sessionOf('42', claims))).toEqual([
    ['x-forwarded-user', '42'],
    ['x-forwarded-email', 'alice@shop.example'],
    ['x-forwarded-preferred-username', 'alice'],
    ['x-forwarded-groups', 'staff,ops'],
  ]);
});

test('the preset "remote" is what Authelia writes', () => {
  expect(createIdentityHeaders('remote')(sessionOf('42', claims))).toEqual([
    ['remote-user', '42'],
    ['remote-email', 'alice@shop.example'],
    ['remote-name', 'Alice A'],
    ['remote-groups', 'staff,ops'],
  ]);
});

test('an anonymous session has no name', () => {
  expect(createIdentityHeaders('remote')(sessionOf(null, claims))).toEqual([]);
});

describe('what has no exact spelling is left out', () => {
  const remote = createIdentityHeaders('remote');
  test.each(['Zo\u00eb', ' alice', 'alice ', 'a\nb', 'a\u0000b', ''])('a name like %j', (name) => {
    expect(remote(sessionOf(name, { name }))).toEqual([]);
  });

  test('a claim that is no text, and a group that would be read as two', () => {
    const odd = { email: 42, name: ['Alice'], groups: ['a,b', 7, 'ok', '\u00e9'] };
    expect(remote(sessionOf('42', odd))).toEqual([
      ['remote-user', '42'],
      ['remote-groups', 'ok'],
    ]);
    expect(remote(sessionOf('42', { groups: 'staff' }))).toEqual([['remote-user', '42']]);
  });
});
