import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readHeaders } from '../../../../../shared/http/header-snapshot.ts';
import { olderLengths } from '../../../../../shared/routing/pins/transports/older-form.ts';
import { createRestoring } from '../../../../../shared/routing/pins/transports/restoring.ts';
import { eu, originOf, poolOf } from '../../../../support/pools.ts';

const suffix = `~b1.${'Ab_-9'.repeat(102)}xy`;
const pools = [poolOf([eu])];
const restoring = createRestoring(pools, new Set(['origin cookie SID', 'wrapped header mcp-session-id']));
const nothingOpens = async (): Promise<boolean> => false;
const restored = async (headers: Record<string, string>): Promise<Record<string, string>> => {
  const incoming = new Headers(headers);
  return Object.fromEntries(await restoring.restored(incoming, readHeaders(incoming), nothingOpens));
};
const cookie = async (value: string): Promise<string> => (await restored({ cookie: value })).cookie as string;

describe('a suffix of ours', () => {
  it.each([
    [`SID=1${suffix}`, 'SID=1'],
    [`a=0;  SID=1${suffix} ; b=2`, 'a=0;  SID=1 ; b=2'],
    [`SID=1${suffix}, T=2${suffix},U=3`, 'SID=1, T=2,U=3'],
    [`SID="1${suffix}"; T="2"${suffix}`, 'SID="1"; T="2"'],
    [`SID=x=y, z${suffix}`, 'SID=x=y, z'],
    [`SID = 1${suffix}\t;T=2`, 'SID = 1\t;T=2'],
  ])('is taken off a cookie, whatever its name: %#', async (before, after) => {
    expect(await cookie(before)).toBe(after);
  });

  it('is taken off once: what stands before it is the business of whoever put it there', async () => {
    expect(await cookie(`SID=1${suffix}${suffix}; T=2${suffix}`)).toBe(`SID=1${suffix}; T=2`);
    expect(await restored({ 'x-id': `1${suffix}${suffix}` })).toEqual({ 'x-id': `1${suffix}` });
  });

  it('is taken off any header, new ones in every request too', async () => {
    const headers = { 'mcp-session-id': `1${suffix}`, 'x-other': `2${suffix}`, 'x-correlation-id': `3${suffix}` };
    expect(await restored(headers)).toEqual({ 'mcp-session-id': '1', 'x-other': '2', 'x-correlation-id': '3' });
  });

  it.each([
    suffix,
    `SID=${suffix}`,
    `SID="${suffix}"`,
    `SID=1${suffix}"`,
    `SID=1${suffix} x`,
    `SID=1${suffix}, x`,
    `SID=1${suffix.slice(0, -1)}`,
    `SID=1${suffix}A`,
    `SID=1~B1.${suffix.slice(4)}`,
    `SID=1~${suffix.slice(4)}`,
  ])('is not seen in what is none: %#', async (value) => {
    expect(await cookie(value)).toBe(value);
  });
});

it('a header in which there is nothing of ours is the very same object', async () => {
  const incoming = new Headers({ cookie: `a=~; b=${'~x'.repeat(200)}; c=1~${'x'.repeat(99)}`, accept: '*/*' });
  expect(restoring.restored(incoming, readHeaders(incoming), nothingOpens)).toBe(incoming);
});

it('whatever stands around it comes through byte for byte', async () => {
  const octets = fc.string({ unit: fc.constantFrom(...'ab~.;,= "\tb1A_-%'), maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(octets, octets, async (before, after) => {
      const whole = `x=1; ${before}; SID=v${suffix}; y=2;${after}z`;
      expect(await cookie(whole)).toBe(whole.replace(suffix, ''));
    }),
    { numRuns: 500, seed: 7 },
  );
});

it('a long header does not take long, whatever is in it', async () => {
  const older = `~${'A'.repeat(143)}`;
  const startedAt = performance.now();
  for (const filling of [
    '~',
    '~b1.',
    suffix,
    older,
    `,a=b${older}`,
    `a=b${older};`,
    `SID=1${suffix},`,
    `~${'A'.repeat(900)}`,
  ]) {
    await cookie(`SID=${filling.repeat(Math.floor(64_000 / filling.length))}`);
  }
  expect(performance.now() - startedAt).toBeLessThan(500);
});

describe('the form before', () => {
  it('had lengths that follow from the names in the configuration', () => {
    const [shortest] = [...olderLengths([poolOf([originOf('a')], { id: 'b' })])].toSorted((a, b) => a - b);
    const [longest] = [...olderLengths([poolOf([originOf('a'.repeat(32))], { id: 'b'.repeat(32) })])].toSorted(
      (a, b) => b - a,
    );
    expect([shortest, longest]).toEqual([135, 272]);
    expect([...olderLengths(pools)].filter((length) => length % 4 === 1)).toEqual([]);
  });

  it('opens no more than eight values of a request', async () => {
    let opened = 0;
    const incoming = new Headers({
      cookie: Array.from({ length: 30 }, (_, i) => `c${i}=1~${'A'.repeat(150)}`).join('; '),
    });
    await restoring.restored(incoming, readHeaders(incoming), async () => {
      opened++;
      return false;
    });
    expect(opened).toBe(8);
  });
});
