/** The clients, one for each kind of affinity, and their requests, of every kind that matters for retries. */
import { randomUUID } from 'node:crypto';
import type { Asking, Client, Reply } from '../../test/support/client.ts';
import type { World } from '../../test/support/doors.ts';
import type { Manner } from './account.ts';
import { createRandom, oneOf } from './random.ts';
import { hastyTimeoutMs } from './slowness.ts';

/** The argument of `defineGateway`: a pool of the same three origins for each kind of affinity, and one with a short timeout. */
export const definition = `(() => {
  const { origins, commands } = base.pools.app;
  const pool = (affinity, more) => ({ origins, timeout: '5s', affinity, ...more });
  const pools = {
    app: pool({ onFailure: 'repin' }, { commands: { ...commands, claims: ['role'] } }),
    header: pool({ by: 'header', name: 'X-Berth' }),
    home: pool({ onFailure: 'return' }),
    network: pool({ by: 'ip' }),
    hasty: pool({}, { timeout: '${hastyTimeoutMs / 1_000}s', health: { probe: { timeout: '1s' } } }),
  };
  return {
    ...base,
    pools,
    routes: [
      { path: '/login', methods: ['POST'], pool: 'app', session: 'optional', issues: true },
      ...Object.keys(pools).map((name) => ({ path: '/' + name + '/*', pool: name, session: 'optional' })),
      { path: '/*', pool: 'app', session: 'optional' },
    ],
  };
})()`;

interface Kind {
  readonly pool: 'app' | 'header' | 'home' | 'network';
  readonly manner: Manner;
  readonly signedIn: boolean;
}
const kinds: readonly Kind[] = [
  { pool: 'app', manner: 'moves', signedIn: false },
  { pool: 'app', manner: 'moves', signedIn: true },
  { pool: 'header', manner: 'moves', signedIn: false },
  { pool: 'home', manner: 'returns', signedIn: true },
  { pool: 'network', manner: 'returns', signedIn: false },
];
export const workPaths: readonly string[] = [...new Set(kinds.map(({ pool }) => `/${pool}/work`))];

/** Each is nearest to a different origin. */
const places = ['48.1,11.6', '40.7,-74.0', '1.3,103.8'];

export interface Visitor {
  readonly name: string;
  readonly kind: Kind;
  readonly random: () => number;
  ask(path: string, asking: Asking): Promise<Reply>;
}

export function createVisitor(world: World, number: number, seed: number): Visitor {
  const kind = kinds[number % kinds.length] as Kind;
  const client: Client = world.client();
  client.ip = `203.${number}.113.9`;
  client.place = places[number % places.length] as string;
  let berth: string | null = null;
  return {
    name: `client ${number} (${kind.pool}${kind.signedIn ? ', signed in' : ''})`,
    kind,
    random: createRandom(seed * 1_000 + number),
    async ask(path, asking) {
      const headers = { ...asking.headers, ...(kind.pool === 'header' && berth !== null && { 'x-berth': berth }) };
      const reply = await client.ask(path, { ...asking, headers });
      berth = reply.header('x-berth') ?? berth;
      return reply;
    },
  };
}

/** Identifies a request, so that an origin recognises a repetition. */
export const requestField = 'x-chaos-request';

export interface PlannedRequest {
  readonly id: string;
  readonly path: string;
  readonly asking: Asking;
  /** The gateway may repeat it, so it must not be lost. */
  readonly isIdempotent: boolean;
}

/** How long an origin works on a request, so that some are in flight when it dies. */
const maxWorkMs = 30;

export function nextRequest({ kind, random }: Visitor): PlannedRequest {
  const id = randomUUID();
  const path = `/${kind.pool}/work?ms=${Math.floor(random() * maxWorkMs)}`;
  const name = { [requestField]: id };
  const body = JSON.stringify({ quantity: 1 });
  const json = { 'content-type': 'application/json', ...name };
  const planned = (asking: Asking, isIdempotent = true): PlannedRequest => ({ id, path, asking, isIdempotent });
  // Of ten requests, six are GETs, two PUTs, one a POST with a key and one a POST without.
  return oneOf(
    [
      ...Array.from({ length: 6 }, () => planned({ headers: name })),
      ...Array.from({ length: 2 }, () => planned({ method: 'PUT', body, headers: json })),
      planned({ method: 'POST', body, headers: { ...json, 'idempotency-key': id } }),
      planned({ method: 'POST', body, headers: json }, false),
    ],
    random,
  );
}
