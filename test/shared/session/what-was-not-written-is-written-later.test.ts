import { beforeEach, describe, expect, test } from 'vitest';
import { createGateway, type Gateway } from '../../../shared/gateway.ts';
import type { Arrival } from '../../../shared/platform.ts';
import { createMemoryStore } from '../../../shared/session/store/memory-store.ts';
import { type BrokenStore, createBrokenStore } from '../../support/broken-store.ts';
import { beginningOf, sessionSettings, someClient, storedStrategy } from '../../support/session-parts.ts';
import { configured, settingsOf } from '../config/examples.ts';

const startsAt = Date.UTC(2026, 0, 1);
const settings = { ...settingsOf(configured({})), session: sessionSettings() };

let now: number;
let broken: BrokenStore;
let gateway: Gateway;
let cookie: string;
let deferred: Promise<unknown>[];

/** As another isolate has it. */
const elsewhere = () => storedStrategy(broken.store, settings.secrets, settings.session);

beforeEach(async () => {
  now = startsAt;
  deferred = [];
  broken = createBrokenStore(createMemoryStore());
  const send = () => Promise.reject(new Error('no origin is asked'));
  const platform = { door: 'worker', endsWhatIsLeft: true, now: () => now, send, relay: null, log: () => {} } as const;
  gateway = await createGateway({ settings, platform, store: broken.store });
  const begun = await elsewhere().begin(beginningOf(now));
  if (begun.kind !== 'begun') throw new Error(begun.kind);
  cookie = begun.value;
});

async function ask(method: string, path: string, value: string | null): Promise<Response> {
  const arrival: Arrival = {
    peer: () => ({ address: '203.0.113.1', place: null }),
    scheme: 'https',
    platformHost: null,
    body: null,
    path,
    rawQuery: '',
    signal: null,
    defer: (work) => void deferred.push(work),
  };
  const headers = value === null ? undefined : { cookie: `${settings.session.cookie.name}=${value}` };
  return gateway.handle(new Request(`https://shop.example${path}`, { method, ...(headers && { headers }) }), arrival);
}

async function isLive(): Promise<boolean> {
  const options = { now, freshnessMs: 0, touch: false, safeMethod: true, client: () => someClient };
  return (await elsewhere().authenticate(cookie, options)).kind === 'active';
}

describe('a sign-out that the store did not accept', () => {
  beforeEach(async () => {
    broken.fail();
    const out = await ask('POST', '/.session/logout', cookie);
    expect([out.status, out.headers.getSetCookie()]).toEqual([503, []]);
    broken.recover();
    now += 6_000;
    expect(await isLive()).toBe(true);
  });

  test('is written with the next request, of any client', async () => {
    await ask('GET', '/.session/me', null);
    await Promise.all(deferred);
    expect(await isLive()).toBe(false);
  });

  test('is written by the run of every minute, if no request comes', async () => {
    await gateway.everyMinute();
    expect(await isLive()).toBe(false);
  });

  test('is done by asking again, and the cookie is cleared then', async () => {
    const again = await ask('POST', '/.session/logout', cookie);
    expect(again.status).toBe(204);
    expect(again.headers.getSetCookie().some((line) => line.includes('Max-Age=0'))).toBe(true);
    expect(await isLive()).toBe(false);
  });
});

test('the store is swept once a minute, and an outage of it fails no run', async () => {
  await gateway.everyMinute();
  expect(broken.calls.sweep).toBe(1);
  broken.fail();
  await gateway.everyMinute();
  expect(broken.calls.sweep).toBe(2);
});
