import { expect, test } from 'vitest';
import { cdnLoopOf, gatewayIdOf, isLoop } from '../../../../shared/proxy/origin-headers/loop.ts';

const at = (...origins: string[]) => ({
  prefix: '/.session',
  publicOrigins: origins.map((origin) => ({ origin, host: '', scheme: 'https' as const })),
});
const id = gatewayIdOf(at('https://a.example', 'https://b.example'));
const loops = (value: string | null) => isLoop(new Headers(value === null ? {} : { 'cdn-loop': value }), id);

test('a gateway is the same whatever the order of its public origins, and no other is', () => {
  expect(id).toMatch(/^[0-9a-f]{8}$/);
  expect(gatewayIdOf(at('https://b.example', 'https://a.example'))).toBe(id);
  expect(gatewayIdOf(at('https://a.example'))).not.toBe(id);
  expect(gatewayIdOf({ ...at('https://a.example', 'https://b.example'), prefix: '/s' })).not.toBe(id);
});

test('a request that has been through it is a loop', () => {
  expect(loops(cdnLoopOf(id))).toBe(true);
  expect(loops(`cloudflare; loops=1, ${cdnLoopOf(id)}`)).toBe(true);
  expect(loops(`cdn, BERTH;a=b ;id="${id}", other`)).toBe(true);
});

test.each([null, '', 'berth', 'berth; id=00000000', 'other; id=ID', 'xberth; id=ID', 'berth; xid=ID', 'berth; id=ID0'])(
  'CDN-Loop %j is none',
  (value) => {
    expect(loops(value?.replace('ID', id) ?? null)).toBe(false);
  },
);
