import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { bearerOf, createServiceTokens } from '../../../shared/client/service-token.ts';

const hash = (token: string) => createHash('sha256').update(token).digest('hex');
const tokens = () =>
  createServiceTokens([
    { id: 'shop', sha256: hash('old'), scopes: ['sessions:read'] },
    { id: 'shop', sha256: hash('new'), scopes: ['sessions:read', 'sessions:end'] },
    { id: 'ops', sha256: hash('ops'), scopes: ['explain'] },
  ]);

it('two credentials of one service live side by side, each with its scopes', async () => {
  const known = tokens();
  expect(await known.verify('old', null, 0)).toEqual({ kind: 'service', id: 'shop', scopes: ['sessions:read'] });
  expect(await known.verify('new', null, 0)).toMatchObject({ id: 'shop', scopes: ['sessions:read', 'sessions:end'] });
  expect(await known.verify('ops', null, 0)).toMatchObject({ id: 'ops' });
});

it('the digest itself opens nothing', async () => {
  expect(await tokens().verify(hash('ops'), null, 0)).toEqual({ kind: 'unknown' });
});

it('the eleventh bad one of a minute is told to wait, per network, and a good one never', async () => {
  const known = tokens();
  const guess = (address: string | null, now: number) => known.verify('guess', address, now);
  for (let i = 0; i < 10; i++) expect(await guess(`203.0.113.${i}`, i)).toEqual({ kind: 'unknown' });
  expect(await guess('203.0.113.200', 10)).toEqual({ kind: 'limited' });
  expect(await known.verify('ops', '203.0.113.200', 10)).toMatchObject({ kind: 'service' });
  expect(await guess('203.0.114.1', 10)).toEqual({ kind: 'unknown' });
  expect(await guess('203.0.113.200', 59_999)).toEqual({ kind: 'limited' });
  expect(await guess('203.0.113.200', 60_000)).toEqual({ kind: 'unknown' });
});

it('an IPv6 network is a /56, and all who have no address are one', async () => {
  const known = tokens();
  for (let i = 0; i < 10; i++) {
    await known.verify('guess', `2001:db8:0:${i}100::1`, 0);
    await known.verify('guess', null, 0);
  }
  expect(await known.verify('guess', '2001:db8:0:1234::1', 0)).toEqual({ kind: 'unknown' });
  expect(await known.verify('guess', null, 0)).toEqual({ kind: 'limited' });
  for (let i = 0; i < 10; i++) await known.verify('guess', `2001:db8:0:5600::${i}`, 0);
  expect(await known.verify('guess', '2001:db8:0:56ff::1', 0)).toEqual({ kind: 'limited' });
});

it('no token at all is no guess', async () => {
  const known = tokens();
  for (let i = 0; i < 20; i++) expect(await known.verify(null, '203.0.113.1', 0)).toEqual({ kind: 'unknown' });
  expect(await known.verify('guess', '203.0.113.1', 0)).toEqual({ kind: 'unknown' });
});

it.each<[string | null, string | null]>([
  ['Bearer abc', 'abc'],
  ['bearer a.b_c~d+e/f-g==', 'a.b_c~d+e/f-g=='],
  ['Bearer  abc', null],
  ['Bearer a b', null],
  ['Bearer ', null],
  ['Basic abc', null],
  ['Bearer abc, Bearer def', null],
  [`Bearer ${'x'.repeat(513)}`, null],
  [null, null],
])('%j presents %j', (header, token) => {
  expect(bearerOf(header)).toBe(token);
});
