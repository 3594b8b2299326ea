/** The log says why a credential was refused. The client only learns the reason, which is `invalid` for most causes. */
import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { SessionEvent } from '../../../../shared/session/events.ts';
import { createMemoryStore } from '../../../../shared/session/store/memory-store.ts';
import type { Strategy } from '../../../../shared/session/strategy/strategy.ts';
import { createClock } from '../../../support/clock.ts';
import {
  beginningOf,
  hourMs,
  type Keys,
  minuteMs,
  sessionKey,
  sessionSettings,
  someClient,
  someKeys,
  storedStrategy,
  tokenStrategy,
} from '../../../support/session-parts.ts';

const clock = createClock();
const strict = { userAgent: 'strict', network: 'off', ipv4Prefix: 24, ipv6Prefix: 48 } as const;
const settings = sessionSettings({ binding: strict });
const tokenSettings = sessionSettings({ strategy: 'token', binding: strict });

function opened(kind: 'token' | 'stored', keys: Keys) {
  const events: SessionEvent[] = [];
  const store = createMemoryStore();
  const strategy =
    kind === 'token'
      ? tokenStrategy(store, keys, tokenSettings, events)
      : storedStrategy(store, keys, settings, events);
  return { strategy, events };
}

async function begin(strategy: Strategy): Promise<{ id: string; value: string }> {
  const begun = await strategy.begin(beginningOf(clock.now()));
  if (begun.kind !== 'begun') throw new Error(begun.kind);
  return { id: begun.session.sessionId, value: begun.value };
}

const look = (strategy: Strategy, value: string, now = clock.now(), client = someClient) =>
  strategy.authenticate(value, { now, freshnessMs: 0, touch: false, safeMethod: true, client: () => client });

const refusals = (events: readonly SessionEvent[]) => events.filter(({ event }) => event === 'session-rejected');

describe.each(['token', 'stored'] as const)('of a %s session', (kind) => {
  it.each<[string, string, (value: string) => string]>([
    ['text', 'shape', () => 'no credential'],
    ['a value with another signature', 'signature', (value) => flipped(value, kind === 'token' ? -5 : 90)],
  ])('%s is refused for its %s', async (_, because, change) => {
    const { strategy, events } = opened(kind, someKeys());
    const { value } = await begin(strategy);
    expect(await look(strategy, change(value))).toEqual({ kind: 'rejected', reason: 'invalid', replaced: false });
    expect(refusals(events)).toEqual([{ event: 'session-rejected', sessionId: null, reason: 'invalid', because }]);
  });

  it('one under a key that is gone is refused for its key, and named', async () => {
    const { id, value } = await begin(opened(kind, someKeys()).strategy);
    const { strategy, events } = opened(kind, { ...someKeys(), session: [sessionKey('another')] });
    await look(strategy, value);
    expect(events).toEqual([
      { event: 'session-key-unknown', sessionId: id },
      { event: 'session-rejected', sessionId: id, reason: 'invalid', because: 'key' },
    ]);
  });

  it('an ended, an idle and an expired one are refused for that', async () => {
    const keys = someKeys();
    const { strategy, events } = opened(kind, keys);
    const { id, value } = await begin(strategy);
    await look(strategy, value, clock.now() + 31 * minuteMs);
    await look(strategy, value, clock.now() + 12 * hourMs);
    await strategy.end(id, 'logout', clock.now());
    await look(strategy, value);
    expect(refusals(events)).toEqual(
      ['idle', 'expired', 'revoked'].map((reason) => ({
        event: 'session-rejected',
        sessionId: id,
        reason,
        because: reason,
      })),
    );
  });

  it('one of another client is refused for its binding', async () => {
    const { strategy, events } = opened(kind, someKeys());
    const { id, value } = await begin(strategy);
    await look(strategy, value, clock.now(), { ...someClient, userAgent: 'curl' });
    expect(refusals(events)).toEqual([
      { event: 'session-rejected', sessionId: id, reason: 'invalid', because: 'binding' },
    ]);
  });
});

describe('of a token with a good signature', () => {
  const keys = someKeys();
  const { strategy, events } = opened('token', keys);
  const signed = (header: string, text: string): string => {
    const input = `${header}.${Buffer.from(text).toString('base64url')}`;
    const raw = Buffer.from(keys.session[0]?.jwk.k as string, 'base64url');
    return `${input}.${createHmac('sha256', raw).update(input).digest('base64url')}`;
  };

  it.each<[string, string, (text: string) => string]>([
    ['another issuer', 'issuer', (text) => text.replace('"iss":"https://shop.example"', '"iss":"https://old.example"')],
    ['another audience', 'issuer', (text) => text.replace('"aud":"https://shop.example"', '"aud":"https://a.example"')],
    ['a member named twice', 'duplicate', (text) => text.replace('{', '{"sub":"root",')],
    ['no subject', 'claims', (text) => text.replace('"sub":"ada",', '')],
    ['a time in the future', 'claims', (text) => text.replace(/"auth_time":\d+/, '"auth_time":9999999999')],
  ])('%s is refused for: %s', async (_, because, change) => {
    const { value } = await begin(strategy);
    const [header, payload] = value.split('.') as [string, string];
    const text = Buffer.from(payload, 'base64url').toString();
    expect(change(text)).not.toBe(text);
    events.length = 0;
    expect(await look(strategy, signed(header, change(text)))).toMatchObject({ kind: 'rejected', reason: 'invalid' });
    expect(events).toEqual([expect.objectContaining({ event: 'session-rejected', reason: 'invalid', because })]);
  });

  it('a header that is not ours is no shape of a token', async () => {
    const { value } = await begin(strategy);
    const [, payload] = value.split('.') as [string, string];
    events.length = 0;
    const header = Buffer.from('{"alg":"none","typ":"session+jwt","kid":"session-1"}').toString('base64url');
    await look(strategy, signed(header, Buffer.from(payload, 'base64url').toString()));
    expect(events).toEqual([expect.objectContaining({ because: 'shape' })]);
  });
});

describe('the issuer of a token', () => {
  const [old, fresh] = ['https://old.example', 'https://new.example'];
  const keys = someKeys();
  const under = (events: SessionEvent[], ...issuers: string[]) => tokenStrategy(null, keys, undefined, events, issuers);
  const issuerOf = (value: string) =>
    JSON.parse(Buffer.from(value.split('.')[1] as string, 'base64url').toString()).iss;

  it('may be any public origin, and is the first one after the next activity', async () => {
    const { value } = await begin(under([], old, fresh));
    expect(issuerOf(value)).toBe(old);
    const later = await under([], fresh, old).authenticate(value, {
      now: clock.now() + 2 * minuteMs,
      freshnessMs: 0,
      touch: true,
      safeMethod: true,
      client: () => someClient,
    });
    if (later.kind !== 'active') throw new Error(later.kind);
    expect(issuerOf(later.renewed as string)).toBe(fresh);
  });

  it('may not be one that was removed', async () => {
    const { id, value } = await begin(under([], old, fresh));
    const events: SessionEvent[] = [];
    expect(await look(under(events, fresh), value)).toMatchObject({ kind: 'rejected', reason: 'invalid' });
    expect(events).toEqual([{ event: 'session-rejected', sessionId: id, reason: 'invalid', because: 'issuer' }]);
  });
});

const flipped = (value: string, at: number): string => {
  const i = at < 0 ? value.length + at : at;
  return value.slice(0, i) + (value[i] === 'A' ? 'B' : 'A') + value.slice(i + 1);
};
