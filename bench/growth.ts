/**
 * How the cost of a request grows with the configuration: from 2 origins to 200, and from 1 route to 500. The whole gateway
 * runs in this process, in front of origins that answer at once, so that no slower part hides the difference. The two
 * sizes take turns, so that other load affects both. `npx node bench/growth.ts` runs it alone.
 */

import { defineGateway } from '../shared/config/define.ts';
import { readSettings } from '../shared/config/resolve.ts';
import { createGateway, type Gateway } from '../shared/gateway.ts';
import type { Arrival, Platform } from '../shared/platform.ts';
import { freshKeys } from '../tools/keys.ts';
import { median } from './quantile.ts';
import { printTable, type Row } from './table.ts';

const rounds = 25;
/** Until V8 has compiled the hot code. */
const discardedRounds = 5;
const requestsPerRound = 400;
const bar = '<= 2.0';
const publicOrigin = 'https://shop.example';
/** The location that the platform reports for every client. */
const berlin = { latitude: 52.5, longitude: 13.4 };
const regions = ['eu', 'us', 'ap', 'sa', 'af'];

interface Size {
  readonly origins: number;
  readonly routes: number;
}
interface Subject {
  /** Microseconds per request, averaged over one round. */
  once(): Promise<number>;
}

const sessionKeys = JSON.stringify(await freshKeys());

/** The origin that can fail. It is in the region nearest to all clients. */
const failingOrigin = 'o0';

function gatewayOf({ origins, routes }: Size, platform: Platform): Promise<Gateway> {
  const definition = defineGateway({
    publicOrigins: [publicOrigin],
    session: { strategy: 'token' },
    pools: {
      app: {
        // Longer than the benchmark takes.
        health: { ejectFor: '1h' },
        origins: Array.from({ length: origins }, (_, i) => ({
          id: `o${i}`,
          url: `https://o${i}.origin.example`,
          region: regions[i % regions.length] as string,
        })),
      },
    },
    routes: [
      ...Array.from({ length: routes - 1 }, (_, i) => ({ path: `/section-${i}/*`, pool: 'app' })),
      { path: '/*', pool: 'app' },
    ],
  });
  const read = readSettings(definition, { SESSION_KEYS: sessionKeys }, 'lambda');
  if (read.kind === 'problems') throw new Error(read.problems.map(({ path, message }) => `${path} ${message}`).join());
  return createGateway({ settings: read.settings, platform, store: null });
}

/** Origins that answer at once, except the failing one if it is dead. */
function platformWhere(isDead: boolean): { platform: Platform; knocks: { count: number } } {
  const knocks = { count: 0 };
  const send: Platform['send'] = async ({ url }) => {
    if (isDead && url.startsWith(`https://${failingOrigin}.`)) {
      knocks.count++;
      return { kind: 'failed', sent: 'nothing', reason: 'ECONNREFUSED' };
    }
    return { kind: 'reply', status: 200, response: new Response('ok', { headers: { 'content-type': 'text/plain' } }) };
  };
  return {
    platform: {
      door: 'lambda',
      endsWhatIsLeft: false,
      now: Date.now,
      send,
      relay: null,
      log: () => {},
    },
    knocks,
  };
}

const arrivalFrom = (peerAddress: string, path: string): Arrival => ({
  peer: () => ({ address: peerAddress, place: berlin }),
  scheme: 'https',
  platformHost: null,
  body: null,
  path,
  rawQuery: '',
  signal: null,
  defer: () => {},
  remainingMs: () => null,
});

/** A different path each time, so that caches by path do not hide the cost of routes. */
let asked = 0;

async function ask(gateway: Gateway, address: string, cookie: string | null): Promise<Response> {
  const path = `/orders/${asked++}`;
  const headers = { 'user-agent': 'bench', accept: 'text/html', ...(cookie && { cookie }) };
  const reply = await gateway.handle(new Request(publicOrigin + path, { headers }), arrivalFrom(address, path));
  if (reply.status !== 200) throw new Error(`${path} gave ${reply.status}`);
  return reply;
}

const networkOf = (client: number): string => `203.${(client >> 8) & 255}.${client & 255}.9`;

/** A new client with each request, from a new network and without a pin. */
async function stranger(size: Size): Promise<Subject> {
  const gateway = await gatewayOf(size, platformWhere(false).platform);
  let client = 0;
  return timed(() => ask(gateway, networkOf(client++), null));
}

/** A client that returns with its pin. */
async function pinned(size: Size): Promise<Subject> {
  const gateway = await gatewayOf(size, platformWhere(false).platform);
  return comingBack(gateway);
}

/** The same while an origin is ejected. */
async function pinnedInTrouble(size: Size): Promise<Subject> {
  const { platform, knocks } = platformWhere(true);
  const gateway = await gatewayOf(size, platform);
  const failuresToEject = 3;
  for (let i = 0; knocks.count < failuresToEject; i++) await ask(gateway, networkOf(i), null);
  const subject = await comingBack(gateway);
  return {
    async once() {
      const micros = await subject.once();
      if (knocks.count > failuresToEject) throw new Error('the dead origin came back during the benchmark');
      return micros;
    },
  };
}

async function comingBack(gateway: Gateway): Promise<Subject> {
  const home = '203.0.113.9';
  const cookie = (await ask(gateway, home, null)).headers.getSetCookie()[0]?.split(';', 1)[0];
  if (cookie === undefined) throw new Error('a new client got no pin');
  return timed(() => ask(gateway, home, cookie));
}

const timed = (request: () => Promise<Response>): Subject => ({
  async once() {
    const start = performance.now();
    for (let i = 0; i < requestsPerRound; i++) await request();
    return ((performance.now() - start) * 1_000) / requestsPerRound;
  },
});

async function compare(what: string, few: Subject, many: Subject): Promise<Row> {
  const measured: { few: number; many: number }[] = [];
  for (let round = 0; round < rounds; round++) {
    const before = await few.once();
    const own = await many.once();
    const after = await few.once();
    if (round >= discardedRounds) measured.push({ few: (before + after) / 2, many: own });
  }
  const ratios = measured.map((round) => round.many / round.few);
  const micros = (pick: (round: { few: number; many: number }) => number) => median(measured.map(pick)).toFixed(0);
  return {
    what: `cost of a request: ${what}`,
    ratio: median(ratios),
    bar,
    detail: [
      `${micros((round) => round.many)} / ${micros((round) => round.few)} µs`,
      `rounds ${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}`,
    ].join('; '),
  };
}

export async function growth(): Promise<readonly Row[]> {
  const few = { origins: 2, routes: 1 };
  const many = { origins: 200, routes: 1 };
  const oneRoute = { origins: 3, routes: 1 };
  const manyRoutes = { origins: 3, routes: 500 };
  return [
    await compare('pinned, 200 origins / 2', await pinned(few), await pinned(many)),
    await compare('pinned, one out, 200 origins / 2', await pinnedInTrouble(few), await pinnedInTrouble(many)),
    await compare('without a pin, 200 origins / 2', await stranger(few), await stranger(many)),
    await compare('the last of 500 routes / the only one', await pinned(oneRoute), await pinned(manyRoutes)),
  ];
}

if (import.meta.main) printTable(await growth());
