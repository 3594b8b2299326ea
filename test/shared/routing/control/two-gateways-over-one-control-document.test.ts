/** One says what changes and places a client by it; the other one meets that client's pin before it has looked again. */

import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { AffinityInput } from '../../../../shared/config/input.ts';
import { createGateway, type Gateway } from '../../../../shared/gateway.ts';
import type { OriginRequest, Platform } from '../../../../shared/platform.ts';
import type { Control } from '../../../../shared/routing/control/control.ts';
import { type Clock, createClock } from '../../../support/clock.ts';
import { createMemoryDocument } from '../../../support/memory-document.ts';
import { sessionKeys, settingsOf } from '../../config/examples.ts';

const token = 'an-operator';
const env = {
  SESSION_KEYS: sessionKeys,
  GATEWAY_TOKENS: JSON.stringify([
    { id: 'operator', sha256: createHash('sha256').update(token).digest('hex'), scopes: ['origins:write', 'explain'] },
  ]),
};
const settingsWith = (affinity: AffinityInput) =>
  settingsOf(
    {
      publicOrigins: ['https://shop.example'],
      session: { strategy: 'token' },
      pools: {
        app: {
          origins: [
            { id: 'eu', url: 'https://eu.example', region: 'eu' },
            { id: 'us', url: 'https://us.example', region: 'us' },
          ],
          affinity,
        },
      },
      routes: [{ path: '/*', pool: 'app' }],
    },
    env,
  );

const nearEu = { latitude: 48, longitude: 11 };

async function twoGateways(affinity: AffinityInput = {}) {
  const clock = createClock();
  const authority = createMemoryDocument();
  const settings = settingsWith(affinity);
  return { clock, a: await gatewayOver(authority, clock, settings), b: await gatewayOver(authority, clock, settings) };
}

async function gatewayOver(authority: Control, clock: Clock, settings: ReturnType<typeof settingsWith>) {
  let reads = 0;
  const read = () => {
    reads++;
    return authority.read();
  };
  const control = { ...authority, read };
  const platform = {
    door: 'worker',
    endsWhatIsLeft: true,
    now: clock.now,
    relay: null,
    log: () => {},
    send: async ({ url }: OriginRequest) => ({
      kind: 'reply',
      status: 200,
      response: new Response(new URL(url).hostname),
    }),
  } as Platform;
  const gateway = await createGateway({
    settings,
    platform,
    store: null,
    authority: { document: (name) => (name === 'control' ? control : createMemoryDocument()), readsAtOnce: true },
  });
  return { gateway, reads: () => reads };
}

async function ask({ gateway }: { gateway: Gateway }, path: string, more: RequestInit = {}): Promise<Response> {
  const reply = await gateway.handle(new Request(`https://shop.example${path}`, more), {
    peer: () => ({ address: '203.0.113.9', place: nearEu }),
    scheme: 'https',
    platformHost: null,
    body: typeof more.body === 'string' ? new TextEncoder().encode(more.body) : null,
    path,
    rawQuery: '',
    signal: null,
    // Nobody waits for it, as on Workers: what was counted is handed on long after the reply.
    defer: () => {},
    remainingMs: () => null,
  });
  await new Promise(setImmediate);
  return reply;
}

async function say(to: { gateway: Gateway }, origin: string, patch: object): Promise<void> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const { status } = await ask(to, `/.session/api/v1/origins/${origin}`, {
    method: 'PATCH',
    body: JSON.stringify(patch),
    headers,
  });
  expect(status).toBe(200);
}

/** A browser that keeps its pin. */
function newClient() {
  let cookie = '';
  return async (of: { gateway: Gateway }): Promise<string> => {
    const reply = await ask(of, '/', { headers: { ...(cookie && { cookie }), 'session-explain': token } });
    for (const line of reply.headers.getSetCookie()) cookie = line.split(';')[0] as string;
    const { origin, because } = Object.fromEntries(
      (reply.headers.get('session-explained') ?? '').split(', ').map((member) => member.split('=')),
    );
    return `${origin} ${because}`;
  };
}

describe('a gateway that meets a pin from a newer revision', () => {
  it('does not send the client away from an origin that has just been taken into service', async () => {
    const { a, b } = await twoGateways();
    await say(a, 'eu', { state: 'off' });
    expect(await newClient()(b)).toBe('us nearest');
    await say(a, 'eu', { state: 'active' });
    const client = newClient();
    expect(await client(a)).toBe('eu nearest');
    expect(await client(b)).toBe('eu pinned');
  });

  it('does not send the client away by a slice that is shed no longer', async () => {
    const { a, b } = await twoGateways();
    await say(a, 'eu', { shed: 1 });
    expect(await newClient()(b)).toBe('us nearest');
    await say(a, 'eu', { shed: null });
    const client = newClient();
    expect(await client(a)).toBe('eu nearest');
    expect(await client(b)).toBe('eu pinned');
  });

  it('leaves a client where another gateway has moved it, and moves it on by what that one knew', async () => {
    const { a, b } = await twoGateways();
    await say(a, 'us', { state: 'off' });
    const client = newClient();
    expect(await client(b)).toBe('eu nearest');
    await say(a, 'us', { state: 'active' });
    await say(a, 'eu', { state: 'off' });
    expect(await client(a)).toBe('us drained');
    expect(await client(b)).toBe('us pinned');
    expect(await newClient()(b)).toBe('us nearest');
  });

  it('looks once, though the client comes often and though six of its requests come together', async () => {
    const { a, b, clock } = await twoGateways();
    await newClient()(b);
    await say(a, 'eu', { state: 'off' });
    await say(a, 'eu', { state: 'active' });
    const client = newClient();
    await client(a);
    const before = b.reads();
    expect(await Promise.all(Array.from({ length: 6 }, () => client(b)))).toEqual(Array(6).fill('eu pinned'));
    for (let i = 0; i < 50; i++) expect(await client(b)).toBe('eu pinned');
    expect(b.reads()).toBe(before + 1);
    clock.advance(4_999);
    await client(b);
    expect(b.reads()).toBe(before + 1);
  });

  it('does so for a pin that has run out too, which says where its client was placed last', async () => {
    const { a, b, clock } = await twoGateways({ absolute: '1s' });
    await say(a, 'eu', { state: 'off' });
    await newClient()(b);
    await say(a, 'eu', { state: 'active' });
    const client = newClient();
    expect(await client(a)).toBe('eu nearest');
    clock.advance(1_000);
    expect(await client(b)).toBe('eu expired');
  });

  it('asks nothing for the pins of its own document', async () => {
    const { a, b } = await twoGateways();
    await say(a, 'us', { weight: 2 });
    const client = newClient();
    await client(b);
    const before = b.reads();
    for (let i = 0; i < 20; i++) expect(await client(b)).toBe('eu pinned');
    expect(b.reads()).toBe(before);
  });
});
