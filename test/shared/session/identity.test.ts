import { expect, test } from 'vitest';
import { isShallow, parseIdentity } from '../../../shared/session/identity.ts';

const nested = (levels: number): unknown => (levels === 0 ? 1 : { a: nested(levels - 1) });

test('a subject is enough', () => {
  expect(parseIdentity({ sub: 'alice' })).toEqual({
    kind: 'ok',
    identity: { subject: 'alice', claims: {}, data: {}, acr: null, amr: [], label: null },
  });
});

test('everything that may be said is kept', () => {
  const said = {
    sub: 'J\u00f6rg \u5c71',
    claims: { role: ['admin'], residency: ['eu'] },
    data: { cart: { items: [1, 2] }, iss: 'not reserved here' },
    acr: 'urn:high',
    amr: ['pwd', 'otp'],
    label: 'Firefox on a phone',
  };
  const { sub, ...rest } = said;
  expect(parseIdentity(said)).toEqual({ kind: 'ok', identity: { subject: sub, ...rest } });
});

test('what is null was not said', () => {
  expect(parseIdentity({ sub: 'a', acr: null, label: null })).toMatchObject({
    kind: 'ok',
    identity: { acr: null, label: null },
  });
});

test.each<[string, unknown]>([
  ['nothing', null],
  ['a list', [{ sub: 'a' }]],
  ['a text', 'alice'],
  ['no subject', { claims: {} }],
  ['an empty subject', { sub: '' }],
  ['a subject of 256 characters', { sub: 'a'.repeat(256) }],
  ['a number for a subject', { sub: 42 }],
  ['a line end in the subject', { sub: 'a\nb' }],
  ['NUL in the subject', { sub: 'a\u0000' }],
  ['an invisible character in the subject', { sub: 'ali\u200bce' }],
  ['a direction mark in the subject', { sub: 'ali\u202ece' }],
  ['half a surrogate pair in the subject', { sub: 'a\ud83d' }],
  ['a member nobody knows', { sub: 'a', claim: {} }],
  ['a member named __proto__', JSON.parse('{"sub":"a","__proto__":{"data":{}}}')],
  ['claims that are a list', { sub: 'a', claims: [] }],
  ['claims that are null', { sub: 'a', claims: null }],
  ['data that are a text', { sub: 'a', data: 'x' }],
  ['claims too deep', { sub: 'a', claims: nested(17) }],
  ['data too deep', { sub: 'a', data: nested(17) }],
  ['__proto__ deep in the data', { sub: 'a', data: JSON.parse('{"a":[{"__proto__":1}]}') }],
  ['acr that is a number', { sub: 'a', acr: 1 }],
  ['amr that is a text', { sub: 'a', amr: 'pwd' }],
  ['amr with a number', { sub: 'a', amr: ['pwd', 1] }],
  ['17 methods', { sub: 'a', amr: Array(17).fill('pwd') }],
  ['an empty label', { sub: 'a', label: '' }],
])('%s is refused', (_, said) => {
  expect(parseIdentity(said).kind).toBe('bad');
});

test.each(['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti', 'sid', 'typ', 'auth_time', 'acr', 'amr', 'claims', 'data'])(
  'a claim cannot be named %s',
  (name) => {
    expect(parseIdentity({ sub: 'a', claims: { [name]: 1 } })).toMatchObject({ kind: 'bad' });
  },
);

test('the reason never repeats what was said', () => {
  for (const said of [{ sub: 'top\nsecret' }, { sub: 'a', claims: { iss: 'secret' } }, { sub: 'a', secret: 1 }]) {
    expect(JSON.stringify(parseIdentity(said))).not.toContain('secret');
  }
});

test('sixteen levels are shallow, seventeen are not', () => {
  expect([isShallow(nested(16)), isShallow(nested(17))]).toEqual([true, false]);
});
