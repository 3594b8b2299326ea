/** The whole gateway in this process, in front of origins that answer at once: so that ten thousand clients can be asked. */

import { describe, expect, it } from 'vitest';
import { createGateway, type Gateway } from '../../shared/gateway.ts';
import type { Arrival, Platform } from '../../shared/platform.ts';
import { configured, settingsOf } from './config/examples.ts';

const ten = Array.from({ length: 10 }, (_, i) => `o${i}`);
const leaver = 'o4';
const nine = ten.filter((id) => id !== leaver);
const eleven = [...ten, 'o10'];
const clients = Array.from({ length: 10_000 }, (_, i) => `10.${i >> 8}.${i & 255}.9`);

function gatewayOf(ids: readonly string[], by: string): Promise<Gateway> {
  const origins = ids.map((id) => ({ id, url: `https://${id}.origin.example` }));
  const pool = { origins, steer: 'weighted', affinity: { by } };
  // Tokens, and the same keys every time: as if the file were deployed anew.
  const settings = settingsOf(configured({ session: { strategy: 'token' }, pools: { app: pool } }));
  const platform: Platform = {
    door: 'worker',
    endsWhatIsLeft: true,
    now: () => Date.UTC(2026, 0, 1, 12),
    send: async ({ url, headers }) => {
      const affinity = headers.get('session-affinity') ?? '';
      return {
        kind: 'reply',
        status: 200,
        response: new Response(null, { headers: { 'x-from': new URL(url).host, affinity } }),
      };
    },
    relay: null,
    log: () => {},
  };
  return createGateway({ settings, platform, store: null });
}

interface Answer {
  readonly origin: string;
  readonly next: string | undefined;
  readonly cookie: string | null;
}

async function ask(gateway: Gateway, peerAddress: string, cookie: string | null): Promise<Answer> {
  const arrival: Arrival = {
    peer: () => ({ address: peerAddress, place: null }),
    scheme: 'https',
    platformHost: null,
    body: null,
    path: '/',
    rawQuery: '',
    signal: null,
    defer: () => {},
    remainingMs: () => null,
  };
  const request = new Request('https://shop.example/', { headers: cookie === null ? {} : { cookie } });
  const { headers } = await gateway.handle(request, arrival);
  const [origin = ''] = (headers.get('x-from') ?? '').split('.');
  const next = /next=(\w+)/.exec(headers.get('affinity') ?? '')?.[1];
  return { origin, next, cookie: headers.getSetCookie()[0]?.split(';', 1)[0] ?? cookie };
}

/** One after the other: all at once would measure the memory. */
async function everybody(gateway: Gateway, cookieOf: (i: number) => string | null = () => null): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (const [i, address] of clients.entries()) answers.push(await ask(gateway, address, cookieOf(i)));
  return answers;
}

const originsOf = (answers: readonly Answer[]): string[] => answers.map(({ origin }) => origin);
/** What is due when one leaves: its own clients go to the second choice that they were told of. */
const withoutLeaver = (answers: readonly Answer[]) =>
  answers.map(({ origin, next }) => (origin === leaver ? next : origin));

describe('of ten thousand clients of ten origins', { timeout: 60_000 }, () => {
  it('without pins, those of an origin that goes move to their second choice, and to one that joins those it is due', async () => {
    const before = await everybody(await gatewayOf(ten, 'ip'));
    expect(originsOf(await everybody(await gatewayOf(nine, 'ip')))).toEqual(withoutLeaver(before));
    expect(Math.abs(before.filter(({ origin }) => origin === leaver).length - 1_000)).toBeLessThan(150);

    const after = originsOf(await everybody(await gatewayOf(eleven, 'ip')));
    const moved = after.filter((origin, i) => origin !== before[i]?.origin);
    expect(new Set(moved)).toEqual(new Set(['o10']));
    expect(Math.abs(moved.length - 10_000 / 11)).toBeLessThan(150);
  });

  it('with pins, those of an origin that goes move, and for one that joins nobody does', async () => {
    const before = await everybody(await gatewayOf(ten, 'cookie'));
    const cookieOf = (i: number) => before[i]?.cookie ?? null;
    expect(originsOf(await everybody(await gatewayOf(eleven, 'cookie'), cookieOf))).toEqual(originsOf(before));
    expect(originsOf(await everybody(await gatewayOf(nine, 'cookie'), cookieOf))).toEqual(withoutLeaver(before));
  });
});
