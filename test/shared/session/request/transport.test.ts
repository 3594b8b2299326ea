import { describe, expect, it } from 'vitest';
import { readTransport, writeCredential } from '../../../../shared/session/request/transport.ts';
import { sessionSettings } from '../../../support/session-parts.ts';

const name = '__Host-session';
const { cookie } = sessionSettings();
const write = { kind: 'write', value: 'next', endsAt: 61_000 } as const;

it.each<[Record<string, string>, unknown]>([
  [{}, { kind: 'none', values: [] }],
  [{ cookie: 'other=1' }, { kind: 'none', values: [] }],
  [{ cookie: `${name}=v` }, { kind: 'cookie', values: ['v'] }],
  [{ cookie: `${name}="v"; ${name}=w` }, { kind: 'cookie', values: ['v', 'w'] }],
  [{ cookie: `a=1, ${name}=v, b=2` }, { kind: 'cookie', values: ['v'] }],
  [{ cookie: `${name}=` }, { kind: 'cookie', values: [''] }],
  [{ authorization: 'Session v' }, { kind: 'bearer', values: ['v'] }],
  [{ authorization: 'session  v ' }, { kind: 'bearer', values: ['v'] }],
  [{ authorization: 'Session' }, { kind: 'bearer', values: [''] }],
  [{ authorization: 'Session a, Session b' }, { kind: 'bearer', values: ['a, Session b'] }],
  [{ authorization: 'Sessions v' }, { kind: 'none', values: [] }],
  [{ authorization: 'Bearer v' }, { kind: 'none', values: [] }],
  [
    { cookie: `${name}=c`, authorization: 'Session b' },
    { kind: 'cookie', values: ['c'] },
  ],
])('%j carries %j', (headers, carried) => {
  expect(readTransport(new Headers(headers), name)).toEqual(carried);
});

describe('going back', () => {
  const back = (
    ...[carried, outcome, more = cookie]: [
      Parameters<typeof writeCredential>[1],
      Parameters<typeof writeCredential>[2]['outcome'],
      typeof cookie?,
    ]
  ) => {
    const headers = new Headers({ 'cache-control': 'public' });
    writeCredential(headers, carried, { outcome, isAnother: false, cookie: more, now: 1_000 });
    return headers;
  };

  it('a cookie is answered with a cookie, and so is a client that came with nothing', () => {
    for (const carried of [
      { kind: 'cookie', values: ['v'] },
      { kind: 'none', values: [] },
    ] as const) {
      const headers = back(carried, write);
      expect(headers.getSetCookie()).toEqual([`${name}=next; Path=/; Secure; HttpOnly; SameSite=Lax`]);
      expect(headers.get('cache-control')).toBe('private, no-store');
      expect(back(carried, { kind: 'clear' }).getSetCookie().at(-1)).toContain('Max-Age=0');
    }
  });

  it('a twin from before the partition was changed goes first, where there may be one', () => {
    const twin = `${name}=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0; Partitioned`;
    const linesOf = (values: readonly string[], outcome: typeof write | { kind: 'clear' }, isAnother = false) => {
      const headers = new Headers();
      writeCredential(headers, { kind: 'cookie', values }, { outcome, isAnother, cookie, now: 1_000 });
      return headers.getSetCookie();
    };
    const own = `${name}=next; Path=/; Secure; HttpOnly; SameSite=Lax`;
    const cleared = `${name}=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0`;
    expect(linesOf(['a'], write)).toEqual([own]);
    expect(linesOf(['a', 'b'], write)).toEqual([twin, own]);
    expect(linesOf(['a'], write, true)).toEqual([twin, own]);
    expect(linesOf(['a'], { kind: 'clear' })).toEqual([twin, cleared]);
    const back = new Headers();
    const carried = { kind: 'cookie', values: ['a', 'b'] } as const;
    writeCredential(back, carried, {
      outcome: write,
      isAnother: false,
      cookie: { ...cookie, partitioned: true },
      now: 1_000,
    });
    expect(back.getSetCookie()).toEqual([cleared, `${own}; Partitioned`]);
  });

  it('a persistent cookie lasts as long as its session', () => {
    const headers = back({ kind: 'none', values: [] }, write, { ...cookie, persistent: true });
    expect(headers.getSetCookie()[0]).toContain('; Max-Age=60');
  });

  it('a bearer is answered in a header of its own, and there is nothing to clear', () => {
    const bearer = { kind: 'bearer', values: ['v'] } as const;
    const headers = back(bearer, write);
    expect(headers.get('session-renewed')).toBe('next');
    expect(headers.getSetCookie()).toEqual([]);
    expect(headers.get('cache-control')).toBe('private, no-store');
    expect([...back(bearer, { kind: 'clear' })]).toEqual([['cache-control', 'public']]);
  });
});
