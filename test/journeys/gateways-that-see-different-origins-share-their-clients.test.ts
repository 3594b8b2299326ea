import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Client, createClient, type Reply } from '../support/client.ts';
import { type DoorName, openWorld, type World } from '../support/doors.ts';
import { openRelay, type Relay } from '../support/relay.ts';

/** Both answer for one name; tokens, because they need no common store. */
const host = 'localhost:4998';
const definition = `(() => {
  const { origins, commands } = base.pools.app;
  return {
    ...base,
    session: { strategy: 'token' },
    pools: {
      app: { origins, commands: { ...commands, claims: ['role'] } },
      home: { origins, affinity: { onFailure: 'return' } },
    },
    routes: [{ path: '/home/*', pool: 'home' }, ...base.routes],
  };
})()`;

type Side = 'clear' | 'cut';
/** The first sees the origins as they are, the second through a path to its clients' home that can be cut. */
const pairs: readonly (readonly [clear: DoorName, cut: DoorName])[] = [
  ['worker', 'worker'],
  ['lambda', 'lambda'],
  ['worker', 'lambda'],
  ['lambda', 'worker'],
];

describe.each(pairs)('a gateway (%s) and one that is cut off from an origin (%s)', (clearDoor, cutDoor) => {
  const gateways = {} as Record<Side, World>;
  let relay: Relay;
  const closers: (() => Promise<void>)[] = [];
  /** Ejections are forgotten by the hour, so every story begins in an hour of its own. */
  let hour = 0;

  beforeAll(async () => {
    const env = { PUBLIC_ORIGIN: `http://${host}` };
    const clear = await openWorld(clearDoor, { definition, env });
    closers.push(clear.close);
    relay = await openRelay(clear.world.origins.eu.url);
    closers.unshift(() => relay.cut());
    const cut = await openWorld(cutDoor, {
      definition,
      env: { ...env, ORIGIN_EU: relay.url },
      beside: clear.world,
    });
    closers.unshift(cut.close);
    Object.assign(gateways, { clear: clear.world, cut: cut.world });
  }, 60_000);
  afterAll(async () => {
    for (const close of closers) await close();
  });
  beforeEach(async () => {
    hour++;
    await relay.mend();
  });

  /** One client with one jar, whichever gateway it comes upon. */
  function newClient(number = 0): (side: Side, path?: string, asking?: Parameters<Client['ask']>[1]) => Promise<Reply> {
    const jar = new Map<string, string>();
    const sides = {} as Record<Side, Client>;
    for (const side of ['clear', 'cut'] as const) {
      const { url, serviceToken } = gateways[side];
      sides[side] = createClient(url, { serviceToken, host, jar });
      Object.assign(sides[side], { place: '48.1,11.6', ip: `203.${number}.113.9`, clockSeconds: hour * 3_600 });
    }
    return (side, path = '/', asking = {}) => sides[side].ask(path, asking);
  }
  const other = (side: Side): Side => (side === 'clear' ? 'cut' : 'clear');

  it('honour each other’s sessions and pins', async () => {
    for (const side of ['clear', 'cut'] as const) {
      const ask = newClient();
      expect((await ask(side, '/login', { form: { user: 'ada' } })).explained()).toMatchObject({ origin: 'eu' });
      for (const next of [other(side), side, other(side)]) {
        const reply = await ask(next, '/account');
        expect(reply.status).toBe(200);
        expect(reply.explained()).toMatchObject({ origin: 'eu', because: 'pinned', session: 'active', epoch: '1' });
        expect(reply.setCookies).toEqual([]);
      }
    }
  });

  it('move no client more than once', async () => {
    const clients = Array.from({ length: 12 }, (_, number) => newClient(number));
    const where = await Promise.all(
      clients.map(async (ask, i) => (await ask(i % 2 === 0 ? 'clear' : 'cut')).explained().origin),
    );
    expect(new Set(where)).toEqual(new Set(['eu']));
    const moves = clients.map(() => 0);
    const round = async (number: number): Promise<void> => {
      for (const [i, ask] of clients.entries()) {
        const reply = await ask((number + i) % 2 === 0 ? 'clear' : 'cut');
        expect(reply.status).toBe(200);
        const { origin, epoch } = reply.explained();
        if (origin !== where[i]) moves[i] = (moves[i] ?? 0) + 1;
        where[i] = origin;
        expect(epoch).toBe(String(1 + (moves[i] ?? 0)));
      }
    };
    await relay.cut();
    for (let i = 0; i < 6; i++) await round(i);
    expect(moves).toEqual(clients.map(() => 1));
    expect(new Set(where)).toEqual(new Set(['us']));
    // One of them has it ejected, the other never heard of anything; and when all is well again nobody is called back.
    await relay.mend();
    for (let i = 0; i < 4; i++) await round(i);
    expect(moves).toEqual(clients.map(() => 1));
  });

  it('under return they leave every pin where it is', async () => {
    const ask = newClient();
    expect((await ask('clear', '/home/x')).explained()).toMatchObject({ origin: 'eu' });
    await relay.cut();
    for (const [side, origin] of [
      ['cut', 'us'],
      ['clear', 'eu'],
      ['cut', 'us'],
    ] as const) {
      const reply = await ask(side, '/home/x');
      expect(reply.explained()).toMatchObject({ origin });
      expect(reply.setCookies).toEqual([]);
    }
    await relay.mend();
    expect((await ask('cut', '/home/x')).explained()).toMatchObject({ origin: 'eu', epoch: '1' });
  });
});
