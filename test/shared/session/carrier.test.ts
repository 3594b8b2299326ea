import { describe, expect, it } from 'vitest';
import { carriedIn, carryBack } from '../../../shared/session/carrier.ts';
import { sessionSettings } from '../../support/session-parts.ts';

const name = '__Host-session';
const { cookie } = sessionSettings();
const write = { kind: 'write', value: 'next', endsAt: 61_000 } as const;

it.each<[Record<string, string>, unknown]>([
  [{}, { kind: 'none' }],
  [{ cookie: 'other=1' }, { kind: 'none' }],
  [{ cookie: `${name}=v` }, { kind: 'cookie', value: 'v' }],
  [{ cookie: `${name}=` }, { kind: 'cookie', value: '' }],
  [{ authorization: 'Session v' }, { kind: 'bearer', value: 'v' }],
  [{ authorization: 'session  v ' }, { kind: 'bearer', value: 'v' }],
  [{ authorization: 'Session' }, { kind: 'bearer', value: '' }],
  [{ authorization: 'Session a, Session b' }, { kind: 'bearer', value: 'a, Session b' }],
  [{ authorization: 'Sessions v' }, { kind: 'none' }],
  [{ authorization: 'Bearer v' }, { kind: 'none' }],
  [
    { cookie: `${name}=c`, authorization: 'Session b' },
    { kind: 'cookie', value: 'c' },
  ],
])('%j carries %j', (headers, carried) => {
  expect(carriedIn(new Headers(headers), name)).toEqual(carried);
});

describe('going back', () => {
  const back = (
    ...[carried, outcome, more = cookie]: [
      Parameters<typeof carryBack>[1],
      Parameters<typeof carryBack>[2],
      typeof cookie?,
    ]
  ) => {
    const headers = new Headers({ 'cache-control': 'public' });
    carryBack(headers, carried, outcome, more, 1_000);
    return headers;
  };

  it('a cookie is answered with a cookie, and so is a client that came with nothing', () => {
    for (const carried of [{ kind: 'cookie', value: 'v' }, { kind: 'none' }] as const) {
      const headers = back(carried, write);
      expect(headers.getSetCookie()).toEqual([`${name}=next; Path=/; Secure; HttpOnly; SameSite=Lax`]);
      expect(headers.get('cache-control')).toBe('private, no-store');
      expect(back(carried, { kind: 'clear' }).getSetCookie()[0]).toContain('Max-Age=0');
    }
  });

  it('a persistent cookie lasts as long as its session', () => {
    const headers = back({ kind: 'none' }, write, { ...cookie, persistent: true });
    expect(headers.getSetCookie()[0]).toContain('; Max-Age=60');
  });

  it('a bearer is answered in a header of its own, and there is nothing to clear', () => {
    const bearer = { kind: 'bearer', value: 'v' } as const;
    const headers = back(bearer, write);
    expect(headers.get('session-renewed')).toBe('next');
    expect(headers.getSetCookie()).toEqual([]);
    expect(headers.get('cache-control')).toBe('private, no-store');
    expect([...back(bearer, { kind: 'clear' })]).toEqual([['cache-control', 'public']]);
  });
});
